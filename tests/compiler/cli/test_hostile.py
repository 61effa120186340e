"""Whatever lies in a project, `check`, `build` and `graph` end soon, with a finding or without one, and no traceback.

Each case is a folder and what `wfc check` says of it. The commands run in a process of their own, with a deadline.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from wfc_compiler.pipeline import check_project
from wfc_compiler.project import read_regular

GOOD = """\
# file: pyproject.toml
# file: app/good.py
from app.workflow import wf
@wf.step
async def s(): ...
@wf.workflow
async def order(a: int):
    await s()
"""
HEAD = "from app.workflow import wf\n@wf.workflow\nasync def f(a):\n"
DEADLINE_SECONDS = 120
RUN = """
import json, sys
from click.testing import CliRunner
from wfc_compiler.cli import main
for arguments in (["check"], ["build"], ["graph", "app.good:order"]):
    done = CliRunner().invoke(main, [*arguments, "--project", sys.argv[1]])
    print(json.dumps([done.exit_code, done.output, repr(done.exception)]))
"""

Case = Callable[[Path], None]
CASES: dict[str, tuple[Case, int, str]] = {}


def case(code: int, words: str = "") -> Callable[[Case], Case]:
    """Register a case with the exit code of `wfc check`, and words that it says."""

    def register(make: Case) -> Case:
        CASES[make.__name__] = (make, code, words)
        return make

    return register


def body(text: str) -> Case:
    """Return a case that is a workflow with a body."""
    return lambda root: (root / "app/p.py").write_text(HEAD + text)  # type: ignore[return-value]


@case(1, "WFC014")
def random_bytes(root: Path) -> None:
    chance = random.Random(1)
    for number in range(20):
        data = b"import wfc\n" * (number % 2) + chance.randbytes(chance.randrange(3000))
        (root / f"app/r{number}.py").write_bytes(data)


@case(1, "the file holds a null byte")
def null_bytes(root: Path) -> None:
    good = root / "app/good.py"
    good.write_bytes(b"\0" * 1000 + good.read_bytes())


@case(1, "the encoding rot13 can't be used")
def odd_encodings(root: Path) -> None:
    text = (root / "app/good.py").read_text()
    for number, encoding in enumerate(("utf-16", "utf-32", "utf-8-sig", "utf-16-le", "cp037")):
        (root / f"app/e{number}.py").write_bytes(text.encode(encoding))
    odd = ("utf-16", "rot13", "zlib", "nosuch", "unicode_escape", "idna", "punycode", "undefined")
    for number, encoding in enumerate(odd):
        (root / f"app/c{number}.py").write_bytes(f"# coding: {encoding}\n{text}".encode())


@case(0)
def a_file_of_ten_megabytes(root: Path) -> None:
    (root / "app/big.py").write_text("from wfc import sleep\nX = '''" + "lorem ipsum\n" * 900_000 + "'''\n")
    (root / "app/more.py").write_text("# wfc\n" + "# wfc: ignore[WFC201]\n" * 20_000)


@case(0)
def links_to_themselves(root: Path) -> None:
    for name, target in (("again", "."), ("x.py", "x.py"), ("a.py", "b.py"), ("b.py", "a.py")):
        (root / "app" / name).symlink_to(target)


@case(1, "WFC015")
def a_folder_for_a_file(root: Path) -> None:
    (root / "app/x.py").mkdir()
    (root / "app/p.py").write_text("import app.x\n" + HEAD + "    return app.x\n")


@case(1, "WFC015")
def a_pipe_for_a_file(root: Path) -> None:
    os.mkfifo(root / "app/x.py")
    (root / "app/p.py").write_text("import app.x\n" + HEAD + "    return app.x\n")


@case(1, "WFC015")
def a_device_for_a_file(root: Path) -> None:
    (root / "app/x.py").symlink_to("/dev/zero")
    (root / "app/p.py").write_text("import app.x\n" + HEAD + "    return app.x\n")


@case(0)
def a_socket_for_a_file(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(".", os.O_RDONLY)
        os.chdir(root / "app")
        listener.bind("x.py")
        os.fchdir(here)
        os.close(here)


@case(2, "pyproject.toml can't be read: it is no regular file")
def a_pipe_for_the_configuration(root: Path) -> None:
    (root / "pyproject.toml").unlink()
    os.mkfifo(root / "pyproject.toml")


@case(2, "vercel.json can't be read: it is no regular file")
def a_device_for_the_configuration(root: Path) -> None:
    (root / "vercel.json").symlink_to("/dev/zero")


@case(2, "pyproject.toml can't be read")
def a_folder_for_the_configuration(root: Path) -> None:
    (root / "pyproject.toml").unlink()
    (root / "pyproject.toml").mkdir()


@case(2, "nested too deeply")
def a_nested_configuration(root: Path) -> None:
    (root / "pyproject.toml").write_text("x = " + "[" * 20_000 + "]" * 20_000)
    (root / "vercel.json").write_text("[" * 200_000)


@case(2, "pyproject.toml can't be used")
def numbers_of_many_digits(root: Path) -> None:
    (root / "pyproject.toml").write_text("x = " + "9" * 10_000)
    (root / "vercel.json").write_text('{"a": ' + "9" * 10_000 + "}")


@case(2, "pyproject.toml is not valid UTF-8: byte 0xf6")
def a_configuration_in_latin(root: Path) -> None:
    (root / "pyproject.toml").write_bytes(b"[tool.wfc]\nout = 'gr\xf6sse'\n")


@case(2, "3000 errors")
def a_configuration_of_thousands_of_keys(root: Path) -> None:
    keys = "".join(f"k{number} = 1\n" for number in range(3000))
    (root / "pyproject.toml").write_text(f"[tool.other]\n{keys}[tool.wfc]\n{keys}")


@case(2, "holds a null byte")
def null_bytes_in_the_configuration(root: Path) -> None:
    names = '["app\\u0000x"]'
    (root / "pyproject.toml").write_text(f'[tool.wfc]\nout = "a\\u0000b"\nsrc = {names}\nexclude = {names}\n')


@case(1, "WFC017")
def entrypoints_of_all_kinds(root: Path) -> None:
    names = ["", ":", "a:b:c", "../x.py", "/etc/passwd", "app.good:", ":wf", "app/good.py:nope", "app\nx", "app." * 200]
    (root / "pyproject.toml").write_text(f"[tool.wfc]\nentrypoints = {json.dumps(names)}\n")


@case(1, "WFC017")
def entrypoints_of_others(root: Path) -> None:
    service = {"type": "worker", "entrypoint": "a\0b" + "x" * 5000, "topics": ["__wkf_*"]}
    (root / "vercel.json").write_text(json.dumps({"experimentalServices": {"a": service}}))


@case(2, "")
def patterns_that_are_none(root: Path) -> None:
    text = '[tool.wfc]\nexclude = ["[", "", "\\\\"]\nper-file-ignores = {"[" = ["WFC205"], "" = ["WFC999"]}\nx = 1\n'
    (root / "pyproject.toml").write_text(text)


@case(0)
def a_deep_tree(root: Path) -> None:
    folder = root / "app"
    for number in range(200):
        folder /= f"d{number}"
    folder.mkdir(parents=True)
    (folder / "x.py").write_text("import wfc\nwf = wfc.Workflows()\n")


@case(0)
def a_wide_tree(root: Path) -> None:
    for number in range(1500):
        (root / f"app/m{number}.py").write_text("x = 1\n")


@case(0, "rename it")
def odd_names(root: Path) -> None:
    for name in (b"a\nb.py", b"\xff\xfe.py", b"sp ace.py", b"\x1b[31m.py", "日本.py".encode()):
        Path(os.fsdecode(os.fsencode(root / "app") + b"/" + name)).write_text(
            "from app.workflow import wf\n@wf.step\ndef g(): ...\n"
        )
    for name in (b"a\nb", b"\xff"):
        folder = Path(os.fsdecode(os.fsencode(root / "app") + b"/" + name))
        folder.mkdir()
        (folder / "x.py").write_text("import wfc\ndef f(:\n")


@case(0)
def imports_in_a_long_chain(root: Path) -> None:
    for number in range(700):
        (root / f"app/m{number}.py").write_text(f"from app.m{number + 1} import x\n" if number < 699 else "x = 1\n")
    (root / "app/p.py").write_text("from app.m0 import x\n" + HEAD + "    return x\n")


@case(0)
def imports_in_a_great_circle(root: Path) -> None:
    for number in range(200):
        after = (number + 1) % 200
        text = f"import app.m{after}\ndef f{number}(): return app.m{after}.f{after}()\n"
        (root / f"app/m{number}.py").write_text(text)
    (root / "app/p.py").write_text("import app.m0\n" + HEAD + "    return app.m0.f0()\n")


@case(1, "2000 errors")
def thousands_of_findings(root: Path) -> None:
    flows = "".join(f"@wf.workflow\nasync def f{n}():\n" + "    time.sleep(1)\n" * 100 for n in range(20))
    (root / "app/p.py").write_text(f"import time\nfrom app.workflow import wf\n{flows}")


CASES |= {
    "many_parentheses": (body("    x = " + "(" * 5000 + ")" * 5000 + "\n"), 1, "too many nested parentheses"),
    "a_sum_of_thousands": (body("    return " + " + ".join(["a"] * 20_000) + "\n"), 1, "nested too deeply"),
    "thousands_of_attributes": (body("    return a" + ".b" * 1500 + "\n"), 0, ""),
    "thousands_of_calls": (body("    return a" + "()" * 2000 + "\n"), 0, ""),
    "thousands_of_subscripts": (body("    return a" + "[0]" * 2000 + "\n"), 0, ""),
    "thousands_of_nots": (body("    return " + "not " * 1000 + "a\n"), 0, ""),
    "deep_blocks": (body("".join("  " * n + "if a:\n" for n in range(2, 95)) + "  " * 96 + "pass\n"), 0, ""),
    "a_long_line": (body("    x = [" + "1, " * 20_000 + "undefined]\n"), 1, "`undefined` is not defined"),
    "only_carriage_returns": (lambda root: _rewrite(root, b"\n", b"\r"), 0, ""),
    "form_feeds": (lambda root: _rewrite(root, b"\n@", b"\n\x0c@"), 0, ""),
    "nothing": (lambda root: _rewrite(root, b"", b"", keep=0), 0, ""),
}


def _rewrite(root: Path, old: bytes, new: bytes, keep: int | None = None) -> None:
    good = root / "app/good.py"
    good.write_bytes(good.read_bytes()[:keep].replace(old, new))


@pytest.mark.parametrize("name", CASES)
def test_the_commands_end_with_a_word(name: str, tmp_path: Path) -> None:
    """The exit code of `check` is what is expected, and no command fails itself, hangs, or lets an exception out."""
    make, code, words = CASES[name]
    write_project(tmp_path, GOOD)
    make(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path)], capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=True
    )
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(outcomes) == 3
    for exit_code, output, exception in outcomes:
        assert exit_code in (0, 1, 2), exception
        assert exception in ("None", f"SystemExit({exit_code})")
        assert "WFC900" not in output
        assert "Traceback" not in output
    assert outcomes[0][0] == code, outcomes[0][1]
    assert words in outcomes[0][1]
    assert outcomes[1][0] == code


def test_a_file_that_vanishes_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deletes it while it is looked at: between the listing and the reading, in a check as in a build."""
    write_project(tmp_path, GOOD)

    def vanish(path: Path) -> bytes:
        if path.name == "good.py":
            path.unlink(missing_ok=True)
        return read_regular(path)

    monkeypatch.setattr("wfc_compiler.project.discovery.read_regular", vanish)
    (finding,) = check_project(tmp_path).diagnostics
    assert (finding.code, finding.span.path) == ("WFC014", "app/good.py")
    assert "No such file" in finding.message


def test_a_file_may_vanish_before_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the listing of its folder and the question for its times."""
    from wfc_compiler.project import Config, modules, snapshot, take_snapshot

    write_project(tmp_path, GOOD)
    walk = modules.walk_folders

    def vanishing(*arguments: object) -> object:
        for folder, files in walk(*arguments):  # type: ignore[arg-type]
            (tmp_path / "app/good.py").unlink(missing_ok=True)
            yield folder, files

    monkeypatch.setattr(snapshot, "walk_folders", vanishing)
    assert [Path(path).name for path in take_snapshot(tmp_path, (tmp_path,), Config()).states] == ["workflow.py"]
