"""How files may lie and what bytes they may hold: each ends in a build with its step, or in a clear finding."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.compiler.conftest import REGISTRY
from wfc_compiler.pipeline import BuildResult, compile_project

IMPORT = "from app.workflow import wf\n"
STEP = IMPORT + "@wf.step\ndef work(): return 1\n"
ROOTS = '[tool.wfc]\nsrc = ["one", "two"]\n'


def build(root: Path, files: dict[str, str | bytes]) -> BuildResult:
    """Write files as they are and compile the project."""
    for path, content in {"pyproject.toml": "", "app/workflow.py": REGISTRY, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return compile_project(root)


def steps(result: BuildResult) -> list[str]:
    """Return the ids of the steps that were built."""
    assert result.build is not None, [item.message for item in result.diagnostics]
    return sorted(step.step_id for found in result.build.manifest.steps.values() for step in found.values())


def text(coding: str, name: str, codec: str | None = None) -> bytes:
    """Return a step's file in an encoding, with its coding line."""
    return f"# -*- coding: {coding} -*-\n{IMPORT}NAME = '{name}'\n@wf.step\ndef work(): return NAME\n".encode(
        codec or coding
    )


@pytest.mark.parametrize(
    "data",
    [
        text("latin-1", "é"),
        text("cp1252", "€"),
        text("koi8-r", "привет"),
        text("shift_jis", "日本"),
        b"\xef\xbb\xbf" + text("utf-8", "é"),
        b"#!/usr/bin/python\n" + text("latin-1", "é"),
        STEP.replace("\n", "\r\n").encode(),
        STEP.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + STEP.replace("\n", "\r\n", 1).encode(),
        STEP.rstrip().encode(),
        f"{STEP}   ".encode(),
        f"{STEP}# the end".encode(),
        f"\f{STEP}\f\n".encode(),
        STEP.replace(": return", ":\n\tif 1:\n\t\treturn").encode(),
    ],
    ids=[
        "latin-1", "cp1252", "koi8-r", "shift_jis", "BOM", "second line", "CRLF", "CR", "BOM and mixed ends",
        "no newline", "blanks at the end", "comment at the end", "form feeds", "tabs",
    ],
)  # fmt: skip
def test_python_text_is_read_as_python_reads_it(tmp_path: Path, data: bytes) -> None:
    """What CPython takes for source, the compiler does."""
    result = build(tmp_path, {"app/steps.py": data})
    assert result.diagnostics == ()
    assert steps(result) == ["step//app.steps//work"]


@pytest.mark.parametrize(
    "data",
    [
        STEP.encode("utf-16"),
        STEP.encode("utf-16-le"),
        STEP.encode("utf-32"),
        text("utf-16", "x"),
        text("utf-16", "x", "utf-8"),
        text("rot13", "x", "utf-8"),
        text("punycode", "x", "utf-8"),
        text("undefined", "x", "utf-8"),
        text("nonsense", "x", "utf-8"),
        text("gbk", "é", "latin-1"),
        b"\xef\xbb\xbf" + text("latin-1", "x"),
        f"{STEP}\v\n".encode(),
        f"{STEP}\x1a".encode(),
        f"{STEP}x = 1 \\".encode(),
        b"\xff\xfe\x00\x80" + bytes(range(256)) + STEP.encode(),
    ],
    ids=[
        "UTF-16", "UTF-16 without BOM", "UTF-32", "UTF-16 with its name", "UTF-16 by name alone", "no text encoding",
        "a codec that fails its own way", "the codec that always fails", "no codec", "wrong codec", "BOM and latin-1",
        "vertical tab", "control-Z", "open end", "bytes at random",
    ],
)  # fmt: skip
def test_other_bytes_are_one_finding(tmp_path: Path, data: bytes) -> None:
    """A file that CPython refuses is a WFC014 in that file, and nothing is skipped in silence."""
    result = build(tmp_path, {"app/steps.py": data})
    assert [(item.code, item.span.path) for item in result.diagnostics] == [("WFC014", "app/steps.py")]
    assert result.build is None


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        ({"src/app/workflow.py": REGISTRY, "src/app/steps.py": STEP}, ["app.steps"]),
        ({"flow.py": "from app.workflow import wf\n@wf.step\ndef work(): ...\n"}, ["flow"]),
        ({"app/__init__.py": STEP}, ["app"]),
        ({"app/steps/__init__.py": STEP, "app/steps.py": "x = 1\n"}, ["app.steps"]),
        ({"app/steps.py": STEP, "app/x.py/y.py": "x = 1\n"}, ["app.steps"]),
        ({"app/steps.py": STEP, "app/empty.py": "", "app/__init__.py": ""}, ["app.steps"]),
        ({"json.py": "x = 1\n", "app/steps.py": STEP.replace("return 1", "import json; return json.x")}, ["app.steps"]),
        ({"app/größe.py": STEP}, ["app.größe"]),
        (
            {
                "pyproject.toml": ROOTS,
                "one/app/workflow.py": REGISTRY,
                "one/app/steps.py": f"from app.other import v\n{STEP}",
                "two/app/other.py": "import app.steps\nv = 2\n",
            },
            ["app.steps"],
        ),
        (
            {
                "pyproject.toml": ROOTS,
                "one/app/workflow.py": REGISTRY,
                "one/app/steps.py": STEP,
                "two/app/steps.py": STEP.replace("work", "hidden"),
            },
            ["app.steps"],
        ),
    ],
    ids=[
        "src", "flat", "package", "package beside a module", "folder named x.py", "empty files", "shadowing json",
        "letters", "namespace over two roots", "same name in two roots",
    ],
)  # fmt: skip
def test_a_step_is_found_where_python_would_find_it(
    tmp_path: Path, files: dict[str, str | bytes], modules: list[str]
) -> None:
    """Source roots, packages, namespace packages and modules that hide others work as with `import`."""
    assert steps(build(tmp_path, files)) == [f"step//{module}//work" for module in modules]


@pytest.mark.parametrize(
    ("link", "to"),
    [("self", "self"), ("app/up", "../app"), ("app/loop.py", "loop.py"), ("app/gone.py", "nowhere.py"), ("a/b", "..")],
)
def test_links_that_lead_nowhere_are_passed_over(tmp_path: Path, link: str, to: str) -> None:
    """A link to itself, to a folder around it or to nothing does no harm."""
    (tmp_path / link).parent.mkdir(exist_ok=True)
    os.symlink(to, tmp_path / link)
    result = build(tmp_path, {"app/steps.py": STEP})
    assert result.diagnostics == ()
    assert steps(result) == ["step//app.steps//work"]


def test_a_linked_folder_does_not_hide_the_real_one(tmp_path: Path) -> None:
    """It is a second name for the same files, as it is for Python."""
    os.symlink("app", tmp_path / "zlib_link")
    assert "step//app.steps//work" in steps(build(tmp_path, {"app/steps.py": STEP}))


def test_a_file_of_ten_megabytes_is_no_trouble(tmp_path: Path) -> None:
    """Size alone is no reason to refuse a module."""
    big = f"x = '{'a' * 10_000_000}'\n"
    result = build(tmp_path, {"app/big.py": big, "app/steps.py": f"from app.big import x\n{STEP}"})
    assert steps(result) == ["step//app.steps//work"]
