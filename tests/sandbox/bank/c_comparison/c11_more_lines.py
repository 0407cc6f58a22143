# row: C11
# attack: prints lines beyond the expected ones
# problem: lines
# verdict: wrong_answer
# naive: zip
for n in range(1, 1000):
    print(n)
