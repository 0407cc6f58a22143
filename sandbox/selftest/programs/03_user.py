# limit: user
# tried: looks for other users and groups among its own, and tries to become root
# needs: USER
# advice: ENGINE
import os


def f():
    found = {*os.getresuid(), *os.getresgid(), *os.getgroups()} - {USER}
    try:
        os.setuid(0)
    except OSError:
        return sorted(found)
    return ["became root"]
