# limit: leaving a process
# tried: leaves a process in a session of its own that ignores SIGTERM, and a file
# advice: the fork server could not run this
import os, signal, time


def f():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
    open("/tmp/left", "w").close()
    return []
