# limit: network
# tried: looks for network devices, and opens sockets of every family
# advice: ENGINE
import os, socket


def f():
    found = [line.split(":")[0].strip() for line in open("/proc/net/dev").read().splitlines()[2:]]
    found = [name for name in found if name != "lo"]
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_VSOCK, socket.AF_NETLINK, socket.AF_PACKET):
        try:
            socket.socket(family, socket.SOCK_STREAM).close()
        except OSError:
            continue
        found.append(f"a socket of {family!r}")
    return found
