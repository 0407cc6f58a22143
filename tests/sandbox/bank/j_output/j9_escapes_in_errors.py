# row: J9
# attack: the same in the name and text of an exception
# problem: split judge check stdio
# verdict: runtime_error
raise type("E\x1b[2J\u202e\n", (Exception,), {})("\x1b]0;title\x07\ud800\0" * 1000)
