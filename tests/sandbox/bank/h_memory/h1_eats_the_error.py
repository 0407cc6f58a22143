# row: H1
# attack: catches MemoryError and goes on growing in small steps
# problem: split
# verdict: memory_limit time_limit runtime_error
# slow
# cpu: 3
kept = []
while True:
    try:
        while True:
            kept.append(bytearray(1 << 12))
    except MemoryError:
        pass
