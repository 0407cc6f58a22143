# row: L3
# attack: none: open(0), sys.exit() at the end
# problem: total
# verdict: accepted
import sys
print(sum(map(int, open(0).read().split())))
sys.exit()
