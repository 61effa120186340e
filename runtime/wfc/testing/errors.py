"""What a test is told when it can't go on. They are AssertionErrors: the test has failed, not wfc."""

from __future__ import annotations


class StuckError(AssertionError):
    """Something takes real time, and has taken more of it than the environment's `patience`."""


class WaitingError(AssertionError):
    """A test asked for the end of a run, which waits for something that only the test can do."""


class BuildFailedError(AssertionError):
    """The project can't be built; the message holds what `wfc build` printed."""
