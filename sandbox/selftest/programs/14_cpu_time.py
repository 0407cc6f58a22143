# limit: CPU time
# tried: computes in a child while the program itself sleeps
# verdict: time_limit
# message: time limit: 0.3 s of CPU
# cpu_s: 0.3
# advice: boxes do not see the CPU time of their control group: mount the cpuacct controller, or cgroup v2
import os, time

if os.fork() == 0:
    while True:
        pass
time.sleep(60)
