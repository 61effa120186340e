"""`random` in a flow: what is drawn inside a run comes from the run's own generator.

Emitted flow code says `from wfc.flow import random` where the user wrote `import random`. A replay draws the same
values, another run others. Outside of a run (the flow's module is being imported, or called by a test) everything is
as in the standard library, which also supplies all names that aren't here.

Values are those of the standard library's methods over the same generator, so they are the same on Python 3.11, 3.12
and 3.13 where Python's are: `random`, `getrandbits`, `randbytes`, `randrange`, `randint`, `choice`, `shuffle`,
`uniform` and the distributions. Python promises nothing for `sample` and `choices` between minor versions; a run that
moves to another Python is checked on replay.
"""

from __future__ import annotations

import random as _random
from typing import Any

from ..context import current_run

USER = "user"
"""The stream that module-level functions, shared generators and `wfc.random()` draw from."""
SEEDS = "seeds"
"""The stream that seeds generators made without a seed, so that one more of them shifts no other value."""

METHODS = tuple(name for name in dir(_random.Random) if name.islower() and not name.startswith("_"))


class _Generators(type):
    """Makes `isinstance(x, Random)` answer for every generator, as it does in the user's source."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _random.Random) if cls is Random else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _random.Random) if cls is Random else super().__subclasscheck__(subclass)


class Random(_random.Random, metaclass=_Generators):
    """`random.Random` that takes its seed from the run where none is given.

    One that is made at import, without a seed, belongs to no run and so is shared by all: see `SharedRandom`.
    """

    def __new__(cls, *seed: Any, **named: Any) -> Any:
        given = [*seed, *named.values()]
        if cls is Random and current_run.get() is None and (not given or given[0] is None):
            return SharedRandom()
        return super().__new__(cls)

    def seed(self, a: Any = None, version: int = 2) -> None:
        """Seed the generator; without a value from the run, outside of one from the operating system."""
        run = current_run.get()
        if a is None and run is not None:
            a = run.draws.stream(SEEDS).getrandbits(256)
        super().seed(a, version)


class SharedRandom(_random.Random):
    """A generator that many runs use: inside a run it is the run's own."""

    def __init__(self) -> None:
        self._own = _random.Random()
        super().__init__()


def _delegating(name: str) -> Any:
    def method(self: SharedRandom, *args: Any, **kwargs: Any) -> Any:
        run = current_run.get()
        source = self._own if run is None else run.draws.stream(USER)
        return getattr(source, name)(*args, **kwargs)

    method.__name__, method.__doc__ = name, getattr(_random.Random, name).__doc__
    return method


for _name in METHODS:
    setattr(SharedRandom, _name, _delegating(_name))

_shared = SharedRandom()


def __getattr__(name: str) -> Any:
    return getattr(_shared if name in METHODS else _random, name)


__all__ = list(_random.__all__)
