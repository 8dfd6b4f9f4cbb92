"""The one exception of the stack that a person is meant to read."""


class StackError(Exception):
    """Something a person can act on. The command prints the text (no traceback) and exits with 1."""
