"""What is known about code outside the project: calls that only make a value.

A call that is listed here has no effect but its result, so an unused `X = call(...)` at module level
can be left out of a route. What is not listed counts as having an unknown effect.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PURE_BUILTINS = _words(
    """
    abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate
    filter float format frozenset getattr globals hasattr hash hex id int isinstance issubclass iter len list
    locals map max memoryview min next object oct ord pow property range repr reversed round set slice sorted
    staticmethod str sum super tuple type vars zip Exception BaseException ValueError TypeError KeyError
    RuntimeError NotImplementedError
    """
)

# Prefixes end in a dot: everything below is pure to call or to decorate with.
PURE_PREFIXES = (
    "abc.",
    "collections.",
    "contextlib.",
    "contextvars.",
    "copy.",
    "dataclasses.",
    "datetime.",
    "decimal.",
    "enum.",
    "fractions.",
    "functools.",
    "hashlib.",
    "inspect.",
    "itertools.",
    "json.",
    "math.",
    "operator.",
    "pathlib.",
    "posixpath.",
    "os.path.",
    "pydantic.",
    "pydantic_settings.",
    "re.",
    "string.",
    "struct.",
    "textwrap.",
    "types.",
    "typing.",
    "typing_extensions.",
    "urllib.parse.",
    "uuid.",
    "wfc.",
    "weakref.",
    "tenacity.",
    "attr.",
    "attrs.",
)

PURE_CALLS = frozenset(
    {
        "asyncio.Lock",
        "asyncio.Event",
        "asyncio.Queue",
        "asyncio.Semaphore",
        "base64.b64decode",
        "base64.b64encode",
        "boto3.client",
        "boto3.resource",
        "importlib.resources.files",
        "importlib.metadata.version",
        "logging.getLogger",
        "os.environ.get",
        "os.getcwd",
        "os.getenv",
        "platform.system",
        "random.Random",
        "sqlalchemy.create_engine",
        "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlalchemy.ext.asyncio.async_sessionmaker",
        "sqlalchemy.orm.sessionmaker",
        "structlog.get_logger",
        "threading.Lock",
        "threading.RLock",
        "threading.local",
        "time.monotonic",
        "time.perf_counter",
        "time.time",
    }
)

# Methods of the builtin types that return something new and change nothing.
PURE_METHODS = _words(
    """
    as_posix capitalize casefold copy count decode encode endswith format from_bytes fromkeys get
    getLogger groups hexdigest index isalnum isalpha isdigit isidentifier islower isoformat isupper
    items join joinpath keys lower lstrip match fullmatch search split splitlines partition rpartition
    removeprefix removesuffix replace rsplit rstrip startswith strftime strip title to_bytes translate
    union intersection difference upper values with_name with_suffix zfill resolve absolute relative_to
    exists is_file is_dir total_seconds timestamp
    """
)

# Local containers may be filled while a function makes its result.
LOCAL_METHODS = PURE_METHODS | _words(
    """
    add append appendleft clear discard extend insert pop popitem remove reverse setdefault sort update
    write getvalue
    """
)

# Bases of classes that enter themselves into a registry of their library.
REGISTERING_BASES = (
    "django.",
    "sqlalchemy.",
    "flask_sqlalchemy.",
    "peewee.",
    "mongoengine.",
    "sqlmodel.",
    "tortoise.",
    "odmantic.",
    "beanie.",
)


def is_pure_call(name: str) -> bool:
    """Say whether calling `name` (canonical, outside the project) only makes a value."""
    if name.startswith("builtins."):
        return name.removeprefix("builtins.").partition(".")[0] in PURE_BUILTINS
    return name in PURE_CALLS or name.startswith(PURE_PREFIXES)


def is_constructor(name: str) -> bool:
    """Say whether `name` reads like a class, `openai.AsyncOpenAI`.

    Making an object of a library's class is taken for making a value: a client that nobody uses is
    left out, so that a library that can't be imported breaks only the steps that use it.
    """
    last = name.rpartition(".")[2].lstrip("_")
    return last[:1].isupper() and not last.isupper()
