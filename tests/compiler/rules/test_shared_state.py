"""What looks like state that runs share, and isn't; and what is, in other shapes than the rules' examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.rules.test_examples import check_example
from wfc_compiler.rules.scaffold import in_flow

HEAD = "import asyncio, collections, copy, dataclasses, functools, itertools, random, threading\n"
CODES = frozenset({"WFC110", "WFC111", "WFC112", "WFC117"})


def found_in(before: str, body: str, root: Path) -> list[str]:
    """Return the codes found in a workflow with this body."""
    text = HEAD + before + in_flow("\n    ".join(body.splitlines()))
    return [item.code for item in check_example(text, root).diagnostics if item.code in CODES]


LEFT_ALONE = {
    "a copy": ("T = {'a': [1]}\n", "t = T.copy()\nt['b'] = 1\nreturn t"),
    "a deep copy": ("T = {'a': [1]}\n", "copy.deepcopy(T)['a'].append(2)"),
    "a copy by a constructor": ("T = {'a': 1}\n", "dict(T).update(b=2)"),
    "a copy by a slice": ("T = [1]\n", "t = T[:]\nt.append(2)\nreturn t"),
    "a merge": ("T = {'a': 1}\n", "t = T | {'b': 2}\nt['c'] = 3\nreturn t"),
    "a variable that is bound to something else, too": ("T = []\n", "t = T\nt = []\nt.append(1)"),
    "a local variable of the same name": ("T = []\n", "T = []\nT.append(1)"),
    "a parameter of the same name": ("T = []\ndef add(T): T.append(1)\n", "add([])"),
    "a comprehension's variable of the same name": ("T = []\n", "return [T.append(1) for T in [[]]]"),
    "a list of lists that is read": ("T = [[1], [2]]\n", "return [x + 1 for row in T for x in row]"),
    "a class in the workflow": ("", "class Sum:\n    total = 0\nSum.total += 1"),
    "a function in the workflow": ("", "def add(): ...\nadd.calls = 1"),
    "an attribute of an object": ("class A:\n    x = 0\n", "a = A()\na.x = 1\nsetattr(a, 'x', 2)"),
    "an attribute that a method sets": ("class A:\n    x = 0\n    def set(self): self.x = 1\n", "A().set()"),
    "an instance's own list": ("class A:\n    def __init__(self): self.xs = []\n", "a = A()\na.xs.append(1)"),
    "a list of each object": (
        "@dataclasses.dataclass\nclass A:\n    xs: list = dataclasses.field(default_factory=list)\n",
        "A().xs.append(1)",
    ),
    "a generator of the workflow": (
        "",
        "chance = random.Random(7)\nids = itertools.count()\nreturn next(ids), chance.random()",
    ),
    "a module's function that is no container's": (
        "class A:\n    def update(self, x): return x\nA1 = A()\n",
        "A1.update(1)",
    ),
    "an unknown object": ("import metrics\nCALLS = metrics.Counter('calls')\n", "CALLS.add(1)\nCALLS.update(2)"),
    "a lookup": ("T = {'a': 1}\n", "if (t := T.get('a')) is not None: return t"),
    "a table that a class fills": (
        "class T:\n    known = {}\n    @classmethod\n    def get(cls, k):\n        if k not in cls.known:\n"
        "            cls.known[k] = len(k)\n        return cls.known[k]\n",
        "return T.get(name)",
    ),
    "a table on a function": (
        "def size(k):\n    if k not in size.known: size.known[k] = len(k)\n    return size.known[k]\nsize.known = {}\n",
        "return size(name)",
    ),
    "an attribute that is made when it is asked for": (
        "class A:\n    def __init__(self): self.x = None\n    def get(self):\n        if self.x is None: self.x = [1]\n"
        "        return self.x\nONE = A()\n",
        "return ONE.get()",
    ),
    "a table with a walrus": (
        "T = {}\ndef size(k):\n    if (n := T.get(k)) is None: n = T[k] = len(k)\n    return n\n",
        "size(name)",
    ),
    "a table with a handler": (
        "T = {}\ndef size(k):\n    try:\n        return T[k]\n    except KeyError:\n        n = T[k] = len(k)\n"
        "        return n\n",
        "size(name)",
    ),
    "a table under a lock": (
        "T = None\nL = threading.Lock()\ndef get():\n    global T\n    if T is None:\n        with L:\n"
        "            if T is None: T = [1]\n    return T\n",
        "get()",
    ),
    "tasks that are kept from being collected": (
        "TASKS = set()\n",
        "task = asyncio.create_task(charge())\nTASKS.add(task)\ntask.add_done_callback(TASKS.discard)\nawait task",
    ),
    "a result that a cached function makes from a time": (
        "import datetime\n@functools.cache\ndef day(x): return datetime.datetime.fromtimestamp(x, datetime.UTC).day\n",
        "day(3)",
    ),
}


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_a_run_has_for_itself_is_left_alone(name: str, tmp_path: Path) -> None:
    """Copies, local things, objects of the run, and tables of what is the same for all runs."""
    assert found_in(*LEFT_ALONE[name], tmp_path) == []


CHANGES = {
    "an alias": ("T = {}\n", "t = T\nt['a'] = 1", "WFC110"),
    "a nested item": ("T = {'a': {}}\n", "T['a']['b'] = 1", "WFC110"),
    "a deletion": ("T = {'a': 1}\n", "del T['a']", "WFC110"),
    "an attribute of an item": ("class A: ...\nT = {'a': A()}\n", "T['a'].x = 1", "WFC110"),
    "a list by annotation": ("T: list[str] = list()\n", "T.append('a')", "WFC110"),
    "a deque": ("T = collections.deque()\n", "T.appendleft(1)", "WFC110"),
    "a counter": ("T = collections.Counter()\n", "T[name] += 1", "WFC110"),
    "a list in a table": ("T = {'a': []}\n", "T['a'].append(1)", "WFC110"),
    "a list that setdefault makes": ("T = {}\n", "T.setdefault(name, []).append(1)", "WFC110"),
    "a loop's target": ("T = {}\n", "for T['a'] in range(3): pass", "WFC110"),
    "one of several targets": ("T = {}\n", "a, T['a'] = 1, 2", "WFC110"),
    "the namespace": ("", "globals()['x'] = 1", "WFC110"),
    "a function's attribute": ("def f(): ...\n", "f.n = 1", "WFC110"),
    "setattr": ("class A: ...\nONE = A()\n", "setattr(ONE, 'x', 1)", "WFC110"),
    "a heap": ("import heapq\nT = []\n", "heapq.heappush(T, 1)", "WFC110"),
    "a shuffle": ("T = [1, 2]\n", "random.shuffle(T)", "WFC110"),
    "a generator expression": ("T = (i for i in range(9))\n", "return next(T)", "WFC110"),
    "a generator function": ("def ids():\n    yield 1\nT = ids()\n", "return next(T, None)", "WFC110"),
    "a seeded generator by keyword": ("T = random.Random(x=7)\n", "return T.choice([1, 2])", "WFC110"),
    "a seeded generator that is bound late": (
        "T = random.Random()\nT = random.Random(3)\n",
        "return T.random()",
        "WFC110",
    ),
    "a method that calls another that counts": (
        "class A:\n    def __init__(self): self.n = 0\n    def add(self): self.n += 1\n"
        "    def go(self): self.add()\nONE = A()\n",
        "ONE.go()",
        "WFC110",
    ),
    "a method that appends": (
        "class A:\n    def __init__(self): self.xs = []\n    def add(self, x): self.xs.append(x)\nONE = A()\n",
        "ONE.add(1)",
        "WFC110",
    ),
    "a table whose value counts": ("T = {}\n", "if name in T: T[name] = T[name] + 1\nelse: T[name] = 1", "WFC110"),
    "a value that another was drawn for": (
        "T = {}\n",
        "if name not in T:\n    at = workflow.now()\n    T[name] = at",
        "WFC110",
    ),
    "a helper that draws": (
        "T = None\ndef get():\n    global T\n    if T is None: T = made()\n    return T\n"
        "def made(): return random.random()\n",
        "return get()",
        "WFC110",
    ),
    "a helper that waits": (
        "T = None\nasync def get():\n    global T\n    if T is None: T = await made()\n    return T\n"
        "async def made(): return await charge()\n",
        "return await get()",
        "WFC110",
    ),
    "a class that waits": (
        "class A:\n    def __init__(self): self.x = None\n    async def get(self):\n"
        "        if self.x is None: self.x = await charge()\n        return self.x\nONE = A()\n",
        "return await ONE.get()",
        "WFC110",
    ),
    "a class attribute through an instance": ("class A:\n    xs = []\n", "A().xs.append(1)", "WFC111"),
    "a base's class attribute": (
        "class A:\n    xs = []\nclass B(A):\n    def add(self): self.xs.append(1)\n",
        "B().add()",
        "WFC111",
    ),
    "a class attribute by its name": ("class A:\n    n = 0\n    def add(self): A.n += 1\n", "A().add()", "WFC111"),
    "a table of a class that waits": (
        "class A:\n    known = {}\n    @classmethod\n    async def get(cls, k):\n"
        "        if k not in cls.known: cls.known[k] = await charge()\n        return cls.known[k]\n",
        "return await A.get(name)",
        "WFC111",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_in_any_shape(name: str, tmp_path: Path) -> None:
    """Once, wherever the code stands that makes it."""
    before, body, code = CHANGES[name]
    assert found_in(before, body, tmp_path) == [code]
