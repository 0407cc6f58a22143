# limit: read-only root
# tried: writes files outside /tmp
# advice: ENGINE
def f():
    found = []
    for line in open("/proc/self/mountinfo"):
        place, options = line.split()[4:6]
        if place == "/" and "ro" not in options.split(","):
            found.append(options)
    for folder in "/ /usr /etc /opt /var /ctl /dev /sys /proc /home /run".split():
        try:
            open(folder + "/trial", "w").close()
        except OSError:
            continue
        found.append(folder)
    return found
