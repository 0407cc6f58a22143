# row: C16
# attack: code that would write the checker's answer for it
# problem: checked stdio
# verdict: wrong_answer
print("""__import__("os").write(3, b"\\0\\0\\0\\x0f" + b'{"right": true}')""")
