# limit: no new privileges
# tried: asks the kernel whether the process may gain privileges
# advice: ENGINE
import ctypes

PR_GET_NO_NEW_PRIVS = 39


def f():
    return [] if ctypes.CDLL(None).prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 else ["off"]
