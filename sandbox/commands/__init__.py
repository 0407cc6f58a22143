"""What `mucode sandbox` does, one action a file: checking samples, and where their results go.

May import every room but the command line. Another action is a function that returns the exit status, and a parser in
`sandbox/cli.py`.
"""
