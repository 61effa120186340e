"""Record the histories of a release: `make histories`. Each set is recorded once and then replayed for ever.

Comes in: the workflows in `project/`, and the wfc that is installed. Goes out: `<version>/` beside this file, with
`build.json` (the files of the compiled build), `state.sql` (the store, as text) and `source.py.txt` (what was
compiled). A set that is there is never written again: what a release has written can't change any more. As long as a
version isn't released and its format is still on its way, remove the folder by hand first.

What is recorded is what happens to users: the compiler builds, a worker executes, and `wfc start`, `resume`, `cancel`
and `retry` come from outside.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.project import Process, Project, wait_until
from wfc.version import VERSION

HERE = Path(__file__).parent
# Runs that need nothing from outside, and what they are started with.
ALONE = {
    "steps": {"n": 3},
    "errors": {},
    "fails": {},
    "times": {},
    "draws": {},
    "parent": {},
    "tells": {},
    "stops_a_step": {},
}


def main() -> int:
    """Record the set of this version; return the exit code."""
    folder = HERE / VERSION
    if folder.exists():
        print(
            f"the histories of {VERSION} are there and stay as they are; a new release has a new version",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        project = _project(Path(temporary))
        project.wfc("build")
        with project.spawn("worker") as worker:
            _play(project, worker)
            worker.kill()  # as it is then, with a run that waits
        folder.mkdir()
        _write(project, folder)
    print(f"recorded {len(ALONE) + 6} histories and their children in {folder}")
    return 0


def _project(temporary: Path) -> Project:
    root, logs, traces = (temporary / name for name in ("project", "logs", "traces"))
    for path in (root, logs, traces):
        path.mkdir()
    shutil.copy(HERE / "project" / "histories.py", root)
    project = Project(root, logs, {"TRACES": str(traces)})
    project.write("pyproject.toml", "[tool.wfc]\n")
    return project


def _play(project: Project, worker: Process) -> None:
    """Let one run of each workflow happen."""
    for name, arguments in ALONE.items():
        _start(project, name, arguments)
    for name in ("asks", "cleans_up", "retried", "waits"):
        _start(project, name, {})
    for name in ALONE:
        project.wait_for_status(name, "failed" if name == "fails" else "completed")
    for text, n in (("one", 1), ("two", 2)):
        _answer(project, worker, "asks", text, n)
    project.wait_for_hook("cleans-up", worker)
    project.wfc("cancel", "cleans_up", "--reason", "changed my mind")
    project.wait_for_status("cleans_up", "cancelled")
    _retry(project, worker)
    project.wait_for_status("asks", "completed")
    project.wait_for_hook("waits", worker)
    wait_until(lambda: len(project.inspect("waits")["steps"]) == 1 or None, "the step of `waits`")
    _conflict(project, worker)


def _start(project: Project, name: str, arguments: dict[str, Any]) -> None:
    project.wfc("start", name, "--run-id", name, "--input", json.dumps(arguments))


def _answer(project: Project, worker: Process, token: str, text: str, n: int) -> None:
    project.wait_for_hook(token, worker)
    project.wfc("resume", token, "--data", json.dumps({"text": text, "n": n}))


def _retry(project: Project, worker: Process) -> None:
    """The run fails for want of a file, fails again, and goes on when the file is there."""
    project.wait_for_status("retried", "failed")
    project.wfc("retry", "retried")
    project.wait_for_status("retried", "failed")
    Path(project.env["TRACES"], "file").write_text("here")
    project.wfc("retry", "retried")
    _answer(project, worker, "retried", "fine", 0)
    project.wait_for_status("retried", "completed")


def _conflict(project: Project, worker: Process) -> None:
    """One run holds a token for a while; another is told so."""
    _start(project, "conflicts", {})
    project.wait_for_hook("held", worker)
    project.wfc("start", "conflicts", "--run-id", "conflicted")
    project.wait_for_status("conflicted", "completed")
    project.wfc("terminate", "conflicts")
    project.wait_for_status("conflicts", "cancelled")


def _write(project: Project, folder: Path) -> None:
    out = project.root / ".wfc"
    build_id = (out / "current").read_text().strip()
    build = out / "builds" / build_id
    files = {
        path.relative_to(build).as_posix(): path.read_text() for path in sorted(build.rglob("*")) if path.is_file()
    }
    (folder / "build.json").write_text(json.dumps({"buildId": build_id, "files": files}, indent=1) + "\n")
    (folder / "source.py.txt").write_text((project.root / "histories.py").read_text())
    with closing(sqlite3.connect(out / "state.db")) as database:
        version = database.execute("pragma user_version").fetchone()[0]
        lines = [f"-- Runs of project/histories.py, as wfc {VERSION} wrote them.", *database.iterdump()]
    text = "\n".join([*lines, f"pragma user_version = {version};"]) + "\n"
    for path, name in ((project.root.parent, "/recorded"), (sys.base_prefix, "/python")):
        text = text.replace(_hexadecimal(str(path)), _hexadecimal(name))  # tracebacks name files of this machine
    (folder / "state.sql").write_text(text)


def _hexadecimal(text: str) -> str:
    """Return a text as it stands in the blobs of a dump."""
    return text.encode().hex().upper()


if __name__ == "__main__":
    sys.exit(main())
