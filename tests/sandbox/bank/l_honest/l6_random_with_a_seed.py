# row: L6
# attack: none: random numbers with a seed
# problem: split
# verdict: accepted
# repeat: 3
import random
random.seed(7)
drawn = random.random()
random.seed(7)
def f(x):
    return [x, 2 * x] if random.random() == drawn else None
