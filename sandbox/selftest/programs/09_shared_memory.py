# limit: shared memory
# tried: makes files in /dev/shm and /dev/mqueue
# advice: ENGINE
def f():
    found = []
    for folder in ("/dev/shm", "/dev/mqueue"):
        try:
            open(folder + "/trial", "w").close()
        except OSError:
            continue
        found.append(folder)
    return found
