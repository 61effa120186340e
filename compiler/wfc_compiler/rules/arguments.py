"""Which arguments a call is given: `formatdate(moment)` is told a time, `formatdate(localtime=True)` reads the clock.

In: a call. Out: an argument's expression, or whether one is there. What can't be told (`f(*given)`) counts as given.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

# The facts say "name()" of a call without arguments, and of these where the one that counts is left out, or None.
_TELLING: Mapping[str, tuple[int, str]] = {
    "time.strftime": (1, ""),
    "time.ctime": (0, ""),
    "time.gmtime": (0, ""),
    "time.localtime": (0, ""),
    "time.asctime": (0, ""),
    "datetime.datetime.fromtimestamp": (1, "tz"),
    "datetime.datetime.astimezone": (0, "tz"),
    "email.utils.formatdate": (0, "timeval"),
    "email.utils.localtime": (0, "dt"),
    "random.Random": (0, "x"),
    "statistics.NormalDist.samples": (1, "seed"),
    "weakref.ref": (1, ""),
    "weakref.proxy": (1, ""),
    "weakref.WeakMethod": (1, "callback"),
}


def is_told(callee: str, call: ast.Call) -> bool:
    """Say whether a call is given the argument that decides about its callee, or any where the facts know of none."""
    if callee in _TELLING:
        return is_given(call, *_TELLING[callee])
    return bool(call.args or call.keywords)


def is_given(call: ast.Call, position: int, name: str) -> bool:
    """Say whether an argument is given, and not as None."""
    if any(isinstance(argument, ast.Starred) for argument in call.args[: position + 1]):
        return True
    if any(keyword.arg is None for keyword in call.keywords):
        return True
    value = argument_of(call, position, name)
    return value is not None and not (isinstance(value, ast.Constant) and value.value is None)


def argument_of(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """Return an argument by its position or name; None where it isn't written."""
    if position < len(call.args) and not any(isinstance(item, ast.Starred) for item in call.args[: position + 1]):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if name and keyword.arg == name), None)
