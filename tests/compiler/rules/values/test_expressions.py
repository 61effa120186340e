"""What expressions are believed to give is what they give: whatever is reported, the codec refuses."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from tests.compiler.rules.values.asking import Read
from wfc.codec import Codec
from wfc.errors import SerializationError
from wfc_compiler.callgraph import CallGraph, Receivers
from wfc_compiler.checking import check_project
from wfc_compiler.facts import Facts
from wfc_compiler.rules.base import Context
from wfc_compiler.rules.values.sent import obstacle_of

NAMES = """
import json
from json import dumps
import httpx as web
CLIENT = httpx.Client()
MAYBE: httpx.Client | None = None
TABLE = {"a": 1}
def plain(x=1) -> int: return x
def lazy(): yield 1
def typed() -> httpx.Client: return CLIENT
def optional() -> "httpx.Client | None": return None
def unsaid(): return CLIENT
async def later() -> int: return 1
def traced(f): return 1
@traced
def odd(): ...
@wf.step
async def step(x=None): ...
@dataclasses.dataclass
class Kept:
    n: int = 1
    client: httpx.Client | None = None
class Plain:
    def method(self): ...
    @property
    def data(self): return 1
class Colour(enum.Enum):
    RED = 1
"""
# Reported, and refused by the codec.
REFUSED = """
lambda: 1
[1, lambda: 1]
{"a": [len]}
{"a": 1 for _ in "a"}.values()
len
str.lower
int
(x for x in "ab")
map(str, [])
range(3)
iter([])
reversed([1])
plain
lazy
lazy()
step
Plain
Plain()
[Plain()]
Plain().method
Kept
Colour
json
web
CLIENT
typed()
httpx.Client()
web.URL("http://x")
functools.partial(len)
re.compile("x")
collections.Counter("a")
deque([1])
defaultdict(int)
asyncio.Lock()
threading.Lock()
io.StringIO()
open(os.devnull)
ValueError("x")
TABLE.keys()
1 and len
len if TABLE else 1
ipaddress.ip_address("1.2.3.4") if 0 else memoryview(b"")
random.Random(1)
types.SimpleNamespace()
""".strip().splitlines()
# Not reported: they can be recorded, or nothing is certain.
SILENT = """
1
[1, "a", None]
{"a": (1, 2)}
[x for x in "ab"]
list(map(str, []))
sorted("ba")
plain()
TABLE
dict(TABLE.items())
Kept()
Kept().client
Colour.RED
Colour("RED" and 1)
dumps(1)
odd
MAYBE
optional()
(lambda: 1)()
uuid.uuid4()
datetime.datetime.now()
pathlib.Path("a")
decimal.Decimal(1)
Plain().data
"a".lower()
""".strip().splitlines()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bool, bool]]:
    """Return of each expression whether it is reported, and whether the codec refuses its value."""
    root: Path = tmp_path_factory.mktemp("expressions")
    texts = [*REFUSED, *SILENT]
    functions = "".join(f"def e{number}(): return {text}\n" for number, text in enumerate(texts))
    read = Read(root, NAMES + functions)
    program = check_project(root).program
    context = Context(program, CallGraph((), (), {}), Receivers(program), Facts.load({}))
    module = program.modules["app"]
    found = {}
    for number, text in enumerate(texts):
        function: Any = module.bindings[f"e{number}"][-1].node
        value: ast.expr = function.body[0].value
        reported = obstacle_of(context, module, value, None) is not None
        found[text] = reported, _is_refused(getattr(read.loaded, f"e{number}")())
    return found


def _is_refused(value: object) -> bool:
    try:
        Codec().encode(value)
    except SerializationError:
        return True
    return False


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_reported_is_refused(asked: dict[str, tuple[bool, bool]], text: str) -> None:
    """The rule names what the runtime would refuse."""
    assert asked[text] == (True, True)


@pytest.mark.parametrize("text", SILENT)
def test_what_may_be_recorded_is_not_reported(asked: dict[str, tuple[bool, bool]], text: str) -> None:
    """Values that can be recorded, and those of which it isn't known, get no finding."""
    assert not asked[text][0]
