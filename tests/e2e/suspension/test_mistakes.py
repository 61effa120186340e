"""The corpus can fail: each mistake that lowering could make with its guards is planted once, and must be noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import libcst as cst
import libcst.matchers as m
import pytest

from tests.e2e.suspension.durable import ALWAYS, run_durably
from tests.e2e.suspension.project import compile_files
from tests.e2e.suspension.scenario import Scenario
from tests.runtime.memory_run import let_go
from wfc_compiler.lower.guards import GuardBlocks
from wfc_compiler.lower.module import Lowered, ModuleLowering

CORPUS = Path(__file__).parent / "corpus"
SHARED = ("steps.py", "scopes.py")


def noticed(module: str, root: Path) -> set[str]:
    """Compile a module of the corpus with the mistake in place; return the workflows that show it."""
    files = {name: (CORPUS / name).read_text(encoding="utf-8") for name in (*SHARED, module)}
    routes = compile_files(files, root)
    found = set()
    for name in routes.names:
        try:
            run_durably(routes[name], Scenario(), ALWAYS, code=root)
        except AssertionError:
            found.add(name.partition(".")[2])
        finally:
            let_go()
    return found


def test_a_handler_without_a_guard_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers that catch what closes a coroutine run the workflow's code."""
    monkeypatch.setattr(GuardBlocks, "_guarded_handler", lambda _, body: body)
    shown = noticed("blocks.py", tmp_path)
    assert {"in_bare_except", "in_except_base_exception", "in_a_loop_that_swallows"} <= shown
    assert "in_finally" not in shown


def test_a_run_that_is_captured_late_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that the garbage collector closes gets no answer, or another run's, when it asks only then."""
    original = ModuleLowering.lower

    def lower(self: ModuleLowering, *args: Any, **options: Any) -> Lowered:
        lowered = original(self, *args, **options)
        return Lowered(lowered.text.replace("if _wfc_run.live:", "if _flow.run().live:"), lowered.lines)

    monkeypatch.setattr(ModuleLowering, "lower", lower)
    shown = noticed("generators.py", tmp_path)
    assert "with_a_generator_in_a_cycle" in shown
    assert "over_an_async_generator" not in shown


def test_a_manager_in_a_generator_without_a_guard_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that is closed leaves its `with` blocks."""
    original = GuardBlocks.leave_With

    def leave_with(self: GuardBlocks, original_node: cst.With, updated_node: cst.With) -> cst.With:
        yields = m.findall(original_node, m.Yield())
        return updated_node if yields else original(self, original_node, updated_node)

    monkeypatch.setattr(GuardBlocks, "leave_With", leave_with)
    shown = noticed("managers.py", tmp_path)
    assert "with_managers_that_use_managers" in shown
    assert "with_a_class" not in shown
