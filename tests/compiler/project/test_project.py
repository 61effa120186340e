"""Finding a project: roots, configuration in all its forms, what is in and what is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wfc_compiler.diagnostics import Severity, severity_of
from wfc_compiler.project import LoadedProject, find_root, load_project
from wfc_compiler.project.config import EFFECT_KINDS
from wfc_compiler.rules import RULES

WF = "import wfc\nwf = wfc.Workflows()\n"


def load(root: Path, files: dict[str, str]) -> LoadedProject:
    """Write files and load them as a project."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return load_project(root)


def codes(loaded: LoadedProject) -> list[tuple[str, int]]:
    """Return the codes and lines of the findings."""
    return [(item.code, item.span.line) for item in loaded.diagnostics]


def vercel(**services: object) -> str:
    """Return a vercel.json with services."""
    return json.dumps({"experimentalServices": services})


def service(entrypoint: str, topics: object = ("__wkf_*",)) -> dict[str, object]:
    """Return a worker service of vercel.json."""
    return {"type": "worker", "entrypoint": entrypoint, "topics": topics}


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        ({"pyproject.toml": '[tool.wfc]\nentrypoints = ["a:wf"]'}, {"a"}),
        ({"pyproject.toml": '[tool.wfc]\nentrypoints = ["a.py", "b"]'}, {"a", "b"}),
        ({"pyproject.toml": '[[tool.vercel.workflows]]\nentrypoint = "b:wf"'}, {"b"}),
        ({"vercel.json": vercel(x=service("a.py"), y=service("b.py"))}, {"a", "b"}),
        ({"vercel.json": vercel(x={"type": "web", "entrypoint": "a.py"})}, {"a", "b"}),
        ({}, {"a", "b"}),
        (
            {
                "pyproject.toml": '[tool.wfc]\nentrypoints = ["a:wf"]\n[[tool.vercel.workflows]]\nentrypoint = "b:wf"',
                "vercel.json": vercel(x=service("b.py")),
            },
            {"a"},
        ),
        ({"pyproject.toml": '[tool.wfc]\nexclude = ["b.py"]'}, {"a"}),
    ],
    ids=["own", "own files", "vercel in pyproject", "vercel.json", "no worker", "scan", "precedence", "exclude"],
)  # fmt: skip
def test_entrypoints(tmp_path: Path, files: dict[str, str], modules: set[str]) -> None:
    """Every form of configuration leads to its modules; the first match wins."""
    loaded = load(tmp_path, {"a.py": WF, "b.py": WF, "c.py": "x = 1\n", **files})
    assert set(loaded.project.files) == modules
    assert codes(loaded) == []


def test_reachable_modules_are_in(tmp_path: Path) -> None:
    """Imports are followed wherever they stand, packages on the way included."""
    loaded = load(
        tmp_path,
        {
            "pyproject.toml": '[tool.wfc]\nentrypoints = ["app.main"]',
            "app/__init__.py": "",
            "app/main.py": WF + "def f():\n    from .deep.inner import x\nimport json, other\n",
            "app/deep/inner.py": "if True:\n    import app.last as z\n",
            "app/last.py": "import importlib\nimportlib.import_module('app.dynamic')\n",
            "app/dynamic.py": "",
            "app/unused.py": "",
        },
    )
    assert set(loaded.project.files) == {"app", "app.main", "app.deep.inner", "app.last", "app.dynamic"}


def test_source_roots(tmp_path: Path) -> None:
    """`src/` is the root unless it is a package; foreign folders are never looked at."""
    foreign = {f"{name}/x.py": WF for name in (".venv", "node_modules", "build", "dist", ".hidden")}
    loaded = load(tmp_path, {"src/app/flow.py": WF, "setup.py": "", "env/pyvenv.cfg": "", "env/y.py": WF, **foreign})
    assert set(loaded.project.modules) == {"app.flow"}
    (tmp_path / "src" / "__init__.py").touch()
    assert set(load_project(tmp_path).project.modules) == {"src", "src.app.flow", "setup"}


@pytest.mark.parametrize(
    ("pyproject", "expected"),
    [
        ('[tool.wfc]\nentrypoints = ["a:wf"]\nstrikt = true', [("WFC020", 3)]),
        ('[tool.wfc]\nstrict = "yes"', [("WFC020", 2)]),
        ('[tool.wfc]\n\nignore = ["WFC999"]', [("WFC904", 3)]),
        ("[tool]\nwfc.slice = 'fast'", [("WFC020", 2)]),
        ("[tool.wfc]\nout = 3", [("WFC020", 2)]),
        ("[tool.wfc]\nx = [", [("WFC020", 2)]),
        ("[tool]\nwfc = 3", [("WFC020", 2)]),
        ('[tool.wfc]\nentrypoints = ["nowhere:wf"]', [("WFC017", 2)]),
        ('[tool.wfc]\nentrypoints = [\n  "a",\n  "lost/x.py",\n]', [("WFC017", 4)]),
        ("[[tool.vercel.workflows]]\nentry = 'a'", [("WFC020", 1)]),
        ('[tool.wfc]\nsrc = ["../x"]', [("WFC020", 2)]),
        ('[tool.wfc]\nsrc = ["nowhere"]', [("WFC020", 2)]),
        ('[tool.wfc]\nsrc = "a.py"', [("WFC020", 2)]),
        ('[tool.wfc.decls]\n"x.y" = "impure:netwrok"', [("WFC020", 2)]),
        ('[tool.wfc.decls]\n"x.y" = "impure:network"\n"x.z" = "pure"\nw = "clock"', []),
        ('[tool.wfc.decls]\n"x.*" = "pure"\n"x.y()" = "pure"\n"x*" = "pure"', [("WFC020", 4)]),
        ("[tool.wfc.decls]\nx.y = 'pure'", [("WFC020", 1)]),
    ],
    ids=[
        "unknown key", "wrong type", "unknown code", "wrong choice", "number", "broken TOML", "no table",
        "lost entrypoint", "lost file", "unknown vercel key", "root outside", "root missing", "root is a file",
        "unknown effect", "known effects", "no name", "unquoted name",
    ],
)  # fmt: skip
def test_mistakes_in_pyproject_have_their_line(tmp_path: Path, pyproject: str, expected: list[tuple[str, int]]) -> None:
    """A wrong key, type, code or entrypoint is one finding where it stands."""
    assert codes(load(tmp_path, {"pyproject.toml": pyproject, "a.py": WF})) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"experimentalServices": []}', [("WFC020", 1)]),
        ("{\n  oops\n}", [("WFC020", 2)]),
        ("[]", [("WFC020", 1)]),
        ('{"experimentalServices": {\n"x": {"type": "worker"}}}', [("WFC020", 2)]),
        (json.dumps({"experimentalServices": {"x": service("a.py", ["mail"])}}, indent=1), [("WFC021", 5)]),
        (json.dumps({"experimentalServices": {"x": service("a.py", "mail")}}), [("WFC020", 1)]),
        (json.dumps({"experimentalServices": {"x": service("a.py", ["*"])}}), []),
    ],
)
def test_mistakes_in_vercel_json(tmp_path: Path, text: str, expected: list[tuple[str, int]]) -> None:
    """vercel.json is checked as far as it concerns workflows."""
    assert codes(load(tmp_path, {"vercel.json": text, "a.py": WF})) == expected


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"import wfc\ndef f(:\n", 2),
        (b"import wfc\nx = '\xff'\n", 2),
        (b"# -*- coding: nonsense -*-\nimport wfc\n", 1),
        (b"import wfc\nx = 1\x00\n", 2),
        (b"import wfc\nx = " + b"(" * 300 + b")" * 300, 2),
    ],
    ids=["syntax", "bytes", "encoding", "null", "nesting"],
)
def test_a_file_that_cannot_be_parsed_hides_nothing(tmp_path: Path, data: bytes, line: int) -> None:
    """It is one WFC014, and the other files are there."""
    (tmp_path / "bad.py").write_bytes(data)
    loaded = load(tmp_path, {"a.py": WF})
    assert [item.code for item in loaded.diagnostics] == ["WFC014"]
    assert loaded.diagnostics[0].span.line == line
    assert set(loaded.project.files) == {"a"}


@pytest.mark.parametrize(("value", "hint"), [("7 dayz", 'write "7 days"'), ("soon", "write a duration")])
def test_a_retention_is_a_duration(tmp_path: Path, value: str, hint: str) -> None:
    """One that can't be read is an error of the configuration, with what was probably meant."""
    loaded = load(tmp_path, {"pyproject.toml": f"[tool.wfc]\nretention = '{value}'", "a.py": WF})
    (finding,) = loaded.diagnostics
    assert loaded.config_errors
    assert "`retention` in `[tool.wfc]` is no duration" in finding.message
    assert hint in finding.help
    assert load(tmp_path, {"pyproject.toml": "[tool.wfc]\nretention = '7 days'"}).diagnostics == ()


@pytest.mark.parametrize("key", ["app = 'app:api'", "dispatch = 'http'"])
def test_a_key_without_effect_says_so(tmp_path: Path, key: str) -> None:
    """It is a warning, not silence, and no error of the configuration."""
    loaded = load(tmp_path, {"pyproject.toml": f"[tool.wfc]\n{key}", "a.py": WF})
    assert [severity_of(item) for item in loaded.diagnostics] == [Severity.WARNING]
    assert "has no effect yet" in loaded.diagnostics[0].message
    assert not loaded.config_errors


def test_a_declared_effect_is_one_that_the_rules_know() -> None:
    """The kinds of `decls` are those of the shipped facts and of the rules."""
    rules = {rule.kind for rule in RULES.values() if hasattr(rule, "kind")}
    assert {*rules, "pure"} == EFFECT_KINDS


@pytest.mark.parametrize(
    ("kind", "hint"),
    [("netwrok", '"impure:network"'), ("impure:netwrok", '"impure:network"'), ("pur", '"pure"'), ("x", 'write "pure"')],
)
def test_a_misspelt_effect_gets_a_near_one(tmp_path: Path, kind: str, hint: str) -> None:
    """What was meant is offered in the form in which it is written."""
    text = f"[tool.wfc.decls]\n'x.y' = '{kind}'"
    (finding,) = load(tmp_path, {"pyproject.toml": text, "a.py": WF}).diagnostics
    assert hint in finding.help


def test_an_unreadable_folder_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that can't be listed is not silently missing; an excluded one is."""
    (tmp_path / "locked").mkdir()
    listed = os.scandir

    def refuse(path: str | Path) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr("os.scandir", refuse)
    loaded = load(tmp_path, {"a.py": WF})
    assert [(item.code, item.span.path) for item in loaded.diagnostics] == [("WFC014", "locked")]
    assert codes(load(tmp_path, {"pyproject.toml": "[tool.wfc]\nexclude = ['locked']"})) == []


def test_encodings_are_read_as_python_reads_them(tmp_path: Path) -> None:
    """PEP 263 comments and byte order marks are honoured."""
    (tmp_path / "latin.py").write_bytes(b"# coding: latin-1\nimport wfc\nwf = wfc.Workflows()\nx = '\xe9'\n")
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbfimport wfc\nwf = wfc.Workflows()\n")
    files = load_project(tmp_path).project.files
    assert files["latin"].lines[3] == "x = 'é'"
    assert files["bom"].text.startswith("import wfc")


def test_the_root_is_the_nearest_marked_folder(tmp_path: Path) -> None:
    """Upwards to a pyproject.toml, vercel.json or .git; else the folder itself."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "vercel.json").write_text("{}")
    assert find_root(tmp_path / "a" / "b") == (tmp_path / "a").resolve()
