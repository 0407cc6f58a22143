# limit: size of /tmp
# tried: fills /tmp, 8 MiB at a time
# needs: TMP_MIB
# advice: ENGINE
import os


def f():
    for n in range(TMP_MIB // 8 + 2):
        file = os.open(f"/tmp/{n}", os.O_CREAT | os.O_WRONLY)
        try:
            os.posix_fallocate(file, 0, 8 << 20)
        except OSError:
            return []
    return [f"more than {TMP_MIB} MiB"]
