# row: C11
# attack: prints nothing
# problem: lines
# verdict: wrong_answer
# naive: zip
