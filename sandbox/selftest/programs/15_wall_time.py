# limit: wall time
# tried: sleeps
# verdict: time_limit
# message: time limit: 0.5 s of wall time
# wall_s: 0.5
# advice: the fork server did not end a sleeping program: the machine's clock or scheduler is at fault
import time

time.sleep(60)
