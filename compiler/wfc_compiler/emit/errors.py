"""What can go wrong while routes are made.

Raised by `check` and `tree`. The command line turns a MiscompiledError into WFC900, `pipeline` a TooDeepError into
WFC014.
"""


class MiscompiledError(Exception):
    """The compiler emitted code that can't work. Always a bug of wfc, never of the user."""


class TooDeepError(Exception):
    """A module is nested too deeply to be rewritten; the argument is its path, relative to the project.

    Python 3.12 bounds the depth of C calls by a constant, which big thread stacks don't change.
    """
