"""The options of `@wf.step(...)`: what is read from the source, and what is refused (WFC007)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from wfc.manifest import RetryPolicy
from wfc_compiler.checking import check_project
from wfc_compiler.discover import StepOptions

POLICY = """
# file: app/policy.py
import wfc
SLOW = wfc.Retry(initial="1m", max="1h", jitter=False)
WRONG = wfc.Retry(initial="3 months")
NOTHING = object()
AGAIN = ALSO
ALSO = AGAIN
# file: app/steps.py
import wfc
from app import policy
from app.policy import SLOW
from app.workflow import wf
QUICK = wfc.Retry(initial=0.1, factor=3, max="1s")
"""
QUICK = RetryPolicy(initial_seconds=0.1, factor=3.0, max_seconds=1.0, jitter=True)
SLOW = RetryPolicy(initial_seconds=60.0, factor=2.0, max_seconds=3600.0, jitter=False)


@pytest.mark.parametrize(
    ("retry", "options"),
    [
        ("None", RetryPolicy()),
        ("wfc.Retry(initial=0.1, factor=3, max='1s')", QUICK),
        ("QUICK", QUICK),
        ("SLOW", SLOW),
        ("policy.SLOW", SLOW),
    ],
)
def test_a_retry_policy_is_read(tmp_path: Path, retry: str, options: RetryPolicy) -> None:
    """A policy is a call in the decorator or a module constant, of any module."""
    write_project(tmp_path, f"{POLICY}\n@wf.step(retry={retry})\ndef pay(): ...\n")
    checked = check_project(tmp_path)
    assert checked.diagnostics == ()
    assert [step.options for step in checked.program.steps] == [StepOptions(3, None, options)]


@pytest.mark.parametrize(
    ("retry", "path", "line"),
    [
        ("policy.WRONG", "app/policy.py", 3),
        ("policy.NOTHING", "app/policy.py", 4),
        ("policy.AGAIN", "app/policy.py", 5),
        ("make()", "app/steps.py", 7),
    ],
)
def test_a_wrong_retry_policy_is_shown_where_it_is_made(tmp_path: Path, retry: str, path: str, line: int) -> None:
    """The finding points at the policy itself, which may be in another file; aliases in a circle end."""
    write_project(tmp_path, f"{POLICY}\n@wf.step(retry={retry})\ndef pay(): ...\n")
    found = [item for item in check_project(tmp_path).diagnostics if item.code == "WFC007"]
    assert [(item.span.path, item.span.line) for item in found] == [(path, line)]
