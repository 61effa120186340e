"""The public callables of this Python's standard library, as JSON: module -> names, of classes their methods, too.

    python tests/compiler/facts/standard_names.py

Run in a process of its own, since it imports everything.
"""

import contextlib
import importlib
import inspect
import io
import json
import pkgutil
import sys
import warnings
from collections.abc import Iterator

# What does something when imported, or is about Python itself.
SKIPPED = {"antigravity", "this", "idlelib", "test", "turtledemo", "lib2to3", "ensurepip._bundled", "__phello__", "pip"}


def modules() -> Iterator[str]:
    """Yield the names of public modules, those in packages too."""
    for name in sorted({*sys.stdlib_module_names, "builtins", "os.path"}):
        if name.startswith("_") or name in SKIPPED:
            continue
        yield name
        path = getattr(loaded(name), "__path__", None)
        for inner in pkgutil.walk_packages(path, f"{name}.", onerror=lambda _: None) if path else ():
            parts = inner.name.split(".")
            if not any(part.startswith("_") or part in {*SKIPPED, "tests"} for part in parts):
                yield inner.name


def loaded(name: str) -> object:
    """Return a module, None where it can't be imported on this machine."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return importlib.import_module(name)
    except BaseException:  # noqa: BLE001 (whatever it raises, there is nothing to look at)
        return None


def callables(module: object) -> Iterator[str]:
    """Yield what can be called: functions, classes, methods that the classes define; exceptions only by themselves."""
    for name in dir(module):
        value = getattr(module, name, None)
        if name.startswith("_") or not callable(value):
            continue
        yield name
        if inspect.isclass(value) and not issubclass(value, BaseException):
            methods = (method for method, held in vars(value).items() if callable(held) or hasattr(held, "__func__"))
            yield from (f"{name}.{method}" for method in methods if not method.startswith("_"))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps({name: sorted(callables(loaded(name))) for name in modules()}))
