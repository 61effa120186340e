"""Whose functions are sliced: modules of the standard library, and packages that are installed for it.

Nothing of theirs is kept here: sources are copied from the running interpreter's library and from a scratch folder
that `pip install --target` fills. All standard modules are one project, so that their slices cross modules.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Subject:
    """A project to be: top-level modules to copy from `source`, how many functions to take in all."""

    name: str
    modules: tuple[str, ...]
    functions: int


# Not here: what the interpreter itself stands on (abc, enum, re, typing ...), since a second copy of that is another
# thing than the original, whoever makes it.
_STANDARD = """
    argparse ast base64 bisect calendar cgi cmd code codeop colorsys concurrent configparser copy csv difflib dis
    doctest email filecmp fileinput fnmatch fractions ftplib getopt gettext glob graphlib gzip heapq hmac html http
    imghdr imaplib ipaddress json linecache locale logging lzma mailbox mimetypes netrc nntplib ntpath numbers
    opcode optparse pickle pickletools pkgutil plistlib poplib posixpath pprint profile pstats pyclbr pydoc queue quopri
    random reprlib sched secrets selectors shelve shlex smtplib sndhdr socketserver stat statistics string
    stringprep symtable tabnanny textwrap timeit token tokenize tomllib trace tracemalloc types unittest urllib uu wave
    weakref wsgiref xdrlib xml xmlrpc zipapp zipfile zoneinfo
"""

_SAMPLE = """
    argparse calendar colorsys configparser csv difflib email fnmatch fractions graphlib heapq html ipaddress json
    logging pprint shlex statistics string textwrap tomllib urllib
"""
SAMPLE = Subject("sample", tuple(_SAMPLE.split()), 60)

# Distribution, its top-level modules, how many functions.
INSTALLED = (
    ("attrs", "attr attrs", 20),
    ("boltons", "boltons", 30),
    ("cachetools", "cachetools", 15),
    ("click", "click", 25),
    ("httpx", "httpx", 20),
    ("humanize", "humanize", 20),
    ("idna", "idna", 10),
    ("itsdangerous", "itsdangerous", 10),
    ("jinja2", "jinja2", 25),
    ("jsonschema", "jsonschema", 15),
    ("lark", "lark", 20),
    ("mako", "mako", 15),
    ("markdown", "markdown", 15),
    ("markdown-it-py", "markdown_it mdurl", 20),
    ("marshmallow", "marshmallow", 15),
    ("mistune", "mistune", 15),
    ("more-itertools", "more_itertools", 30),
    ("networkx", "networkx", 15),
    ("packaging", "packaging", 20),
    ("parso", "parso", 15),
    ("pluggy", "pluggy", 8),
    ("pydantic", "pydantic", 25),
    ("pygments", "pygments", 20),
    ("pyparsing", "pyparsing", 15),
    ("python-dateutil", "dateutil", 20),
    ("python-slugify", "slugify", 5),
    ("requests", "requests", 20),
    ("rich", "rich", 25),
    ("sortedcontainers", "sortedcontainers", 6),
    ("sqlparse", "sqlparse", 15),
    ("starlette", "starlette", 20),
    ("structlog", "structlog", 15),
    ("tabulate", "tabulate", 10),
    ("tenacity", "tenacity", 10),
    ("tomlkit", "tomlkit", 15),
    ("toolz", "toolz", 25),
    ("urllib3", "urllib3", 15),
    ("werkzeug", "werkzeug", 25),
)


# Where a route does other than the original, and why that is so; by the beginning of a dotted name.
KNOWN = {
    "lark.__pyinstaller.get_hook_dirs": "gives the folder that it lies in",
    "lark.tools.nearley": "asks pkgutil for data of a package by its name in a string",
    "logging.getLogger": "gives loggers that the process has already",
    "mimetypes.read_mime_types": "reads from the number of an open file",
    "mistune": "imports its plugins when loaded, by names in a table",
    "networkx": "imports backends by names that others announce",
    "parso.grammar.load_grammar": "orders a dict by the addresses of objects",
    "profile.main": "changes sys.argv",
    "pydantic": "looks itself up as sys.modules['pydantic']",
    "pygments.styles": "imports by a name that is made at run time",
    "pyparsing.helpers.counted_array": "gives the name of its file",
    "rich._unicode_data": "gives import_module its own package as a string",
    "rich.cells": "gives import_module its own package as a string",
    "rich.traceback.install": "gives the sys.excepthook that was there before",
    "toolz": "imports modules by names in a table when loaded",
    "werkzeug.testapp.iter_sys_path": "gives sys.path",
}


def known_reason(dotted: str) -> str | None:
    """Return why a function is known to differ, None for one that has to be equal."""
    found = (reason for name, reason in KNOWN.items() if dotted == name or dotted.startswith(f"{name}."))
    return next(found, None)


def standard() -> Subject:
    """Return the standard library's modules, as far as this Python has them."""
    library = Path(sysconfig.get_path("stdlib"))
    found = [name for name in _STANDARD.split() if (library / f"{name}.py").exists() or (library / name).is_dir()]
    return Subject("stdlib", tuple(found), 160)


def installed() -> list[Subject]:
    """Return the packages from outside."""
    return [Subject(name, tuple(modules.split()), functions) for name, modules, functions in INSTALLED]


def install(folder: Path) -> None:
    """Install the packages from outside into a folder, without touching the environment around."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    subprocess.run([*command, *(name for name, _, _ in INSTALLED), "httpcore", "six"], check=True)


def copy_sources(subject: Subject, library: Path, target: Path) -> None:
    """Copy a subject's modules, without their tests."""
    for name in subject.modules:
        folder, file = library / name, library / f"{name}.py"
        if folder.is_dir():
            shutil.copytree(
                folder, target / name, ignore=shutil.ignore_patterns("test", "tests", "__pycache__", "*.so")
            )
        elif file.is_file():
            shutil.copy(file, target / file.name)
