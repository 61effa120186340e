"""`vercel.workflow` as another name of wfc, each case in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(code: str, path: Path) -> str:
    """Run `code` in a new interpreter that finds packages in `path` first, and return what it prints."""
    setup = f"import sys; sys.path.insert(0, {str(path)!r})\n"
    done = subprocess.run([sys.executable, "-c", setup + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def package(root: Path, name: str, text: str = "") -> None:
    """Write a regular package."""
    folder = root.joinpath(*name.split("."))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").write_text(text)


@pytest.mark.parametrize(
    "form",
    [
        "from vercel import workflow as w",
        "import vercel.workflow as w",
        "import vercel.workflow; w = vercel.workflow",
        "import importlib; w = importlib.import_module('vercel.workflow')",
    ],
)
def test_each_spelling_gives_wfc(form: str, tmp_path: Path) -> None:
    """Every way to import `vercel.workflow` gives the wfc package itself."""
    assert run(f"import wfc.compat.vercel, wfc\n{form}\nprint(w is wfc, wfc.__spec__.name)", tmp_path) == "True wfc"


def test_names_and_submodules_are_the_same_objects(tmp_path: Path) -> None:
    """An aliased submodule is not a second copy."""
    code = (
        "import wfc.compat.vercel, wfc.errors\n"
        "from vercel.workflow.errors import FatalError\n"
        "import vercel.workflow.errors as errors\n"
        "print(FatalError is wfc.errors.FatalError, errors is wfc.errors)"
    )
    assert run(code, tmp_path) == "True True"


def test_an_unknown_submodule_is_not_found(tmp_path: Path) -> None:
    """What wfc doesn't have is an ordinary ModuleNotFoundError under the name that was asked for."""
    code = (
        "import wfc.compat.vercel\n"
        "for name in ('vercel.workflow.nowhere', 'vercel.blob'):\n"
        "    try: __import__(name)\n"
        "    except ModuleNotFoundError as error: print(error.name)"
    )
    assert run(code, tmp_path).split() == ["vercel.workflow.nowhere", "vercel.blob"]


def test_without_the_import_there_is_no_alias(tmp_path: Path) -> None:
    """wfc ships nothing into the `vercel` namespace."""
    code = "import wfc\ntry: import vercel\nexcept ModuleNotFoundError as error: print(error.name)"
    assert run(code, tmp_path) == "vercel"


@pytest.mark.parametrize("regular", [True, False], ids=["package", "namespace"])
def test_a_real_vercel_without_workflow_keeps_working(regular: bool, tmp_path: Path) -> None:
    """Only `vercel.workflow` is added to it."""
    if regular:
        package(tmp_path, "vercel", "HERE = 'real'")
    package(tmp_path, "vercel.blob", "put = 'put'")
    code = (
        "import wfc.compat.vercel, wfc, vercel\n"
        "from vercel import blob, workflow\n"
        "print(workflow is wfc, blob.put, getattr(vercel, 'HERE', None))"
    )
    assert run(code, tmp_path) == f"True put {'real' if regular else None}"


def test_an_installed_sdk_is_not_shadowed(tmp_path: Path) -> None:
    """The message names both choices, and `vercel.workflow` stays what it was."""
    package(tmp_path, "vercel")
    package(tmp_path, "vercel.workflow", "REAL = True")
    info = tmp_path / "vercel_workflow-0.12.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vercel-workflow\nVersion: 0.12.0\n")
    code = (
        "from wfc.compat import InstalledSdkError\n"
        "try: import wfc.compat.vercel\n"
        "except InstalledSdkError as error: print(error)\n"
        "import vercel.workflow\n"
        "print(vercel.workflow.REAL)"
    )
    message, real = run(code, tmp_path).splitlines()
    assert real == "True"
    for part in ("vercel-workflow 0.12.0", "import wfc as workflow", "remove `import wfc.compat.vercel`"):
        assert part in message


def test_installing_twice_changes_nothing(tmp_path: Path) -> None:
    """The finders are there once."""
    code = (
        "import sys, wfc.compat.vercel as compat\n"
        "before = list(sys.meta_path)\n"
        "compat.install()\n"
        "import vercel.workflow\n"
        "compat.install()\n"
        "print(before == sys.meta_path)"
    )
    assert run(code, tmp_path) == "True"


SDK_NAMES = """
    BaseHook EntityConflictError FatalError Hook HookConflictError HookDisposedError HookEvent HookNotFoundError
    RemoteError RetryableError Run RunExpiredError SandboxPolicy SerializationError StepInfo StepNotRegisteredError
    ThrottleError TooEarlyError TypeValidationError WorkflowFeatures WorkflowInfo WorkflowRunFailedError
    WorkflowRunStatus WorkflowStreamHandle WorkflowStreamWriter WorkflowWorldError WorkflowWritable Workflows errors
    get_hook_by_token get_run get_step_metadata get_workflow_metadata get_writable now random read_stream
    register_serializable remove_attributes sandbox serializable set_attributes sleep start time_ns
"""


def test_every_public_name_of_the_sdk_is_there(tmp_path: Path) -> None:
    """Those of vercel-workflow 0.12.0 but for its HTTP adapters, as attributes and to be imported."""
    names = ", ".join(SDK_NAMES.split())
    code = (
        "import wfc.compat.vercel\n"
        f"from vercel.workflow import {names}\n"
        "import vercel.workflow as w\n"
        f"assert ({names}) == tuple(getattr(w, name) for name in '{names}'.split(', '))\n"
        "w.Workflows(sandbox_policy=w.sandbox.SandboxPolicy(cleanups=(*w.sandbox.ALL_CLEANUPS, print)))\n"
        "print('all')"
    )
    assert run(code, tmp_path) == "all"
