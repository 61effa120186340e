"""What the README says about living with the check works: the hook, the workflow file, the suppressions."""

import json
import re
import shlex
import subprocess
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.project import WFC, Project

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Living with the check")[2].partition("\n## ")[0]
# LibCST brings it; it has no types.
load: Any = import_module("yaml").safe_load


def blocks(language: str) -> list[str]:
    """Return the README's blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def run_hook(hook: Any, project: Project) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit does: its entry and arguments, file names only if it wants them, at the root."""
    assert hook["pass_filenames"] is False
    command = [*shlex.split(hook["entry"]), *hook.get("args", [])]
    assert command[0] == "wfc"
    return subprocess.run(
        [WFC, *command[1:]], cwd=project.root, env=project.environment(), capture_output=True, text=True, check=False
    )


def test_the_hooks_run(content: Project) -> None:
    """Both the repository's own and the README's: quiet on a good project, failing on a bad one."""
    (published,) = load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (local,) = load(blocks("yaml")[0])["repos"][0]["hooks"]
    for hook in (published, local):
        assert hook["id"] == "wfc-check"
        assert run_hook(hook, content).returncode == 0
    refine = content.root / "app/workflows/ai_refine.py"
    refine.write_text(refine.read_text().replace('"7 days"', '"7 dayz"'))
    for hook in (published, local):
        done = run_hook(hook, content)
        assert done.returncode == 1
        assert "error[WFC323]" in done.stdout


def test_the_steps_of_the_action_run(content: Project) -> None:
    """Its `wfc` lines run as they stand, and write the file that the next step uploads."""
    job = load(blocks("yaml")[1])["jobs"]["wfc"]
    assert job["permissions"]["security-events"] == "write"
    lines = [step["run"] for step in job["steps"] if step.get("run", "").startswith("wfc")]
    content.env["GITHUB_ACTIONS"] = "true"
    for line in lines:
        shell = f'wfc() {{ "{WFC}" "$@"; }}; {line}'
        done = subprocess.run(
            ["bash", "-c", shell],
            cwd=content.root,
            env=content.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith("::warning ") is (line == "wfc check")
    (upload,) = [step for step in job["steps"] if "upload-sarif" in step.get("uses", "")]
    log = json.loads((content.root / upload["with"]["sarif_file"]).read_text())
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["WFC319"]


def test_the_suppressions_count(content: Project) -> None:
    """By comment and by configuration as the README has them, the one warning of the example goes."""
    assert content.wfc("check", "--strict", code=1).out
    approval = content.root / "app/workflows/approval.py"
    before = approval.read_text()
    comment = re.search(r"# wfc: .*", blocks("python")[0])
    assert comment is not None
    waiting = 'Approval.wait(token="draft-123"):'
    approval.write_text(before.replace(waiting, f"{waiting}  {comment[0]}"))
    assert "0 errors in" in content.wfc("check", "--strict").out
    approval.write_text(before)
    configuration = blocks("toml")[0].replace("app/legacy/*", "app/workflows/*")
    assert "per-file-ignores" in tomllib.loads(configuration)["tool"]["wfc"]
    pyproject = content.root / "pyproject.toml"
    known = pyproject.read_text() if pyproject.exists() else ""
    pyproject.write_text(
        known.replace("[tool.wfc]\n", configuration) if "[tool.wfc]" in known else known + configuration
    )
    assert "0 errors in" in content.wfc("check", "--strict").out
