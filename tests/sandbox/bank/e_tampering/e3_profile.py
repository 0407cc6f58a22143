# row: E3
# attack: a profile function turns returned values into others
# problem: split judge check
# verdict: wrong_answer runtime_error
import sys
def watch(frame, event, arg):
    if event == "return" and frame.f_code.co_name in ("encode", "tree", "_value"):
        frame.f_locals["value"] = None
    return watch
sys.setprofile(watch)
def f(x):
    return 0
