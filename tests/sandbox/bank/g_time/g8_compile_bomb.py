# row: G8
# attack: a source that compiles into more than memory or time
# problem: split
# verdict: compile_error time_limit memory_limit
# expand
x = <<<"".join(f"[lambda: {n} if {n} else " for n in range(900))>>>0<<<"]" * 900>>>
