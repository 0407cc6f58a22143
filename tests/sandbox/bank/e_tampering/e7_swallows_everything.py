# row: E7
# attack: catches whatever a time limit raises
# problem: split
# verdict: time_limit
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
