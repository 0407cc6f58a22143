# row: J9
# attack: terminal escapes, surrogates and direction marks for the feedback
# problem: split judge check stdio
# verdict: wrong_answer
import sys
text = "\x1b[2J\x1b]0;title\x07\u202e\ufeff\x00\n"
print(text)
def f(x):
    return text + "\ud800"
