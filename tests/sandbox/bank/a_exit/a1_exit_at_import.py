# row: A1
# attack: exits with status 0 before any test runs
# problem: split judge check stdio
# verdict: runtime_error
# verdict stdio: wrong_answer
# naive: exit
import sys
sys.exit(0)
