# row: E2
# attack: replaces the guest code's own functions in its own process
# problem: split judge check
# verdict: wrong_answer runtime_error time_limit
# slow
# wall: 1.5
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("sandbox") or name == "json":
        for key, value in list(vars(module).items()):
            if callable(value) and key in ("send_message", "receive_message", "describe_exception", "encode_value", "dumps", "answer", "_answer_call"):
                try:
                    setattr(module, key, lambda *a, **k: {"value": True, "passed": True})
                except Exception:
                    pass
def f(x):
    return None
