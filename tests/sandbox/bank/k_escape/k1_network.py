# row: K1
# attack: internet, metadata address, private ranges, names; right only if nothing can be reached
# problem: split
# verdict: accepted
import socket
found = []
for host, port in (("1.1.1.1", 80), ("169.254.169.254", 80), ("172.17.0.1", 22), ("10.0.0.1", 80), ("192.168.0.1", 80)):
    try:
        socket.create_connection((host, port), .5)
        found.append(host)
    except OSError:
        pass
for family, host in ((socket.AF_INET, "8.8.8.8"), (socket.AF_INET6, "2001:4860:4860::8888")):
    try:
        socket.socket(family, socket.SOCK_DGRAM).sendto(b"x", (host, 53))
        found.append(host)
    except OSError:
        pass
try:
    found.append(socket.gethostbyname("example.com"))
except OSError:
    pass
def f(x):
    return [x, 2 * x] if not found else found
