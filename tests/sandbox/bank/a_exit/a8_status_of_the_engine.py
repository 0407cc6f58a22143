# row: A8
# attack: the status of an engine that failed to start a container
# problem: split judge check stdio
# verdict: runtime_error
# naive: excuse
import sys
sys.exit(125)
