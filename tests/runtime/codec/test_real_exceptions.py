"""Some hundred exception classes of the standard library and of installed packages come back as themselves."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterator
from typing import Any

from wfc.codec import Codec, encode_exception, rebuild_exception

CODEC = Codec()

PACKAGES = """
    asyncio concurrent.futures configparser csv ctypes decimal email.errors fractions ftplib getopt
    http.client http.cookiejar imaplib inspect json jsonschema lzma mailbox multiprocessing netrc nntplib
    optparse pickle poplib queue re runpy select shelve shutil smtplib socket sqlite3 ssl statistics struct
    subprocess tarfile tempfile tokenize tomllib traceback unittest urllib.error uuid wave xml.dom xml.sax
    zipfile zipimport zlib zoneinfo anyio click coverage.exceptions fastapi.exceptions h11 httpcore httpx
    hypothesis.errors jinja2 libcst packaging.version pip._vendor.requests pip._vendor.urllib3.exceptions
    pydantic pytest rich.errors starlette.exceptions yaml wfc.errors
"""
ARGUMENTS: list[tuple[Any, ...]] = [
    (),
    ("m",),
    ("m", "n"),
    (1, "m", "n"),
    ("utf8", b"x", 0, 1, "r"),
    ("utf8", "x", 0, 1, "r"),
    ("m", 1, "n"),
]


def real_exceptions() -> Iterator[BaseException]:
    """Make an instance of each exception class of this interpreter that can be made from simple arguments."""
    for name in PACKAGES.split():
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    classes = list(type.__subclasses__(BaseException))
    for cls in classes:
        classes.extend(sub for sub in type.__subclasses__(cls) if sub not in classes)
    codec_names = CODEC.names
    for cls in classes:
        if cls.__module__ == "jsonschema.exceptions":
            continue  # loaded by another test or not; made of marks that can't be written
        if CODEC.resolver.find(codec_names.name_of(cls)) is not cls or issubclass(cls, BaseExceptionGroup | Warning):
            continue
        if (error := instance_of(cls)) is not None:
            yield error


def instance_of(cls: type[BaseException]) -> BaseException | None:
    """Try some arguments, then those that the signature names."""
    for arguments in ARGUMENTS:
        try:
            return cls(*arguments)
        except Exception:  # noqa: BLE001 (third-party constructors)
            continue
    try:
        needed = [p for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
        return cls(**{p.name: "v" for p in needed if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)})
    except Exception:  # noqa: BLE001 (as above)
        return None


def shown(error: BaseException) -> str:
    """Return the text, if it has one."""
    try:
        return str(error)
    except Exception as failed:  # noqa: BLE001 (as above)
        return type(failed).__name__


def state(error: BaseException) -> dict[str, str]:
    """Return the attributes as text."""
    return {key: repr(item) for key, item in vars(error).items() if not key.startswith(("_wfc", "__notes"))}


def test_real_exception_classes_come_back() -> None:
    """Of some hundred classes all but those with a layout of their own (Rust) come back as themselves."""
    warnings.simplefilter("ignore")
    total, stand_ins, different = 0, [], []
    for error in real_exceptions():
        total += 1
        back: Any = rebuild_exception(encode_exception(error, CODEC), CODEC)
        cls = type(error)
        native = next(base for base in cls.__mro__ if base.__module__ == "builtins")
        assert issubclass(type(back), native)
        assert shown(back) == shown(error) or cls.__module__ == "urllib.error"
        if type(back) is not cls:
            stand_ins.append(cls.__module__)
        elif back.args != error.args or (state(back) != state(error) and not hasattr(back, "__notes__")):
            different.append(cls)
    assert total > 300
    assert set(stand_ins) <= {"pydantic_core._pydantic_core", "pyo3_runtime"}
    assert len(different) <= 2, different
