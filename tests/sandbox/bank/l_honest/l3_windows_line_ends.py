# row: L3
# attack: none: lines that end as on Windows
# problem: split judge
# verdict: accepted
# expand
def f(x):<<<chr(13)>>>
    return [x, 2 * x]<<<chr(13)>>>
