# row: C15
# attack: as many lines as the output may hold, for a checker that keeps them all
# problem: stdio
# verdict: wrong_answer
import sys
sys.stdout.write("3 6\n" * 3_500_000)
