# row: L3
# attack: none: replaces input and sys.stdout, as in contests
# problem: total
# verdict: accepted
import io, os, sys
input = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline
sys.stdout = io.StringIO()
total = 0
while line := input():
    total += sum(map(int, line.split()))
print(total)
sys.__stdout__.write(sys.stdout.getvalue())
