"""What a call in a workflow calls, where a receiver or a class has to be worked out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from wfc_compiler.checking import check_project

BEFORE = """
# file: app/clients.py
from __future__ import annotations
import contextlib, dataclasses, functools, typing
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Iterator, Optional, Self, Union
import boto3, httpx, openai, pydantic, requests, sqlalchemy
from pathlib import Path

class Base:
    shared = httpx.Client()
    def __init__(self):
        self.inherited = requests.Session()
    def above(self): ...

class Api(Base):
    timeout: float = 3.0
    fetch = requests.get
    def __init__(self, http: httpx.Client, plain, default=None):
        super().__init__()
        self.session = requests.Session()
        self.given = http
        self.plain = plain
        self.maybe = None
        self.maybe = httpx.Client()
        self.two = httpx.Client()
        self.two = requests.Session()
        self.annotated: Optional[httpx.AsyncClient] = default
        self.clients: dict[str, httpx.Client] = {}
        self.paths = [Path("a"), Path("b")]
    def __call__(self, x): ...
    def __enter__(self): return self
    def __exit__(self, *_): ...
    @property
    def http(self) -> httpx.Client: ...
    @functools.cached_property
    def lazy(self): return httpx.AsyncClient()
    def chained(self) -> Self: return self
    @classmethod
    def make(cls): return cls(None, None)
    @staticmethod
    def still(x: httpx.Client): ...
    @classmethod
    def of_class(cls): cls.shared.get(1)
    def of_type(self): type(self).shared.get(1)
    def of_own_class(self): self.__class__.shared.get(1)

class Own(httpx.Client):
    def put(self, url): ...
class Owner(Own):
    def get(self, url): return super().get(url)

@dataclasses.dataclass
class Held:
    http: httpx.Client
    api: "Api | None" = None

class Model(pydantic.BaseModel):
    name: str
    @pydantic.field_validator("name")
    @classmethod
    def check_name(cls, value): return marker(value)

def marker(x): ...
def annotated() -> httpx.Client: ...
def returned(): return httpx.Client()
def unlike(x): return httpx.Client() if x else requests.Session()
def twice(x):
    if x:
        return None
    client = httpx.Client()
    return client
def loops(): return loops()
def made() -> Iterator[httpx.Client]: yield httpx.Client()
async def later(): return httpx.AsyncClient()
@contextmanager
def entered():
    yield httpx.Client()
@asynccontextmanager
async def entered_later() -> typing.AsyncIterator[httpx.AsyncClient]: ...
@some.decorator
def changed(): return httpx.Client()

one = httpx.Client()
api = Api(one, 1)
store = boto3.client("s3")
ai = openai.OpenAI()
Either = httpx.Client | None
"""

IMPORTS = """
import contextlib, typing, httpx, openai, requests
from typing import Annotated, Optional, Union
from app.clients import Api, Either, Held, Own, Owner, ai, annotated, api, changed, entered, entered_later, later
from app.clients import loops, made, one, returned, store, twice, unlike
from app.workflow import wf
"""
FOUND = [
    # constructors, annotations, assignments
    ("httpx.Client().get(1)", "httpx.Client.get"),
    ("c = httpx.Client()\n    c.get(1)", "httpx.Client.get"),
    ("c = None\n    c = httpx.Client()\n    c.get(1)", "httpx.Client.get"),
    ("c = d = httpx.Client()\n    d.get(1)", "httpx.Client.get"),
    ("a, c = 1, httpx.Client()\n    c.get(1)", "httpx.Client.get"),
    ("(c := httpx.Client()).get(1)", "httpx.Client.get"),
    ("if c := httpx.Client():\n        c.get(1)", "httpx.Client.get"),
    ("c: httpx.Client = x\n    c.get(1)", "httpx.Client.get"),
    ("c = httpx.Client() if x else httpx.Client(x)\n    c.get(1)", "httpx.Client.get"),
    ("c = x and httpx.Client() or None\n    c.get(1)", None),
    ("c = None or httpx.Client()\n    c.get(1)", "httpx.Client.get"),
    ("c = httpx.Client()\n    if x:\n        c = requests.Session()\n    c.get(1)", None),
    ("get = httpx.Client().get\n    get(1)", "httpx.Client.get"),
    ("def inner(c: httpx.Client): c.get(1)", "httpx.Client.get"),
    ("def inner(c: 'httpx.Client'): c.get(1)", "httpx.Client.get"),
    ("def inner(c: httpx.Client | None): c.get(1)", "httpx.Client.get"),
    ("def inner(c: Optional[httpx.Client]): c.get(1)", "httpx.Client.get"),
    ("def inner(c: Union[httpx.Client, None, 'httpx.Client']): c.get(1)", "httpx.Client.get"),
    ("def inner(c: httpx.Client | requests.Session): c.get(1)", None),
    ("def inner(c: Annotated[httpx.Client, requests.Session]): c.get(1)", "httpx.Client.get"),
    ("def inner(c: Either): c.get(1)", "httpx.Client.get"),
    ("def inner(c): c.get(1)", None),
    ("def inner(c=httpx.Client()): c.get(1)", None),
    ("typing.cast(httpx.Client, x).get(1)", "httpx.Client.get"),
    # with
    ("with httpx.Client() as c: c.get(1)", "httpx.Client.get"),
    ("async with httpx.AsyncClient() as c: await c.get(1)", "httpx.AsyncClient.get"),
    ("with contextlib.closing(httpx.Client()) as c: c.get(1)", "httpx.Client.get"),
    (
        "with contextlib.ExitStack() as s:\n        c = s.enter_context(httpx.Client())\n        c.get(1)",
        "httpx.Client.get",
    ),
    ("with entered() as c: c.get(1)", "httpx.Client.get"),
    ("async with entered_later() as c: c.get(1)", "httpx.AsyncClient.get"),
    ("with api as c: c.session.get(1)", "requests.Session.get"),
    # containers
    ("for c in [httpx.Client(), httpx.Client(x)]: c.get(1)", "httpx.Client.get"),
    ("for c in [httpx.Client(), requests.Session()]: c.get(1)", None),
    ("def inner(cs: list[httpx.Client]):\n        for c in cs: c.get(1)", "httpx.Client.get"),
    ("def inner(cs: list[httpx.Client]): cs[0].get(1)", "httpx.Client.get"),
    ("def inner(cs: list[httpx.Client]): cs[1:].get(1)", None),
    ("def inner(cs: dict[str, httpx.Client]): cs['a'].get(1)", "httpx.Client.get"),
    ("def inner(cs: dict[httpx.Client, str]):\n        for c in cs: c.get(1)", "httpx.Client.get"),
    ("for c in api.clients.values(): c.get(1)", "httpx.Client.get"),
    ("[c.get(1) for c in api.clients.values()]", "httpx.Client.get"),
    ("for c in made(): c.get(1)", "httpx.Client.get"),
    ("for p in api.paths: p.get(1)", None),
    # functions
    ("annotated().get(1)", "httpx.Client.get"),
    ("returned().get(1)", "httpx.Client.get"),
    ("twice(x).get(1)", "httpx.Client.get"),
    ("(await later()).get(1)", "httpx.AsyncClient.get"),
    ("unlike(x).get(1)", None),
    ("loops().get(1)", None),
    ("made().get(1)", "typing.Iterator.get"),
    ("changed().get(1)", None),
    # module-level objects
    ("one.get(1)", "httpx.Client.get"),
    ("store.put_object(Key='get')", "botocore.client.BaseClient.put_object"),
    ("ai.chat.completions.get(1)", "openai.OpenAI.chat.completions.get"),
    ("openai.OpenAI().chat.completions.get(1)", "openai.OpenAI.chat.completions.get"),
    # attributes
    ("api.session.get(1)", "requests.Session.get"),
    ("api.given.get(1)", "httpx.Client.get"),
    ("api.plain.get(1)", "app.clients.api.plain.get"),
    ("api.maybe.get(1)", "httpx.Client.get"),
    ("api.two.get(1)", "app.clients.api.two.get"),
    ("api.annotated.get(1)", "httpx.AsyncClient.get"),
    ("api.inherited.get(1)", "requests.Session.get"),
    ("api.shared.get(1)", "httpx.Client.get"),
    ("Api.shared.get(1)", "httpx.Client.get"),
    ("api.http.get(1)", "httpx.Client.get"),
    ("api.lazy.get(1)", "httpx.AsyncClient.get"),
    ("api.chained().session.get(1)", "requests.Session.get"),
    ("api.fetch(1)", "requests.get"),
    ("Api.make().session.get(1)", "requests.Session.get"),
    ("Held(1).http.get(1)", "httpx.Client.get"),
    ("Held(1).api.session.get(1)", "requests.Session.get"),
    # subclasses of a library's
    ("Own().get(1)", "httpx.Client.get"),
    ("Owner().post(1)", "httpx.Client.post"),
    ("with Own() as c: c.get(1)", "httpx.Client.get"),
    # names that are strings
    ("getattr(httpx, 'get')(1)", "httpx.get"),
    ("getattr(httpx.Client(), 'get')(1)", "httpx.Client.get"),
    ("fetch = getattr(httpx, 'get', None)\n    fetch(1)", "httpx.get"),
    ("getattr(httpx, x)(1)", None),
    ("__import__('importlib').import_module('httpx').get(1)", "httpx.get"),
    ("import importlib\n    importlib.import_module('httpx').get(1)", "httpx.get"),
    ("import importlib\n    client = importlib.import_module('httpx')\n    client.get(1)", "httpx.get"),
    ("import importlib\n    importlib.import_module(x).get(1)", None),
    ("import importlib\n    importlib.import_module('.httpx', 'app').get(1)", None),
    # tests
    ("if isinstance(x, httpx.Client): x.get(1)", "httpx.Client.get"),
    ("if x and isinstance(x, httpx.Client): x.get(1)", "httpx.Client.get"),
    ("if isinstance(x, httpx.Client): pass\n    x.get(1)", None),
    ("if isinstance(x, httpx.Client):\n        x = 1\n        x.get(1)", None),
    ("assert isinstance(x, httpx.Client)\n    x.get(1)", "httpx.Client.get"),
    ("if not isinstance(x, httpx.Client):\n        return\n    x.get(1)", "httpx.Client.get"),
    ("if not isinstance(x, httpx.Client):\n        x.get(1)", None),
    ("try: ...\n    except httpx.HTTPError as e: e.get(1)", "httpx.HTTPError.get"),
    ("match x:\n        case httpx.Client() as c: c.get(1)", "httpx.Client.get"),
    ("match x:\n        case 1:\n            if isinstance(x, httpx.Client): x.get(1)", "httpx.Client.get"),
    ("match x:\n        case 1: x.get(1)", None),
]


@pytest.mark.parametrize(("body", "callee"), FOUND)
def test_a_call_is_resolved(tmp_path: Path, body: str, callee: str | None) -> None:
    """Where all that is known agrees the class is known; where anything is open it is not."""
    text = f"{BEFORE}# file: app/flow.py\n{IMPORTS}@wf.workflow\nasync def flow(x):\n    {body}\n"
    write_project(tmp_path, text)
    flow = next(item for item in check_project(tmp_path).graph.flow if item.function.dotted == "app.flow.flow")
    calls = [call for call in flow.calls if [*map(ast.unparse, call.node.args)] == ["1"] or call.node.keywords]
    last = max(calls, key=lambda call: (call.node.end_lineno or 0, call.node.end_col_offset or 0))
    assert last.callee == callee


@pytest.mark.parametrize("method", ["of_class", "of_type", "of_own_class"])
def test_a_class_is_known_in_its_own_methods(tmp_path: Path, method: str) -> None:
    """As `cls`, `type(self)` and `self.__class__`."""
    text = f"{BEFORE}# file: app/flow.py\n{IMPORTS}@wf.workflow\nasync def flow(x):\n    api.{method}()\n"
    write_project(tmp_path, text)
    found = next(item for item in check_project(tmp_path).graph.flow if item.function.node.name == method)
    assert "httpx.Client.get" in {call.callee for call in found.calls}
