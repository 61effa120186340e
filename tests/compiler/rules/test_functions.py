"""Facts about functions: what spreads from callee to caller, how far, and with which reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from wfc_compiler.callgraph import Receivers
from wfc_compiler.checking import check_project
from wfc_compiler.facts import Facts
from wfc_compiler.rules.base import Context
from wfc_compiler.rules.functions import Functions

PROJECT = """
# file: app/flow.py
import asyncio, httpx
from app.workflow import wf, workflow
from app.far import even

@wf.step
async def work(): return httpx.get("/")
async def doze(): await workflow.sleep(1)
async def naps(): return await asyncio.gather(doze(), doze())
def mapped(xs): return list(map(work, xs))
def plain(x): return x + 1
async def timed():
    async with asyncio.timeout(1): return plain(2)
@wf.workflow
async def child(): await naps()
@wf.workflow
async def order():
    even(3), plain(1), mapped([1])
    await timed()
    await child()
# file: app/far.py
import httpx
from app import back
def even(n): return n == 0 or back.odd(n - 1)
def ask(): return httpx.get("/")
# file: app/back.py
from app import far
def odd(n): return n != 0 and far.even(n - 1) or deeper()
def deeper(): return far.ask()
"""


@pytest.fixture
def functions(tmp_path: Path) -> Functions:
    """Return the facts about the functions of the project above."""
    write_project(tmp_path, PROJECT)
    checked = check_project(tmp_path)
    return Context(checked.program, checked.graph, Receivers(checked.program), Facts.load({})).functions


@pytest.mark.parametrize(
    ("name", "waits"),
    [
        ("flow.order", True),
        ("flow.child", True),
        ("flow.naps", True),
        ("flow.mapped", True),
        ("flow.timed", True),
        ("flow.plain", False),
        ("far.even", False),
        ("flow.work", False),
    ],
)
def test_waiting_spreads_to_callers(functions: Functions, name: str, *, waits: bool) -> None:
    """A function waits where it, or what it calls or mentions, makes a durable event."""
    facts = functions.facts(f"app.{name}")
    assert facts is not None
    assert facts.waits is waits


@pytest.mark.parametrize(
    ("name", "chain"),
    [
        ("far.ask", []),
        ("back.deeper", ["deeper"]),
        ("back.odd", ["odd", "deeper"]),
        ("far.even", ["even", "odd", "deeper"]),
        ("flow.order", ["order", "even", "odd", "deeper"]),
    ],
)
def test_the_reason_is_the_shortest_chain_of_calls(functions: Functions, name: str, chain: list[str]) -> None:
    """Mutual recursion across modules loses nothing; each hop names the caller."""
    facts = functions.facts(f"app.{name}")
    assert facts is not None
    reason = facts.impure["network"]
    assert (reason.name, reason.span.path) == ("httpx.get", "app/far.py")
    assert [hop.name for hop in reason.chain] == chain


@pytest.mark.parametrize("name", ["flow.child", "flow.plain", "flow.mapped", "flow.timed"])
def test_what_a_step_does_is_not_done_by_its_caller(functions: Functions, name: str) -> None:
    """Only code of the workflow itself makes a function impure."""
    facts = functions.facts(f"app.{name}")
    assert facts is not None
    assert facts.impure == {}


def test_nothing_is_known_of_what_nobody_reaches(functions: Functions) -> None:
    """Facts are for the code that runs in workflows and steps."""
    assert functions.facts("app.flow.unknown") is None
