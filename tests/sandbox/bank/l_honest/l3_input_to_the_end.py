# row: L3
# attack: none: input() until there is none, a main guard, exit(0)
# problem: total
# verdict: accepted
def main():
    total = 0
    try:
        while True:
            total += sum(map(int, input().split()))
    except EOFError:
        pass
    print(total, end="")
if __name__ == "__main__":
    main()
    exit(0)
