"""The exception that says that the compiler itself went wrong."""


class MiscompiledError(Exception):
    """The compiler emitted code that can't work. Always a bug of wfc, never of the user."""
