# row: L3
# attack: none: the same without a status
# problem: split judge check
# verdict: accepted
def f(x):
    return [x, 2 * x]
if __name__ == "__main__":
    exit(print(f(1)))
