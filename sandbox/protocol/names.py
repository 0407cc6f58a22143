"""What tests call the program, when they import it."""

PROGRAM_MODULES = ("solution", "main")
