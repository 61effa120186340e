"""The exception that says that the compiler itself went wrong.

Raised by `check`; the command line turns it into WFC900.
"""


class MiscompiledError(Exception):
    """The compiler emitted code that can't work. Always a bug of wfc, never of the user."""
