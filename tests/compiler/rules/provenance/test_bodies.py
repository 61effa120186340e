"""Where a set's order shows and matters, by bodies of a workflow: what is found, and what is left alone.

In: a body. Out: the text of each cause. `test_programs` has what takes several functions.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.rules.provenance.meetings import causes_in, workflow

FINDS: dict[str, tuple[str, str]] = {
    "a loop": ("for t in tags: await charge(t)", "tags"),
    "a loop over a display": ("for t in {'a','b'}: await charge(t)", "{'a','b'}"),
    "a list of a set": ("await charge(list(tags))", "list(tags)"),
    "a list that is returned": ("return list(tags)", "list(tags)"),
    "a comprehension": ("await charge([t for t in tags])", "tags"),
    "calls gathered": ("await asyncio.gather(*(charge(t) for t in tags))", "tags"),
    "calls in a list gathered": ("await asyncio.gather(*[charge(t) for t in set(xs)])", "set(xs)"),
    "a task group": ("async with asyncio.TaskGroup() as tg:\n    for t in tags: tg.create_task(charge(t))", "tags"),
    "taken out one by one": ("while tags:\n    t = tags.pop()\n    await charge(t)", "tags.pop()"),
    "the first one": ("await charge(next(iter(tags)))", "iter(tags)"),
    "a text": ("await charge(','.join(tags))", "','.join(tags)"),
    "starred arguments": ("await charge(*tags)", "tags"),
    "starred in a display": ("await charge([*tags, 'x'])", "tags"),
    "what two dicts share": (
        "d = dict.fromkeys(xs)\ne = {**d}\nfor k in d.keys() & e.keys(): await charge(k)",
        "d.keys() & e.keys()",
    ),
    "a step's result": ("for t in await tags_of(name): await charge(t)", "await tags_of(name)"),
    "a list that a loop fills": ("out=[]\nfor t in tags: out.append(t)\nawait charge(out)", "tags"),
    "a text that a loop adds to": ("out=''\nfor t in tags: out += t\nawait charge(out)", "tags"),
    "a text that a loop makes longer": ("out=''\nfor t in tags: out = out + t\nawait charge(out)", "tags"),
    "an f-string": ("await charge(f'{tags}')", "tags"),
    "a branch": ("if list(tags)[0] < 'e': await charge(1)", "list(tags)"),
    "unpacked": ("a, b = {name, 'x'}\nawait charge(a)", "{name, 'x'}"),
    "a function inside": ("async def one(t): await charge(t)\nawait asyncio.gather(*[one(t) for t in tags])", "tags"),
    "mapped": ("await asyncio.gather(*map(charge, tags))", "tags"),
    "a set of coroutines": ("cs = {charge(x) for x in xs}\nawait asyncio.gather(*cs)", "cs"),
    "a dict in the order of a set": ("d = {t: 1 for t in tags}\nfor k in d: await charge(k)", "tags"),
    "items of such a dict": ("d = dict.fromkeys(tags)\nfor k, v in d.items(): await charge(k)", "dict.fromkeys(tags)"),
    "numbered": ("for i, t in enumerate(tags): await charge(i, t)", "enumerate(tags)"),
    "as JSON": ("await charge(json.dumps(list(tags)))", "list(tags)"),
    "in a dict by keyword": ("o = dict(tags=list(tags))\nawait charge(o)", "list(tags)"),
    "stored in a dict": ("o = {}\no['t'] = list(tags)\nawait charge(o)", "list(tags)"),
    "nested dicts": ("o = {'t': {'u': list(tags)}}\nawait charge(o['t']['u'])", "list(tags)"),
    "the first that fits": (
        "for t in tags:\n    if t > 'c':\n        chosen = t\n        break\nawait charge(chosen)",
        "tags",
    ),
    "a set comprehension": ("ids = {o.id for o in xs}\nfor i in ids: await charge(i)", "ids"),
    "a function inside, with a parameter": (
        "async def each(people):\n    for one in people: await charge(one)\nawait each(tags)",
        "people",
    ),
    "zipped": ("await charge(dict(zip(tags, xs)))", "zip(tags, xs)"),
    "ranked": ("await charge({t: i for i, t in enumerate(tags)})", "enumerate(tags)"),
    "a conditional expression": ("x = 'a' if list(tags)[0] < 'e' else 'b'\nawait charge(x)", "list(tags)"),
    "a branch that assigns": ("if list(tags)[0] < 'e':\n    n = 1\nelse:\n    n = 2\nawait charge(n)", "list(tags)"),
    "numbers": ("for n in {1,2,3}: await charge(n)", "{1,2,3}"),
    "grouped in lists": ("g={}\nfor t in tags: g.setdefault(t[0], []).append(t)\nawait charge(g)", "tags"),
    "chained": ("for t in itertools.chain(tags, xs): await charge(t)", "itertools.chain(tags, xs)"),
    "a hook's token": ("await Answer.wait(token=next(iter(tags)))", "iter(tags)"),
    "a branch on each": ("for t in tags:\n    if t > 'c': await charge()\n    else: await charge(1)", "tags"),
    "a slice": ("await charge(list(tags)[:3])", "list(tags)"),
    "a list of what is taken out": ("s = set(xs)\nout=[]\nwhile s: out.append(s.pop())\nreturn out", "s.pop()"),
    "a union": ("for t in tags | {'x'}: await charge(t)", "tags | {'x'}"),
    "a comprehension that is returned": ("return [t.upper() for t in tags]", "tags"),
    "a dict that is returned": ("return {'tags': list(tags)}", "list(tags)"),
}
QUIET: dict[str, str] = {
    "sorted": "for t in sorted(tags): await charge(t)",
    "sorted in place": "names = list(tags)\nnames.sort()\nawait charge(names)",
    "membership": "if name in tags: await charge(name)",
    "length": "if len(tags) > 3: await charge(len(tags))",
    "any": "if any(t == 'x' for t in tags): await charge(1)",
    "largest, smallest, sum": "await charge(max(tags), min(tags), sum(len(t) for t in tags))",
    "a set as an argument": "await charge(tags)",
    "a set as the result": "return tags",
    "a set of it": "up = {t.upper() for t in tags}\nif name in up: await charge(up)",
    "a dict of it": "d = {t: len(t) for t in tags}\nawait charge(d)",
    "equality": "if set(xs) == tags: await charge(1)",
    "printed": "print(','.join(tags))\nawait charge(1)",
    "in an error": "if not tags: raise ValueError(f'{tags}')\nawait charge(1)",
    "tasks": "ts = {asyncio.create_task(charge(x)) for x in xs}\nfor t in ts: await t\nawait asyncio.gather(*ts)",
    "tasks that are waited for": (
        "ts = set()\nfor x in xs:\n    t = asyncio.create_task(charge(x))\n    ts.add(t)\nwhile ts:\n"
        "    done, ts = await asyncio.wait(ts)\n    for t in done: await charge(t.result())"
    ),
    "tasks by annotation": "ts: set[asyncio.Task[str]] = set()\nfor t in ts: await charge(await t)",
    "counted": "n = 0\nfor t in tags: n += len(t)\nawait charge(n)",
    "the largest by hand": "best = ''\nfor t in tags:\n    if t > best: best = t\nawait charge(best)",
    "the only one, unpacked": "(one,) = tags\nawait charge(one)",
    "the only one, checked": "if len(tags) != 1: raise ValueError\nawait charge(tags.pop())",
    "a worklist": (
        "seen=set(); todo={name}\nwhile todo:\n    n = todo.pop()\n    if n in seen: continue\n"
        "    seen.add(n)\n    for m in xs:\n        if m not in seen: todo.add(m)\n"
        "await charge(sorted(seen))"
    ),
    "emptiness": "rest = list(tags)\nif rest: await charge(len(rest))",
    "searched for": (
        "for t in tags:\n    if t == name:\n        found = t\n        break\nelse: found = ''\nawait charge(found)"
    ),
    "searched for in an expression": "x = next((t for t in tags if t == name), None)\nawait charge(x)",
    "looked up": "d = {t: i for i, t in enumerate(sorted(tags))}\nawait charge(d[name])",
    "counted by key": "d = dict.fromkeys(tags, 0)\nfor x in xs:\n    if x in d: d[x] += 1\nawait charge(d)",
    "the element is not used": "for _ in tags: await charge(name)",
    "results of asyncio.wait": (
        "done, pending = await asyncio.wait([asyncio.create_task(charge(x)) for x in xs])\n"
        "for t in pending: t.cancel()\nreturn [t.result() for t in done]"
    ),
    "an empty set": "s = set()\nfor x in s: await charge(x)",
    "another key": "o = {'t': list(tags), 'n': name}\nawait charge(o['n'])",
    "a flag": (
        "found = False\nfor t in tags:\n    if t.startswith('a'):\n        found = True\n        break\n"
        "if found: await charge(1)"
    ),
    "a difference": "missing = set(xs) - tags\nif missing: await charge(sorted(missing))",
    "a counter": "from collections import Counter\nc = Counter(tags)\nif c['a']: await charge(c['a'])",
    "keys of one dict": "d = {'a': 1, 'b': 2}\nfor k in d.keys(): await charge(k)",
    "a set of one": "for t in {name}: await charge(t)",
    "sorted at the end": "out=[]\nfor t in tags: out.append(t)\nawait charge(sorted(out))",
    "rows made anew": (
        "out=[]\nfor t in sorted(tags):\n    row=[]\n    row.append(t)\n    out.append(row)\nawait charge(out)"
    ),
    "one call for what equals something": "for t in tags:\n    if t == name: await charge()",
    "added to a set": "s=set()\nfor t in tags: s.update(t)\nawait charge(s)",
}


@pytest.mark.parametrize("name", QUIET)
def test_code_that_is_the_same_everywhere_is_left_alone(name: str, tmp_path: Path) -> None:
    """What doesn't show the order of a set, or sorts it, reaches nothing."""
    assert causes_in(workflow(QUIET[name]), tmp_path) == []


@pytest.mark.parametrize("name", FINDS)
def test_the_use_that_shows_the_order_is_the_cause(name: str, tmp_path: Path) -> None:
    """What a finding points at is the place where the order of the set gets into a sequence."""
    body, cause = FINDS[name]
    assert causes_in(workflow(body), tmp_path) == [cause]
