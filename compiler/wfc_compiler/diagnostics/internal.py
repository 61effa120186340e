"""Say what an exception inside wfc was: the text of WFC900.

In: an exception that wfc should not have raised. Out: one line with its type, its words and the place in wfc.
"""

from __future__ import annotations


def describe_failure(error: Exception) -> str:
    """Return `wfc itself failed: KeyError: 'x' at wfc_compiler.slice.closure:12`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else ""
    return f"wfc itself failed: {type(error).__name__}: {error}{where}"
