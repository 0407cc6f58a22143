# row: B12
# attack: the text of an exception never ends
# problem: split judge check stdio
# verdict: time_limit
class E(Exception):
    def __str__(self):
        while True:
            pass
raise E
