"""One route in a fresh interpreter: load it, call what it holds, do the same with the original, compare.

    python -m tests.real.probe '{"route": ..., "library": ..., "module": "toolz", "name": "first", "alone": true}'

The calls run code with arguments that its authors never thought of. So while they run nothing can be written, removed,
started or connected to: an audit hook refuses, in the copy and in the original alike.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import inspect
import io
import json
import os
import random
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from wfc.loading import load_route

from .arguments import calls
from .shapes import plain, shape

SECONDS = 2
METHODS = 10
_FORBIDDEN = (
    "os.", "shutil.", "subprocess.", "socket.", "pty.", "ctypes.", "signal.", "ftplib.", "smtplib.", "urllib.Request",
    "sqlite3.connect", "tempfile.", "webbrowser.", "fcntl.", "resource.", "syslog.", "cpython.run_",
)  # fmt: skip
_ALLOWED = ("os.listdir", "os.scandir", "os.fwalk", "os.walk", "os.putenv", "os.unsetenv")
_guarded = False


class OutOfTimeError(BaseException):
    """A call took too long, which says nothing about slicing."""


class RefusedError(Exception):
    """A call wanted to do something to the machine."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guarded:
        return
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or (event.startswith(_FORBIDDEN) and event not in _ALLOWED):
        raise RefusedError(event)


@contextlib.contextmanager
def _guard() -> Iterator[None]:
    global _guarded
    _guarded = True
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _guarded = False


def _stop(*_: object) -> None:
    raise OutOfTimeError


def outcome(function: Callable[..., Any], arguments: list[Any], named: dict[str, Any]) -> tuple[str, str]:
    """Return how a call ended: `value`, `raised`, `nothing` said by it, and what it looks like."""
    random.seed(0)
    try:
        with _guard():
            value = function(*arguments, **named)
            if inspect.iscoroutine(value):
                value.close()
                return "value", "coroutine"
            return "value", shape([value, arguments])
    except OutOfTimeError:
        return "nothing", "out of time"
    except (MemoryError, RecursionError, RefusedError) as error:
        return "nothing", type(error).__name__
    except BaseException as error:  # noqa: BLE001 (what it raises is what is compared)
        return "raised", plain(f"{type(error).__module__}.{type(error).__qualname__}")


def outcomes(target: Any, seed: str) -> dict[str, tuple[str, str]]:
    """Return how all calls of a function, or of a class and its methods, ended."""
    found = {"itself": ("value", _description(target))}
    for number, make in enumerate(calls(target, seed)):
        found[f"call {number}"] = outcome(target, *make())
    if isinstance(target, type):
        for name, method in _methods(target):
            for number, make in enumerate(calls(target, seed)):
                found[f"{name} {number}"] = _on_instance(target, make(), method, f"{seed}.{name}", number)
    return found


def _on_instance(
    cls: type, made_by: tuple[list[Any], dict[str, Any]], method: Any, seed: str, number: int
) -> tuple[str, str]:
    try:
        with _guard():
            instance = cls(*made_by[0], **made_by[1])
    except BaseException as error:  # noqa: BLE001 (making one is compared by itself)
        return "nothing", type(error).__name__
    made = [make for place, make in enumerate(calls(method, seed)) if place == number]
    if not made:
        return "nothing", "no signature"
    arguments, named = made[0]()
    return outcome(method, [instance, *arguments[1:]], named)


def _methods(cls: type) -> list[tuple[str, Any]]:
    own = [(name, value) for name, value in sorted(vars(cls).items()) if inspect.isfunction(value)]
    return [(name, value) for name, value in own if not name.startswith("_") or name in ("__str__", "__len__")][
        :METHODS
    ]


def _description(target: Any) -> str:
    try:
        signature = str([(name, parameter.kind) for name, parameter in inspect.signature(target).parameters.items()])
    except (TypeError, ValueError):
        signature = ""
    names = ""
    if isinstance(target, type):
        bases = [plain(f"{cls.__module__}.{cls.__qualname__}") for cls in target.__mro__]
        names = f" {bases} {sorted(name for name in dir(target) if not name.startswith('_abc'))}"
    return f"{signature} {plain(str(target.__doc__))[:200]}{names}"


def probe(order: dict[str, Any]) -> dict[str, Any]:
    """Load a route and compare what it holds with the original."""
    problem = None
    try:
        step = load_route("_r_probe", Path(order["route"]), Path(order["root"])).step
        sliced = outcomes(step.func(), order["name"])
    except BaseException as error:  # noqa: BLE001 (reported, as whatever it is)
        problem = plain(f"{type(error).__name__}: {error}")
    if order["alone"] and order["module"] in sys.modules:
        problem = problem or f"the route has imported {order['module']} from outside its tree"
    sys.path.insert(0, order["library"])
    try:
        target = getattr(importlib.import_module(order["module"]), order["name"])
    except BaseException as error:  # noqa: BLE001 (then there is nothing to compare)
        return {"loaded": problem is None, "original": plain(f"{type(error).__name__}: {error}"), "problem": problem}
    if problem is not None:
        return {"loaded": False, "problem": problem}
    return {"loaded": True, **_compared(sliced, outcomes(target, order["name"]), outcomes(target, order["name"]))}


def _compared(sliced: dict[str, Any], first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Compare what says something: a call that the original answers twice alike."""
    same: list[str] = []
    different: list[str] = []
    for call, expected in first.items():
        if "nothing" in (expected[0], sliced.get(call, ("nothing",))[0]) or second.get(call) != expected:
            continue
        if sliced[call] == expected:
            same.append(f"{call} {expected[0]}")
        else:
            different.append(f"{call}: {sliced[call]} != {expected}")
    return {
        "calls": len(same) + len(different) - 1,
        "values": sum(call.endswith("value") for call in same) - 1,
        "different": different,
    }


def main() -> None:
    """Read an order, print what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
    sys.setrecursionlimit(900)
    signal.signal(signal.SIGALRM, _stop)
    sys.addaudithook(_audit)
    order = json.loads(sys.argv[1])
    # Far from the numbers that a call might close.
    with os.fdopen(fcntl.fcntl(1, fcntl.F_DUPFD, 500), "w") as out:
        print(json.dumps(probe(order)), file=out)


if __name__ == "__main__":
    main()
