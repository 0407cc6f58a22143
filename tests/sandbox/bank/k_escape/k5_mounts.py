# row: K5
# attack: chroot, mount, pivot_root, and writing to the kernel's settings; right only if all is refused
# problem: split
# verdict: accepted
import ctypes, os
libc, found = ctypes.CDLL(None, use_errno=True), []
os.makedirs("/tmp/new/old")
try:
    os.chroot("/tmp/new")
    found.append("chroot")
except OSError:
    pass
for source, kind in ((b"proc", b"proc"), (b"tmpfs", b"tmpfs"), (b"/", b"none")):
    if libc.mount(source, b"/tmp/new", kind, 4096 if kind == b"none" else 0, None) == 0:
        found.append(kind)
if libc.syscall(155, b"/tmp/new", b"/tmp/new/old") == 0:
    found.append("pivot_root")
if libc.umount2(b"/proc", 2) == 0:
    found.append("umount")
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", "/sys/kernel/uevent_helper"):
    try:
        with open(path, "w") as file:
            file.write("1")
        found.append(path)
    except OSError:
        pass
for path in ("/dev/mem", "/dev/kmem", "/dev/sda", "/dev/vda", "/dev/kvm", "/proc/kcore"):
    try:
        open(path, "rb").read(1)
        found.append(path)
    except OSError:
        pass
try:
    os.mknod("/tmp/new/null", 0o20666, os.makedev(1, 3))
    found.append("mknod")
except OSError:
    pass
def f(x):
    return [x, 2 * x] if not found else found
