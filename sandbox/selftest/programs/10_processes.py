# limit: processes
# tried: forks more processes than there may be
# runtimes: runc
# needs: PIDS
# advice: DELEGATE pids
import os, time


def f():
    try:
        for _ in range(PIDS + 1):
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
    except OSError:
        return []
    return [f"more than {PIDS} processes"]
