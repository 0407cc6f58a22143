"""What each `mucode` sub-command does: a file each, of the table COMMANDS in pipeline/cli.py.

Such a file has `add_options(parser)` and `execute_command(options)`, which returns the exit status. It is imported only
if its command is asked for, and `add_options` must get by without heavy packages, as `mucode COMMAND --help` answers at
once. May import every room below; nothing but cli imports it. A new command is such a file and a row of the table.
"""
