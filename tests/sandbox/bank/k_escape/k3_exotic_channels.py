# row: K3
# attack: keyrings, VSOCK, io_uring, locks, kernel interfaces; right only if each is refused
# problem: split
# verdict: accepted
import ctypes, os, platform, socket
libc, found = ctypes.CDLL(None, use_errno=True), []
numbers = {
    "x86_64": {"add_key": 248, "request_key": 249, "keyctl": 250, "io_uring_setup": 425, "bpf": 321,
               "perf_event_open": 298, "userfaultfd": 323, "kcmp": 312, "open_by_handle_at": 304},
    "aarch64": {"add_key": 217, "request_key": 218, "keyctl": 219, "io_uring_setup": 425, "bpf": 280,
                "perf_event_open": 241, "userfaultfd": 282, "kcmp": 272, "open_by_handle_at": 265},
}[platform.machine()]
area = ctypes.create_string_buffer(256)
for name, number in numbers.items():
    if libc.syscall(number, 1, ctypes.addressof(area), 0, 0, 0) >= 0 or ctypes.get_errno() in (22, 14):
        found.append((name, ctypes.get_errno()))
for family in (40, 38, 16, 17):  # VSOCK, ALG, NETLINK, PACKET
    try:
        socket.socket(family, socket.SOCK_RAW if family in (16, 17) else socket.SOCK_SEQPACKET if family == 38 else socket.SOCK_STREAM)
        found.append(("family", family))
    except OSError:
        pass
def f(x):
    return [x, 2 * x] if not [item for item in found if item[1] not in (16,)] else found
