# row: L1
# attack: none: the same in one write, without a newline at the end
# problem: numbers
# verdict: accepted
import sys
sys.stdout.write("\n".join(map(str, range(int(input())))))
