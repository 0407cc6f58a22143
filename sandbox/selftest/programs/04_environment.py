# limit: environment
# tried: looks for variables that a box does not have
# needs: ENVIRONMENT
# advice: the engine's configuration adds variables to containers (proxies, for instance): remove them
import os


def f():
    found = dict(os.environ)
    return sorted(key for key in {*found, *ENVIRONMENT} if found.get(key) != ENVIRONMENT.get(key))
