"""Uncertain values across functions, methods, classes and modules: what is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.rules.provenance.meetings import causes_in

FINDS: dict[str, tuple[str, str]] = {
    "helper loop": (
        """
        async def each(people):
            for p in people: await charge(p)
        @wf.workflow
        async def flow(tags: set[str]):
            await each(tags)
""",
        "people",
    ),
    "helper ret": (
        """
        def names(x): return list(x)
        @wf.workflow
        async def flow(tags: set[str]):
            await charge(names(tags))
""",
        "list(x)",
    ),
    "helper ret2": (
        """
        def names() -> list[str]:
            s = {"a","b"}
            return [x for x in s]
        @wf.workflow
        async def flow():
            for n in names(): await charge(n)
""",
        "s",
    ),
    "helper set": (
        """
        def names(xs): return set(xs)
        @wf.workflow
        async def flow(xs: list[str]):
            for n in names(xs): await charge(n)
""",
        "names(xs)",
    ),
    "async helper set": (
        """
        async def names(xs): return set(xs)
        @wf.workflow
        async def flow(xs: list[str]):
            for n in await names(xs): await charge(n)
""",
        "await names(xs)",
    ),
    "gen": (
        """
        def names(xs):
            for x in xs: yield x
        @wf.workflow
        async def flow(xs: set[str]):
            for n in names(xs): await charge(n)
""",
        "xs",
    ),
    "const": (
        """
        ALL = {"a", "b"}
        @wf.workflow
        async def flow():
            for n in ALL: await charge(n)
""",
        "ALL",
    ),
    "constlist": (
        """
        ALL = list({"a", "b"})
        @wf.workflow
        async def flow():
            await charge(ALL)
""",
        'list({"a", "b"})',
    ),
    "model": (
        """
        class Order(pydantic.BaseModel):
            tags: set[str]
        @wf.workflow
        async def flow(o: Order):
            for n in o.tags: await charge(n)
""",
        "o.tags",
    ),
    "models": (
        """
        class Order(pydantic.BaseModel):
            tags: frozenset[str] = frozenset()
        @wf.workflow
        async def flow(os: list[Order]):
            for o in os:
                for n in o.tags: await charge(n)
""",
        "o.tags",
    ),
    "method": (
        """
        class Box:
            def __init__(self):
                self.items = set()
            def add(self, x): self.items.add(x)
            async def send(self):
                for i in self.items: await charge(i)
        @wf.workflow
        async def flow(os: list[str]):
            b = Box()
            for o in os: b.add(o)
            await b.send()
""",
        "self.items",
    ),
    "ctor": (
        """
        @dataclass
        class Box:
            items: list[str]
        @wf.workflow
        async def flow(t: set[str]):
            b = Box(items=list(t))
            await charge(b)
""",
        "list(t)",
    ),
    "ctor pos": (
        """
        @dataclass
        class Box:
            items: list[str]
        @wf.workflow
        async def flow(t: set[str]):
            await charge(Box(list(t)))
""",
        "list(t)",
    ),
    "two deep": (
        """
        async def outer(people):
            await inner([p.strip() for p in people])
        async def inner(people):
            await asyncio.gather(*(charge(p) for p in people))
        @wf.workflow
        async def flow(t: set[str]):
            await outer(people=t)
""",
        "people",
    ),
    "optional": (
        """
        @wf.workflow
        async def flow(t: set[str] | None = None):
            for x in t or (): await charge(x)
""",
        "t or ()",
    ),
    "try": (
        """
        @wf.workflow
        async def flow(t: frozenset[str]):
            for x in t:
                try:
                    await charge(x)
                except ValueError:
                    continue
                finally:
                    pass
""",
        "t",
    ),
    "match": (
        """
        @wf.workflow
        async def flow(t: frozenset[str]):
            match list(t)[0] < "e":
                case True: await charge(1)
                case _: pass
""",
        "list(t)",
    ),
    "nested def closure": (
        """
        @wf.workflow
        async def flow(t: frozenset[str]):
            async def go():
                for x in t: await charge(x)
            await go()
""",
        "t",
    ),
    "lambda": (
        """
        @wf.workflow
        async def flow(t: frozenset[str]):
            one = lambda x: charge(x)
            await asyncio.gather(*[one(x) for x in t])
""",
        "t",
    ),
    "inline child": (
        """
        @wf.workflow
        async def child(xs: list[str]):
            for x in xs: await charge(x)
        @wf.workflow
        async def flow(t: set[str]):
            await child(list(t))
""",
        "list(t)",
    ),
    "key=id": (
        """
        @wf.workflow
        async def flow(t: list[str]):
            await charge(sorted(t, key=id))
""",
        "id",
    ),
    "hash": (
        """
        @wf.workflow
        async def flow(t: str):
            await charge(hash(t) % 3)
""",
        "hash(t)",
    ),
    "repr": (
        """
        class Box: pass
        @wf.workflow
        async def flow(t: str):
            b = Box()
            await charge(f"{b}-x")
""",
        "b",
    ),
    "repr2": (
        """
        class Box: pass
        @wf.workflow
        async def flow(t: str):
            await charge("%s" % Box())
""",
        "Box()",
    ),
    "while flag": (
        """
        @wf.workflow
        async def flow(t: str):
            if hash(t) % 2:
                return 1
            await charge(1)
""",
        "hash(t)",
    ),
    "grouping sets": (
        """
        from collections import defaultdict
        @wf.workflow
        async def flow(xs: list[dict]):
            groups: dict[str, set[str]] = {}
            for x in xs: groups.setdefault(x["k"], set()).add(x["v"])
            for k, vs in groups.items():
                for v in vs: await charge(k, v)
""",
        "vs",
    ),
    "dict of sets": (
        """
        @wf.workflow
        async def flow(g: dict[str, set[str]]):
            for v in g["a"]: await charge(v)
""",
        'g["a"]',
    ),
    "list of sets": (
        """
        @wf.workflow
        async def flow(gs: list[set[str]]):
            for g in gs:
                for v in g: await charge(v)
""",
        "g",
    ),
    "dict of sets items": (
        """
        @wf.workflow
        async def flow(g: dict[str, set[str]]):
            for k, vs in g.items():
                for v in vs: await charge(v)
""",
        "vs",
    ),
    "results list": (
        """
        @wf.workflow
        async def flow(xs: set[str]):
            return [x for x in xs if x]
""",
        "xs",
    ),
    "added/removed": (
        """
        @wf.workflow
        async def flow(xs: list[str], old: set[str]):
            new = set(xs)
            old.clear()
            added, removed = new - old, old - new
            for a in added: await charge(a)
""",
        "added",
    ),
}


@pytest.mark.parametrize("name", FINDS)
def test_a_cause_is_found_through_calls(name: str, tmp_path: Path) -> None:
    """A cause in one function reaches a goal in another, through parameters, results and attributes."""
    program, cause = FINDS[name]
    assert set(causes_in(program, tmp_path)) == {cause}
