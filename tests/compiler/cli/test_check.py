"""`wfc check` and `wfc explain`: exit codes, formats, and a first snippet that lacks its imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.compiler.conftest import write_project
from wfc_compiler.cli import COMMANDS, main

NO_IMPORTS = """\
# file: app/steps/generate_draft.py
from app.workflow import wf

@wf.step
async def generate_draft(*, topic: str): ...

@wf.step
async def summarize_draft(*, draft: str): ...
# file: app/workflows/ai_content_workflow.py
from app.workflow import wf

@wf.workflow
async def ai_content_workflow(*, topic: str):
    draft = await generate_draft(topic=topic)
    summary = await summarize_draft(draft=draft)

    return {
        "draft": draft,
        "summary": summary,
    }
"""


def wfc(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, arguments)


def test_a_missing_import_of_a_step_is_named(tmp_path: Path) -> None:
    """The missing name, the module that defines a step of that name, the line to add."""
    write_project(tmp_path, NO_IMPORTS)
    done = wfc("check", "--project", str(tmp_path))
    assert done.exit_code == 1
    assert "error[WFC016]: `generate_draft` is not defined" in done.stdout
    assert "app/steps/generate_draft.py:4:11" in done.stdout
    assert "add `from app.steps.generate_draft import generate_draft`" in done.stdout
    assert done.stdout.endswith("2 errors (2 fixable with --fix) in 3 files, 1 workflow, 2 steps\n")


def test_json_is_one_object_even_for_a_broken_file(tmp_path: Path) -> None:
    """Other files are checked, the broken one is a finding."""
    write_project(tmp_path, NO_IMPORTS + "# file: app/broken.py\nimport wfc\ndef f(:\n")
    done = wfc("check", "--project", str(tmp_path), "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert {item["code"] for item in found["diagnostics"]} == {"WFC014", "WFC016"}
    assert found["version"] == 1


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ("", (), 0),
        ("# file: app/s.py\nfrom app.workflow import wf\n@wf.workflow\ndef f(): ...\n", (), 1),
        ("# file: pyproject.toml\n[tool.wfc]\nx = 1\n", (), 2),
        ("# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app.workflow:wf']\n"
         "# file: app/s.py\nfrom app.workflow import wf\n@wf.step\ndef f(): ...\n", (), 0),
        ("# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app.workflow:wf']\n"
         "# file: app/s.py\nfrom app.workflow import wf\n@wf.step\ndef f(): ...\n", ("--strict",), 1),
        ("# file: pyproject.toml\n[tool.wfc]\nignore = ['WFC319']\n", ("--strict",), 0),
    ],
    ids=["clean", "error", "config", "warning", "strict", "strict and clean"],
)  # fmt: skip
def test_exit_codes(tmp_path: Path, files: str, arguments: tuple[str, ...], code: int) -> None:
    """0 without errors, 1 with some (or warnings, if strict), 2 for the configuration."""
    write_project(tmp_path, files)
    assert wfc("check", "--project", str(tmp_path), *arguments).exit_code == code


STEP_NOBODY_REACHES = """\
# file: app/s.py
from app.workflow import wf
@wf.step
def f(): ...
"""


@pytest.mark.parametrize(("arguments", "code"), [((), 1), (("--diff",), 1)], ids=["check", "diff"])
def test_the_configuration_may_be_strict(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    """`strict = true` counts wherever `--strict` would."""
    write_project(
        tmp_path,
        "# file: pyproject.toml\n[tool.wfc]\nstrict = true\nentrypoints = ['app.workflow:wf']\n" + STEP_NOBODY_REACHES,
    )
    assert wfc("check", "--project", str(tmp_path), *arguments).exit_code == code


@pytest.mark.parametrize("option", ["--json", "--format=concise"])
def test_a_diff_has_no_format(tmp_path: Path, option: str) -> None:
    """`--diff` with a format of findings is a mistake on the command line, not one of them ignored."""
    done = wfc("check", "--project", str(tmp_path), "--diff", option)
    assert done.exit_code == 2
    assert "--diff" in done.stderr


def test_suppressions(tmp_path: Path) -> None:
    """By comment on the line or above it; an unused one and an unknown code are findings."""
    write_project(
        tmp_path,
        """
        # file: app/s.py
        import time
        from app.workflow import wf
        @wf.workflow
        async def f():
            time.monotonic()  # wfc: ignore[WFC102] -- for the log only
            # wfc: ignore[WFC102]
            time.monotonic()
            time.sleep(1)  # wfc: ignore[WFC102]
            print("# wfc: ignore[WFC1]")  # wfc: ignore[WFC1]
        """,
    )
    found = json.loads(wfc("check", "--project", str(tmp_path), "--json").stdout)["diagnostics"]
    assert [(item["code"], item["line"]) for item in found] == [("WFC205", 8), ("WFC902", 8), ("WFC904", 9)]


def test_what_slicing_finds_can_be_suppressed(tmp_path: Path) -> None:
    """Slicing comes after the rules; a suppression of its findings is not called unused before."""
    write_project(
        tmp_path,
        """
        # file: app/s.py
        from typing import TYPE_CHECKING
        from app.workflow import wf
        if TYPE_CHECKING:
            from decimal import Decimal
        @wf.step
        def f(amount: "Decimal"): ...  # wfc: ignore[WFC403] -- never run
        """,
    )
    assert json.loads(wfc("check", "--project", str(tmp_path), "--json").stdout)["diagnostics"] == []


def test_mistakes_on_the_command_line_exit_with_2(tmp_path: Path) -> None:
    """The message names the thing and the nearest right one."""
    done = wfc("chek")
    assert done.exit_code == 2
    assert "`chek`" in done.stderr
    assert "wfc check" in done.stderr
    assert wfc("check", "--project", str(tmp_path / "no")).exit_code == 2
    assert wfc("check", "--format", "xml").exit_code == 2


def test_an_internal_error_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is WFC900, with exit code 2."""
    monkeypatch.setattr("wfc_compiler.cli.check.check_project", lambda root: 1 / 0)
    done = wfc("check", "--project", str(tmp_path))
    assert done.exit_code == 2
    assert "WFC900" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_the_help_and_the_worker_load_no_compiler() -> None:
    """`wfc --help` imports no command, `wfc worker` no libcst."""
    program = (
        "import sys\nfrom wfc_compiler.cli import main\n"
        "context = main.make_context('wfc', ['--help'], resilient_parsing=True)\n"
        "main.get_help(context); main.get_command(context, 'worker')\n"
        "print('libcst' in sys.modules, 'wfc_compiler.checking' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads(name: str) -> None:
    """The table names commands that exist."""
    assert wfc(name, "--help").exit_code == 0


def test_fixes_are_shown_and_made(tmp_path: Path) -> None:
    """`--diff` writes nothing; `--fix` leaves a project that checks clean, newlines and all."""
    write_project(tmp_path, NO_IMPORTS)
    flow = tmp_path / "app/workflows/ai_content_workflow.py"
    text = flow.read_text().replace("summary = await ", "").replace('        "summary": summary,\n', "")
    flow.write_bytes(text.replace("async def", "def").replace("await ", "").replace("\n", "\r\n").encode())
    before = flow.read_bytes()
    shown = wfc("check", "--project", str(tmp_path), "--diff")
    assert "+from app.steps.generate_draft import generate_draft" in shown.stdout.replace("\r", "")
    assert flow.read_bytes() == before
    wfc("check", "--project", str(tmp_path), "--fix")
    done = wfc("check", "--project", str(tmp_path), "--fix")
    assert b"\r\nfrom app.steps.generate_draft import summarize_draft\r\n" in flow.read_bytes()
    assert b"    await summarize_draft(" in flow.read_bytes()
    assert b"async def" in flow.read_bytes()
    assert "WFC016" not in done.stdout


REWRITTEN = """\
# file: app/flow.py
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from app.workflow import wf

@dataclass
class Order:
    id: uuid.UUID = field(default_factory=uuid.uuid4)

@wf.workflow
async def order() -> str:
    try:
        print(Order())
    finally:
        print(datetime.now(), time.time())
    return ""
"""


def test_what_is_rewritten_is_no_noise(tmp_path: Path) -> None:
    """Clock and chance that lowering makes right are not worth a word, unless somebody asks."""
    write_project(tmp_path, REWRITTEN)
    done = wfc("check", "--project", str(tmp_path))
    assert (done.exit_code, done.output) == (0, "0 errors in 2 files, 1 workflow, 0 steps\n")


def test_verbose_lists_every_rewrite(tmp_path: Path) -> None:
    """Place, what, into what, in the order of the source; the findings that would say it again are left out."""
    write_project(tmp_path, REWRITTEN)
    done = wfc("check", "--project", str(tmp_path), "-v")
    assert done.exit_code == 0
    assert done.stdout == "0 errors in 2 files, 1 workflow, 0 steps\n"
    assert done.stderr.splitlines()[:-1] == [
        "app/flow.py:9:43: uuid.uuid4 -> wfc.flow.uuid.uuid4",
        "app/flow.py:12:1: 1 finally in order -> guarded while the run is put aside",
        "app/flow.py:14:9: print -> wfc.flow.print",
        "app/flow.py:16:9: print -> wfc.flow.print",
        "app/flow.py:16:15: datetime.now -> wfc.flow.datetime.now",
        "app/flow.py:16:31: time.time -> wfc.flow.time.time",
    ]


@pytest.mark.parametrize("way", ["option", "configuration"])
def test_strict_refuses_rewrites(tmp_path: Path, way: str) -> None:
    """With `strict`, reading clock or chance is an error in `check`; in the configuration it stops a build, too."""
    write_project(tmp_path, REWRITTEN)
    if way == "configuration":
        (tmp_path / "pyproject.toml").write_text("[tool.wfc]\nstrict = true\n")
    options = ["--strict"] if way == "option" else []
    done = wfc("check", "--project", str(tmp_path), "--format", "concise", *options)
    assert done.exit_code == 1
    assert [line.split()[0:2] for line in done.stdout.splitlines()[:-1]] == [
        ["app/flow.py:9:43:", "error[WFC103]"],
        ["app/flow.py:16:15:", "error[WFC101]"],
        ["app/flow.py:16:31:", "error[WFC101]"],
    ]
    assert wfc("build", "--project", str(tmp_path)).exit_code == (1 if way == "configuration" else 0)


UNCOVERED = """\
# file: app/flow.py
from app.workflow import wf

@wf.workflow
async def order(handler, name: str):
    handler(name)
    return [handler(name) for _ in name], handler.x(), handler.y(), handler.z(), handler.a(), handler.b()
"""


def test_verbose_says_what_was_not_checked(tmp_path: Path) -> None:
    """The first calls by place, how many there are, and nothing without `-v`; undefined names are told once."""
    write_project(tmp_path, UNCOVERED)
    quiet = json.loads(wfc("check", "--project", str(tmp_path), "--json").stdout)
    assert (quiet["diagnostics"], quiet["summary"]["unresolvedCalls"]) == ([], 7)
    (item,) = json.loads(wfc("check", "--project", str(tmp_path), "--json", "-v").stdout)["diagnostics"]
    assert (item["code"], item["severity"], item["line"]) == ("WFC901", "info", 5)
    assert item["message"] == "7 calls in workflow code could not be checked"
    assert [note["label"].split("`")[1] for note in item["secondary"]] == [
        "handler",
        *(f"handler.{name}" for name in "xyza"),
    ]
    assert "1 more" in item["help"]
    flow = tmp_path / "app/flow.py"
    flow.write_text(
        "from app.workflow import wf\n@wf.workflow\nasync def order(x: str):\n    nobody(x)\n    x.strip()\n"
    )
    done = wfc("check", "--project", str(tmp_path), "-v", "--format", "concise")
    assert [line.split()[1] for line in done.stdout.splitlines()[:-1]] == ["error[WFC016]"]
    flow.write_text("from app.workflow import wf\n@wf.workflow\nasync def order(x: str):\n    x.strip()\n")
    done = wfc("check", "--project", str(tmp_path), "-v")
    assert done.stderr == "every call in workflow code could be resolved\n"
