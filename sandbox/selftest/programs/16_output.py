# limit: output
# tried: prints 20 MiB
# verdict: output_limit
# advice: the fork server did not end a flood of output
for _ in range(20):
    print("x" * (1 << 20), flush=True)


def f():
    return ["20 MiB of output"]
