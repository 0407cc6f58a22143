# row: G2
# attack: waits for a signal that never comes
# problem: judge
# verdict: time_limit
# slow
# wall: 1.5
import signal
signal.pause()
