# row: L6
# attack: none: the order of a set of strings, which a hash seed decides
# problem: words
# verdict: accepted
# repeat: 3
words = list({"one", "two", "three", "four"})
print(*sorted(words))
print(words == list({"one", "two", "three", "four"}))
