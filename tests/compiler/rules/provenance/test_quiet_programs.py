"""Uncertain values across functions, methods, classes and modules: what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.rules.provenance.meetings import causes_in

QUIET: dict[str, str] = {
    "helper list": """
        async def each(people):
            for p in people: await charge(p)
        @wf.workflow
        async def flow(tags: set[str]):
            await each(sorted(tags))
            await each(["a"])
""",
    "hash": """
        @wf.workflow
        async def flow(t: int, s: str, u: str):
            await charge(hash(t) % 3)
            if hash(s) == hash(u) and id(s) == id(u): await charge(1)
            seen = {id(s)}
            if id(u) in seen: await charge(2)
            memo = {}
            memo[id(s)] = s
            await charge(memo[id(s)])
            print(hash(s), id(s), object())
""",
    "looked up by address": """
        def copied(x, memo, visited):
            key = id(x)
            found = memo.get(key)
            if key in visited or id(x) in memo:
                return "again"
            visited.append(key)
            memo[key] = found or [x]
            return memo[key]
        @wf.workflow
        async def flow(t: str):
            await charge(copied(t, {}, []))
""",
    "reprs": """
        @dataclass
        class Box: pass
        class P(pydantic.BaseModel): pass
        class E(Exception): pass
        class R:
            def __str__(self): return "r"
        @wf.workflow
        async def flow(t: int):
            await charge(f"{Box()} {P()} {E()} {R()}")
""",
    "recursion": """
        def walk(n, out):
            for c in n.children: walk(c, out)
            return out
        @wf.workflow
        async def flow(t: int):
            await charge(walk(t, []))
""",
    "iterable param": """
        from collections.abc import Iterable
        async def each(people: Iterable[str]):
            for p in people: await charge(p)
        @wf.workflow
        async def flow(t: list[str]):
            await each(t); await each(tuple(t)); await each({x: 1 for x in t})
""",
    "method order": """
        class Box:
            def __init__(self):
                self.items = set()
            async def send(self):
                for i in sorted(self.items): await charge(i)
                if 3 in self.items: await charge(3)
        @wf.workflow
        async def flow(os: list[str]):
            await Box().send()
""",
    "unique search fn": """
        def find(xs, k):
            for x in xs:
                if x == k: return x
            return None
        @wf.workflow
        async def flow(t: set[str]):
            await charge(find(t, "a"))
""",
    "anyfn": """
        def has(xs):
            for x in xs:
                if x.startswith("a"): return True
            return False
        @wf.workflow
        async def flow(t: set[str]):
            if has(t): await charge(1)
""",
    "validate": """
        @wf.workflow
        async def flow(xs: list[dict]):
            currencies = {x["c"] for x in xs}
            if len(currencies) > 1: raise ValueError(f"mixed: {currencies}")
            await charge(currencies.pop())
""",
    "dedupe count": """
        @wf.workflow
        async def flow(xs: list[str]):
            unique = list(set(xs))
            await charge(len(unique))
            if "a" in unique: await charge(1)
            if not unique: return None
""",
    "graph": """
        def reachable(graph: dict[str, list[str]], start: str) -> set[str]:
            seen: set[str] = set()
            todo = [start]
            while todo:
                n = todo.pop()
                if n in seen: continue
                seen.add(n)
                todo.extend(graph.get(n, []))
            return seen
        @wf.workflow
        async def flow(g: dict[str, list[str]]):
            for n in sorted(reachable(g, "a")): await charge(n)
            if "b" in reachable(g, "a"): await charge(2)
""",
    "grouping sets": """
        from collections import defaultdict
        @wf.workflow
        async def flow(xs: list[dict]):
            groups = defaultdict(set)
            for x in xs: groups[x["k"]].add(x["v"])
            for k in sorted(groups):
                await charge(k, sorted(groups[k]))
            await charge({k: len(v) for k, v in groups.items()})
""",
    "toposort": """
        @wf.workflow
        async def flow(deps: dict[str, set[str]]):
            done: set[str] = set()
            while len(done) < len(deps):
                ready = sorted(k for k, d in deps.items() if d <= done and k not in done)
                if not ready: break
                await asyncio.gather(*(charge(k) for k in ready))
                done.update(ready)
""",
    "toposort2": """
        @wf.workflow
        async def flow(deps: dict[str, set[str]]):
            for k, d in deps.items():
                if d - {"a"}: await charge(k)
                if all(x in deps for x in d): await charge(k)
""",
    "errors": """
        @wf.workflow
        async def flow(xs: set[str]):
            errors = {}
            for x in xs:
                if not x: errors[x] = "empty"
            if errors: raise workflow.FatalError(str(errors))
            await charge(1)
""",
    "enum set": """
        @wf.workflow
        async def flow(xs: list[str]):
            FINAL = {"done", "failed"}
            while True:
                s = await charge()
                if s in FINAL: break
            return s in FINAL
""",
    "freeze": """
        @wf.workflow
        async def flow(xs: list[str]):
            memo = {}
            key = frozenset(xs)
            memo[key] = 1
            await charge(memo[key])
""",
    "pending tasks": """
        @wf.workflow
        async def flow(xs: list[str]):
            pending = {asyncio.create_task(charge(x)): x for x in xs}
            while pending:
                done, _ = await asyncio.wait(pending.keys(), return_when=asyncio.FIRST_COMPLETED)
                for t in done:
                    name = pending.pop(t)
                    await charge(name, t.result())
""",
    "background": """
        @wf.workflow
        async def flow(xs: list[str]):
            background = set()
            for x in xs:
                t = asyncio.create_task(charge(x))
                background.add(t)
                t.add_done_callback(background.discard)
            out = await asyncio.gather(*background)
            return out
""",
    "set of tasks returned helper": """
        def launch(xs):
            ts = set()
            for x in xs: ts.add(asyncio.ensure_future(charge(x)))
            return ts
        @wf.workflow
        async def flow(xs: list[str]):
            for t in launch(xs): await charge(await t)
""",
    "string key": """
        @wf.workflow
        async def flow(xs: set[str]):
            key = "-".join(sorted(xs))
            await charge(key)
""",
    "model with set": """
        class Order(pydantic.BaseModel):
            tags: set[str]
            name: str
        @wf.workflow
        async def flow(o: Order):
            await charge(o)
            await charge(o.name, o.tags, "vip" in o.tags)
            return o
""",
    "logging": """
        import logging
        log = logging.getLogger(__name__)
        @wf.workflow
        async def flow(xs: set[str]):
            log.info("got %s", list(xs))
            for x in xs:
                log.info("x %s", x)
            await charge(1)
""",
    "update in loop": """
        @wf.workflow
        async def flow(xs: set[str]):
            lengths = {}
            for x in xs:
                lengths[x] = len(x)
            total = sum(lengths.values())
            await charge(total, lengths["a"], lengths)
""",
    "isub": """
        @wf.workflow
        async def flow(xs: list[str], old: set[str]):
            new = set(xs)
            added, removed = new - old, old - new
            for a in sorted(added): await charge(a)
            if removed: await charge(len(removed))
            old |= new
            old -= removed
            return old
""",
    "sort key": """
        @wf.workflow
        async def flow(xs: set[str]):
            items = [(x, len(x)) for x in xs]
            items.sort(key=lambda p: p[0])
            await charge(items)
            best = sorted(items, key=lambda p: p[0], reverse=True)[:3]
            await charge(best)
""",
    "max by": """
        @wf.workflow
        async def flow(xs: set[str]):
            await charge(max(xs, key=len), max((len(x), x) for x in xs))
""",
    "isinstance": """
        @wf.workflow
        async def flow(xs: list[str] | set[str]):
            if isinstance(xs, set):
                xs = sorted(xs)
            for x in xs: await charge(x)
""",
    "param default set": """
        async def send(to: str, skip: set[str] = frozenset()):
            if to in skip: return
            await charge(to)
        @wf.workflow
        async def flow(xs: list[str]):
            for x in xs: await send(x, skip={"a"})
""",
}


@pytest.mark.parametrize("name", QUIET)
def test_programs_that_work_are_left_alone(name: str, tmp_path: Path) -> None:
    """What working programs do with sets, hashes and addresses reaches nothing."""
    assert causes_in(QUIET[name], tmp_path) == []
