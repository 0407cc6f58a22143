# limit: files in /tmp
# tried: makes more empty files than there may be
# runtimes: runc
# needs: TMP_INODES
# advice: ENGINE
def f():
    try:
        for n in range(TMP_INODES + 1):
            open(f"/tmp/{n}", "w").close()
    except OSError:
        return []
    return [f"more than {TMP_INODES} files"]
