"""What the rules say about types is what the runtime does with their values.

The codec is asked to write a value of each type, and to give the type's parameter whatever can be recorded.
"""

from __future__ import annotations

import datetime
import decimal
import pathlib
import uuid
from pathlib import Path

from tests.compiler.rules.values.asking import Read, comes_in, goes_out

# A value for each kind of thing that the event log can hold, and texts that become something else.
DATA = [
    *(None, True, 1, "x", "1", b"x", 1.5, 1j, [1], (1,), {"a": 1}, {1}, frozenset({1}), [("a", 1)], {}, []),
    *("1.2.3.4", "::1", "UTC", "1/2", "1.2.3.0/24", "::/8", "1.2.3.4/24", "http://a.b/c"),
    *(datetime.datetime(2020, 1, 1), datetime.date(2020, 1, 1), datetime.time(1), datetime.timedelta(1)),
    *(decimal.Decimal(1), uuid.UUID(int=1), pathlib.Path("x"), pathlib.PureWindowsPath("x")),
]
# Annotation, and the source of a value of that type.
GOOD = {
    "None": "None",
    "int": "1",
    "bytes": "b'x'",
    "complex": "1j",
    "datetime.datetime": "datetime.datetime(2020, 1, 1)",
    "datetime.time": "datetime.time(1)",
    "decimal.Decimal": "decimal.Decimal(1)",
    "uuid.UUID": "uuid.UUID(int=1)",
    "pathlib.Path": "pathlib.Path('x')",
    "pathlib.PurePosixPath": "pathlib.PurePosixPath('x')",
    "os.PathLike": "pathlib.Path('x')",
    "Any": "[1]",
    "object": "1",
    "list": "[1]",
    "List[Set[Tuple[int, ...]]]": "[{(1, 2)}]",
    "collections.abc.MutableSequence[int]": "[1]",
    "collections.abc.Set[int]": "{1}",
    "Iterable[int]": "[1]",
    "collections.abc.Hashable": "1",
    "dict[tuple[int, int], set[str]]": "{(1, 2): {'a'}}",
    "Literal['a', 1]": "'a'",
    "urllib.parse.ParseResult": "urllib.parse.urlparse('http://x')",
    "pydantic.HttpUrl": "pydantic.HttpUrl('http://x.y')",
    "pydantic.ByteSize": "pydantic.ByteSize(1)",
    "pydantic.PositiveInt": "1",
    "pydantic.AwareDatetime": "datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)",
    "'list[int | None]'": "[None]",
    "T": "1",
}
# No value of these can be written, and nothing that can be becomes one.
NEVER = {
    "Callable": "len",
    "Callable[[int], int]": "len",
    "collections.abc.Callable[..., int]": "len",
    "types.FunctionType": "(lambda: 1)",
    "functools.partial": "functools.partial(len)",
    "Iterator[int]": "iter([1])",
    "collections.abc.AsyncIterator[int]": "iter([])",
    "range": "range(3)",
    "map": "map(int, [])",
    "asyncio.Lock": "asyncio.Lock()",
    "asyncio.Queue[int]": "asyncio.Queue()",
    "threading.Event": "threading.Event()",
    "queue.Queue": "queue.Queue()",
    "IO": "io.StringIO()",
    "IO[str]": "io.StringIO()",
    "io.BytesIO": "io.BytesIO()",
    "io.TextIOWrapper": "io.TextIOWrapper(io.BytesIO())",
    "types.ModuleType": "os",
    "type": "int",
    "type[int]": "int",
    "Type[int]": "int",
    "Exception": "Exception('x')",
    "KeyError": "KeyError('x')",
    "wfc.FatalError": "wfc.FatalError('x')",
    "bytearray": "bytearray(b'x')",
    "memoryview": "memoryview(b'x')",
    "slice": "slice(1)",
    "array.array": "array.array('i')",
    "re.Match": "re.match('x', 'x')",
    "re.Match[str]": "re.match('x', 'x')",
    "datetime.timezone": "datetime.timezone.utc",
    "datetime.tzinfo": "datetime.timezone.utc",
    "types.SimpleNamespace": "types.SimpleNamespace()",
    "types.MappingProxyType": "types.MappingProxyType({})",
    "collections.abc.KeysView[str]": "{}.keys()",
    "collections.ChainMap": "collections.ChainMap()",
    "collections.UserDict": "collections.UserDict()",
    "time.struct_time": "time.gmtime()",
    "os.stat_result": "os.stat('/')",
    "logging.Logger": "logging.getLogger()",
    "random.Random": "random.Random(1)",
    "contextvars.ContextVar": "contextvars.ContextVar('x')",
    "subprocess.CompletedProcess": "subprocess.CompletedProcess([], 0)",
    "string.Template": "string.Template('x')",
    "sqlite3.Connection": "sqlite3.connect(':memory:')",
    "email.message.EmailMessage": "email.message.EmailMessage()",
    "contextlib.ExitStack": "contextlib.ExitStack()",
    "httpx.Client": "httpx.Client()",
    "httpx.AsyncClient": "httpx.AsyncClient()",
    "httpx.Response": "httpx.Response(200)",
    "httpx.Request": "httpx.Request('GET', 'http://x')",
    "httpx.URL": "httpx.URL('http://x')",
    "httpx.Headers": "httpx.Headers()",
    "list[Callable[[], int]]": "[len]",
    "Optional['httpx.Client']": "httpx.Client()",
    "dict[str, tuple[int, IO[str]]]": "{'a': (1, io.StringIO())}",
    "Annotated[Callable[[], int], 'note']": "len",
    "U": "len",
}
# No value of these can be written, but text, numbers or lists become one.
FROM_DATA = {
    "deque[int]": "deque([1])",
    "OrderedDict[str, int]": "OrderedDict(a=1)",
    "defaultdict[str, int]": "defaultdict(int, a=1)",
    "collections.Counter[str]": "collections.Counter('a')",
    "ipaddress.IPv4Address": "ipaddress.ip_address('1.2.3.4')",
    "ipaddress.IPv6Network": "ipaddress.ip_network('::/8')",
    "re.Pattern": "re.compile('x')",
    "fractions.Fraction": "fractions.Fraction(1, 2)",
    "zoneinfo.ZoneInfo": "zoneinfo.ZoneInfo('UTC')",
    "pydantic.SecretStr": "pydantic.SecretStr('x')",
    "collections.abc.Generator[int, None, None]": "(x for x in [1])",
}


def ask(root: Path, table: dict[str, str]) -> tuple[Read, dict[str, str]]:
    """Return the types of a table, each as a function's parameter, by the names of the functions."""
    names = {f"f{index}": annotation for index, annotation in enumerate(table)}
    functions = [
        f"def {name}(x: {annotation}): ...\ndef v{name}(): return {table[annotation]}\n"
        for name, annotation in names.items()
    ]
    return Read(root, "\n".join(functions)), names


def test_what_the_rules_let_pass_goes_through(tmp_path: Path) -> None:
    """A value of each type is written, read and taken."""
    read, names = ask(tmp_path, GOOD)
    for name, annotation in names.items():
        value = getattr(read.loaded, f"v{name}")()
        assert read.leaving(name) is None, annotation
        assert read.arriving(name) is None, annotation
        assert comes_in(read.codec(name), value), annotation


def test_what_the_rules_refuse_can_not_be_passed(tmp_path: Path) -> None:
    """No value of such a type is written, and no recorded value is taken for one."""
    read, names = ask(tmp_path, NEVER)
    for name, annotation in names.items():
        value = getattr(read.loaded, f"v{name}")()
        leaving, arriving = read.leaving(name), read.arriving(name)
        assert leaving is not None, annotation
        assert leaving.certain, annotation
        assert arriving is not None, annotation
        assert arriving.certain, annotation
        assert not goes_out(read.codec(name), value), annotation
        taken = [data for data in DATA if data not in (None, [], {}) and comes_in(read.codec(name), data)]
        assert taken == [], annotation


def test_what_is_made_of_data_may_be_a_parameter_and_no_result(tmp_path: Path) -> None:
    """Values are refused, what they are made of is taken."""
    read, names = ask(tmp_path, FROM_DATA)
    for name, annotation in names.items():
        value = getattr(read.loaded, f"v{name}")()
        assert read.leaving(name) is not None, annotation
        assert read.arriving(name) is None, annotation
        assert not goes_out(read.codec(name), value), annotation
        assert any(comes_in(read.codec(name), data) for data in DATA), annotation
