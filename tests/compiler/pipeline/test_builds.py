"""Builds as a whole: the same bytes everywhere, all or nothing, checked, and isolated when imported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wfc_compiler.emit.check import check_route
from wfc_compiler.emit.errors import MiscompiledError
from wfc_compiler.emit.tree import TreeBuilder
from wfc_compiler.emit.verify import verify_build
from wfc_compiler.lower import Lowered, ModuleLowering
from wfc_compiler.pipeline import check_project, compile_project
from wfc_compiler.slice import ModuleSlice, plan_routes

from ..conftest import tree, write_project

if TYPE_CHECKING:
    from ..conftest import Compile

EXAMPLE = Path(__file__).parents[3] / "examples" / "ai_content"
BUILD = "import sys, pathlib, wfc_compiler.pipeline as p; print(p.compile_project(pathlib.Path(sys.argv[1])).build_id)"
TWO_STEPS = """\
# file: app/steps.py
import random
from app.workflow import wf
import no_such_module_one
@wf.step
def good(): return 1
@wf.step
def bad(): return no_such_module_one.go()
"""

IMPORTING = """\
# file: app/steps.py
from app.workflow import wf
import app.prices
@wf.step
def work(): return app.prices.RATE
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """Return a copy of the content example."""
    shutil.copytree(EXAMPLE, tmp_path / "one", ignore=shutil.ignore_patterns(".wfc", "__pycache__"))
    return tmp_path / "one"


def test_the_same_input_gives_the_same_bytes(example: Path, tmp_path: Path) -> None:
    """Neither the hash seed nor the directory leaves a trace in a build."""
    roots = [example, tmp_path / "elsewhere" / "two", tmp_path / "three"]
    for root in roots[1:]:
        shutil.copytree(example, root)
    built = []
    for root, seed in zip(roots, ("0", "1", "4711"), strict=True):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", BUILD, str(root)], env=environment, capture_output=True, text=True, check=True
        )
        built.append(tree(root / ".wfc" / "builds" / done.stdout.strip()))
    assert built[0] == built[1] == built[2]
    assert len(built[0]) > 30


def test_a_failed_build_changes_nothing(example: Path) -> None:
    """The previous build stays active and untouched when the source has an error."""
    compile_project(example)
    before = tree(example / ".wfc")
    (example / "app" / "workflow.py").write_text("this is not Python\n", encoding="utf-8")
    result = compile_project(example)
    assert result.build is None
    assert tree(example / ".wfc") == before


def test_a_crash_while_writing_changes_nothing(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that can't be written whole leaves neither a directory nor another `current`."""
    compile_project(example)
    before = tree(example / ".wfc")
    source = example / "app" / "ai.py"
    source.write_text(source.read_text(encoding="utf-8").replace("capitalize", "upper"), encoding="utf-8")

    def fail(path: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="disk full"):
        compile_project(example)
    assert tree(example / ".wfc") == before


def test_an_unchanged_project_is_not_built_again(example: Path) -> None:
    """The same input finds the current build; a damaged one is made again."""
    first = compile_project(example).build
    assert first is not None
    assert first.fresh
    again = compile_project(example).build
    assert again is not None
    assert not again.fresh
    route = first.path / "steps" / "generate_draft" / "route.py"
    route.write_text("damaged", encoding="utf-8")
    assert compile_project(example).build_id == first.id
    assert "StepRoute" in route.read_text(encoding="utf-8")


def test_an_edit_changes_only_what_it_reaches(example: Path) -> None:
    """A step's body isn't part of a workflow's fingerprint, a workflow's own code is."""
    before = compile_project(example).build
    path = example / "app" / "steps" / "generate_draft.py"
    path.write_text(path.read_text().replace("0.3", "0.4").replace("# Simulate", "# Pretend"))
    flow = example / "app" / "workflows" / "ai_refine.py"
    flow.write_text(flow.read_text().replace("# Wait", "# Sleep").replace("7 days", "8 days"))
    after = compile_project(example).build
    assert before is not None
    assert after is not None
    old, new = (
        {name: entry for entries in build.manifest.workflows.values() for name, entry in entries.items()}
        for build in (before, after)
    )
    assert old["ai_content_workflow"].fingerprint == new["ai_content_workflow"].fingerprint
    assert old["ai_refine_workflow"].fingerprint != new["ai_refine_workflow"].fingerprint
    assert old["ai_refine_workflow"].route.sha256 != new["ai_refine_workflow"].route.sha256


def test_what_only_the_compiler_refuses_is_a_finding(tmp_path: Path) -> None:
    """A `return` outside a function parses, and is a mistake of the user's in whichever module it stands."""
    write_project(tmp_path, "# file: app/prices.py\nRATE = 1\nreturn RATE\n" + IMPORTING)
    for result in (compile_project(tmp_path), check_project(tmp_path)):
        assert [(item.code, item.span.path, item.span.line) for item in result.diagnostics] == [
            ("WFC014", "app/prices.py", 2)
        ]


def test_warnings_about_the_source_are_left_to_python(tmp_path: Path) -> None:
    """Parsing emitted code, as often as that happens, says nothing about the user's escapes."""
    write_project(tmp_path, "from app.workflow import wf\n@wf.step\ndef work(): return '\\d' is 1\n")
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        assert compile_project(tmp_path).build is not None
    assert noted == []


def test_damaged_notes_are_made_again(tmp_path: Path) -> None:
    """Whatever stands where wfc keeps its notes, a build comes out, and is the active one."""
    write_project(tmp_path, "from app.workflow import wf\n@wf.step\ndef work(): return 1\n")
    first = compile_project(tmp_path).build_id
    for name in ("last-build.json", "last-index.json"):
        (tmp_path / ".wfc" / name).unlink()
        (tmp_path / ".wfc" / name).mkdir()
    (tmp_path / ".wfc" / "current").write_bytes(b"\xff\xfe")
    assert compile_project(tmp_path).build_id == first
    assert (tmp_path / ".wfc" / "current").read_text(encoding="utf-8").strip() == first


def test_a_build_among_the_sources_is_no_source(tmp_path: Path) -> None:
    """Emitted modules don't become part of the project, even where `--out` is a package of it."""
    write_project(tmp_path, "from app.workflow import wf\n@wf.step\ndef work(): return 1\n")
    assert compile_project(tmp_path, tmp_path / "app").build is not None
    again = check_project(tmp_path)
    assert again.summary.files == 2
    assert not again.has_errors


def test_what_is_nested_too_deeply_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where LibCST can't go as deep as the parser, the file is named; nothing is built."""

    def overflow(self: ModuleLowering, part: ModuleSlice, *, flow: bool) -> Lowered:
        raise RecursionError

    write_project(tmp_path, TWO_STEPS)
    monkeypatch.setattr(ModuleLowering, "lower", overflow)
    result = compile_project(tmp_path)
    assert result.build is None
    assert [(item.code, item.span.path) for item in result.diagnostics] == [("WFC014", "app/steps.py")]


def test_routes_that_stay_the_same_keep_their_files(example: Path) -> None:
    """An edit in the body of one step makes one route anew: the files of all others are those of the build before."""
    before = compile_project(example).build
    path = example / "app" / "steps" / "generate_draft.py"
    path.write_text(path.read_text().replace("0.3", "0.4"))
    after = compile_project(example).build
    assert before is not None
    assert after is not None
    assert before.id != after.id
    again = {
        file.relative_to(after.path).parts[:2]
        for file in after.path.rglob("*")
        if file.is_file() and not (before.path / file.relative_to(after.path)).samefile(file)
    }
    assert again == {("manifest.json",), ("steps", "summarize_draft")}


def test_the_routes_of_the_seed_are_isolated(example: Path) -> None:
    """A step's route holds neither its neighbour nor what that imports, and loads no compiler."""
    build = compile_project(example).build
    assert build is not None
    text = b"".join(tree(build.path / "steps" / "generate_draft").values()).decode()
    assert "summarize_draft" not in text
    assert "random" not in text
    probe = (
        "import sys, json; from pathlib import Path; from wfc.loading import load_route;"
        "load_route('_r_x', Path(sys.argv[1]), Path(sys.argv[2])); print(json.dumps(sorted(sys.modules)))"
    )
    command = [sys.executable, "-c", probe, str(build.path / "steps" / "generate_draft"), str(example)]
    loaded = set(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert not loaded & {"libcst", "jinja2", "wfc_compiler", "click", "_r_x.app.archive", "app"}


def test_a_lost_name_is_the_compilers_fault(compile_text: Compile) -> None:
    """A slice that lacks a binding is found before anything is written."""
    compiled = compile_text(
        "# file: app/steps.py\nfrom app.workflow import wf\nX = 1\n@wf.step\ndef work(): return X\n"
    )
    program = check_project(compiled.root).program
    plan = plan_routes(program).routes[0]
    route = TreeBuilder(program).build(plan)
    check_route(program, route)
    broken = {**route.modules, "app.steps": ("app/steps.py", "def work(): return X\n")}
    object.__setattr__(route, "modules", broken)
    with pytest.raises(MiscompiledError, match="`X`"):
        check_route(program, route)


def test_verify_names_the_route_and_the_users_line(compile_text: Compile) -> None:
    """A route that can't be imported is reported at the import that fails; its neighbour is fine."""
    compiled = compile_text(TWO_STEPS)
    build = compiled.result.build
    assert build is not None
    [finding] = verify_build(build.path, compiled.root, build.manifest)
    assert "`bad`" in finding.message
    assert (finding.span.path, finding.span.line) == ("app/steps.py", 3)
    assert compiled.call("good") == 1
