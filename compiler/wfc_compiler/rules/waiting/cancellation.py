"""Handlers and `finally` blocks that stop a cancellation on its way out: WFC308 and WFC310.

    try:
        await charge()
    except BaseException:           also catches the cancellation of the run, and of a task
        pass
    await ship()                    so this happens although the run was cancelled

Cancelling is asking: the outcome is what the workflow makes of the `CancelledError` that arrives at its await.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...callgraph import Reached
from ...diagnostics import Diagnostic, Note
from ...syntax import children
from ..base import Context, Rule
from ..frames import Frame, Loop, Wait, Waits, frame_of, header, own_nodes, shown
from ..scaffold import in_asyncio, in_flow
from ..ways_on import goes_on, is_only_started
from .endless import is_endless

_CANCELLED = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError"})
_JOINS = frozenset({"asyncio.gather", "asyncio.shield", "asyncio.wait", "asyncio.wait_for"})
_ENDS_OTHERWISE = frozenset({"cancel", "uncancel", "set_exception"})


@dataclass(frozen=True)
class _Swallower:
    """A handler, or a call of `suppress`, that catches cancellation; `says` whether it names it.

    `block` is what it is around, `body` what it does then.
    """

    statement: ast.stmt
    place: ast.ExceptHandler | ast.Call
    block: Sequence[ast.stmt]
    body: Sequence[ast.stmt]
    says: bool


class SwallowedCancellation(Rule):
    """A handler swallows the cancellation of the run.

    Why: `wfc cancel`, a timeout or a TaskGroup cancel by raising `asyncio.CancelledError` at the await. It is a
    `BaseException`, so that `except Exception` lets it pass; a bare `except`, `except BaseException` and
    `suppress(BaseException)` don't. The workflow goes on as if nobody had asked, and ends as completed.

    Fix: Catch `Exception`, or end the handler with `raise`. A `finally` block cleans up without catching anything.

    Suppress: Where going on is what you want: a cancellation can't stop this part.
    """

    code = "WFC308"
    bad = (
        in_flow("try:\n        await charge()\n    except BaseException:\n        pass\n    await charge(2)"),
        in_flow("try:\n        await charge()\n    except:\n        print('failed')\n    return name"),
        in_asyncio(
            "for i in range(3):\n        try:\n            await charge(i)\n"
            "        except (ValueError, asyncio.CancelledError):\n            await workflow.sleep(i)"
        ),
        "import contextlib\n"
        + in_flow("with contextlib.suppress(BaseException):\n        await charge()\n    return 1"),
        in_flow(
            "try:\n        await charge()\n    except* BaseException:\n        print('failed')\n    await charge(2)"
        ),
        "async def careful():\n    try:\n        return await charge()\n    except BaseException as error:\n"
        "        print(error)\n" + in_flow("await careful()\n    await charge(2)"),
    )
    good = (
        in_flow("try:\n        await charge()\n    except Exception:\n        pass\n    await charge(2)"),
        in_flow("try:\n        await charge()\n    except BaseException:\n        await charge(0)\n        raise"),
        in_flow("try:\n        await charge()\n    finally:\n        await charge(0)"),
        in_flow("try:\n        print(name)\n    except BaseException:\n        pass\n    await charge(2)"),
        in_asyncio(
            "try:\n        await charge()\n    except asyncio.CancelledError:\n        raise\n"
            "    except BaseException:\n        pass\n    await charge(2)"
        ),
        in_asyncio(
            "task = asyncio.create_task(charge())\n    await workflow.sleep(5)\n    task.cancel()\n"
            "    try:\n        await task\n    except asyncio.CancelledError:\n        pass\n    await charge(2)"
        ),
        "import contextlib\n"
        + in_asyncio(
            "task = asyncio.create_task(charge())\n    task.cancel()\n"
            "    with contextlib.suppress(asyncio.CancelledError):\n        await task\n    await charge(2)"
        ),
        in_asyncio(
            "try:\n        await charge()\n    except asyncio.CancelledError:\n"
            "        await charge(0)\n        return 'refunded'"
        ),
        in_asyncio(
            "async def beat():\n        try:\n            while True:\n                await workflow.sleep(5)\n"
            "        except asyncio.CancelledError:\n            print('stopped')\n"
            "    task = asyncio.create_task(beat())\n    await charge()\n    task.cancel()\n    await task"
        ),
        in_flow(
            "error = None\n    try:\n        await charge()\n    except BaseException as caught:\n"
            "        error = caught\n    await charge(0)\n    if error is not None:\n        raise error"
        ),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per handler."""
        for reached in context.graph.flow:
            for found in (*_handlers(context, reached), *_suppressors(context, reached)):
                waits = Waits(context, reached)
                wait = waits.first(found.block)
                if wait is not None and not _is_meant(context, waits, reached, found):
                    yield self._report(reached, found, wait)

    def _report(self, reached: Reached, found: _Swallower, wait: Wait) -> Diagnostic:
        source = reached.function.module.source
        if isinstance(found.place, ast.Call):
            pattern = f"`{source.text_of(found.place)}`"
            remedy = "let it pass" if found.says else "suppress `Exception`"
        else:
            word = "except*" if isinstance(found.statement, ast.TryStar) else "except"
            caught = found.place.type
            pattern = f"`{word} {source.text_of(caught)}`" if caught is not None else "a bare `except`"
            remedy = ("" if found.says else "catch `Exception`, or ") + "end the handler with `raise`"
        return Diagnostic(
            self.code,
            f"{pattern} swallows the cancellation of the run",
            source.span(found.place) if isinstance(found.place, ast.Call) else header(source, found.place),
            label="a cancelled run goes on from here",
            secondary=(Note(source.span(shown(wait)), "cancelling raises `CancelledError` here"),),
            help=remedy,
            workflow=reached.root,
            chain=reached.chain,
        )


def _tries(reached: Reached) -> list[ast.Try | ast.TryStar]:
    return [*reached.function.of_type(ast.Try), *reached.function.of_type(ast.TryStar)]


def _handlers(context: Context, reached: Reached) -> Iterator[_Swallower]:
    """Yield the handlers that catch cancellation, the first of each `try`."""
    for statement in _tries(reached):
        for handler in statement.handlers:
            says = _catches(context, reached, [handler.type] if handler.type is not None else None)
            if says is not None:
                yield _Swallower(statement, handler, statement.body, handler.body, says)
                break


def _suppressors(context: Context, reached: Reached) -> Iterator[_Swallower]:
    blocks: list[ast.With | ast.AsyncWith] = [*reached.function.of_type(ast.With)]
    for statement in [*blocks, *reached.function.of_type(ast.AsyncWith)]:
        for item in statement.items:
            made = item.context_expr
            if isinstance(made, ast.Call) and reached.callees.get(made) == "contextlib.suppress":
                says = _catches(context, reached, made.args)
                if says is not None:
                    yield _Swallower(statement, made, statement.body, (), says)


def _catches(context: Context, reached: Reached, caught: Sequence[ast.expr] | None) -> bool | None:
    """Say whether cancellation is caught by its own name (True), with everything else (False), or not (None)."""
    if caught is None:
        return False
    classes = [cls for item in caught for cls in (item.elts if isinstance(item, ast.Tuple) else [item])]
    names = {context.program.names.canonical(reached.function.module, cls) for cls in classes}
    if not names.isdisjoint(_CANCELLED):
        return True
    return False if "builtins.BaseException" in names else None


def _is_meant(context: Context, waits: Waits, reached: Reached, found: _Swallower) -> bool:
    """Say whether stopping the cancellation is right: it goes on in another way, or is the function's own doing."""
    if _raises(reached, found) or _ends_own_task(waits, reached, found):
        return True
    if goes_on(waits, reached, found.statement, found.body):
        return False
    frame = frame_of(reached, found.statement)
    if (
        reached.is_root
        and frame is reached.function.node
        and any(isinstance(n, ast.Await) for n in own_nodes(found.body))
    ):
        return True  # the last thing that the workflow does is to clean up
    return found.says and (
        any(is_endless(context, reached, node) for node in own_nodes(found.block))
        or is_only_started(context, reached, frame)
    )


def _raises(reached: Reached, found: _Swallower) -> bool:
    """Say whether a handler raises, now or later, or tells somebody else of the cancellation."""
    kept: set[str] = set()
    caught = found.place.name if isinstance(found.place, ast.ExceptHandler) else None
    for node in own_nodes(found.body):
        match node:
            case ast.Raise():
                return True
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in _ENDS_OTHERWISE:
                return True
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=value)) if value == caught:
                kept.add(name)
    raised = (node.exc for node in reached.function.of_type(ast.Raise))
    return any(isinstance(error, ast.Name) and error.id in kept for error in raised)


def _ends_own_task(waits: Waits, reached: Reached, found: _Swallower) -> bool:
    """Say whether the block only waits for tasks, and the function has cancelled some by then."""
    end = found.block[-1].end_lineno or 0
    # Called, or handed on to be called: `loop.call_later(5, task.cancel)`.
    cancels = (node.attr == "cancel" and node.lineno <= end for node in reached.function.of_type(ast.Attribute))
    return any(cancels) and all(_waits_for_task(reached, wait) for wait in waits.within(found.block))


def _waits_for_task(reached: Reached, wait: Wait) -> bool:
    value = wait.value if isinstance(wait, ast.Await) else None
    if isinstance(value, ast.Call) and reached.callees.get(value) in _JOINS:
        return not any(isinstance(node, ast.Call) for argument in value.args for node in own_nodes([argument]))
    return isinstance(value, ast.Name | ast.Attribute | ast.Subscript)


class LeavingFinally(Rule):
    """A `finally` block is left by `return`, `break` or `continue`.

    Why: That drops whatever was on its way out of the block: the error of a step, and the cancellation of the run. The
    workflow goes on as if nothing had happened, and a run that was cancelled ends as completed. (Python 3.14 warns
    about it, too.)

    Fix: Put the statement behind the `try`, or into an `except` that says what it catches.

    Suppress: Where dropping every error, cancellation among them, is what you want.
    """

    code = "WFC310"
    bad = (
        in_flow("try:\n        await charge()\n    finally:\n        return name"),
        in_flow(
            "while True:\n        try:\n            await charge()\n        finally:\n"
            "            if name:\n                break"
        ),
        in_flow(
            "for i in range(3):\n        try:\n            await charge(i)\n        finally:\n            continue"
        ),
    )
    good = (
        in_flow("try:\n        await charge()\n    finally:\n        print(name)\n    return name"),
        in_flow("try:\n        await charge()\n    finally:\n        for i in range(3):\n            break"),
        in_flow("try:\n        await charge()\n    finally:\n        def done(): return name\n        print(done())"),
        in_flow("try:\n        size = len(name)\n    finally:\n        return await charge()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per statement that leaves a `finally` around a wait."""
        for reached in context.graph.flow:
            for statement in _tries(reached):
                leaving = list(_leaving(statement.finalbody))
                inside = [*statement.body, *statement.handlers, *statement.orelse]
                if not leaving or Waits(context, reached).first(inside) is None:
                    continue
                source = reached.function.module.source
                for node in leaving:
                    word = type(node).__name__.lower()
                    yield Diagnostic(
                        self.code,
                        f"`{word}` leaves a `finally` block",
                        source.span(node),
                        label="drops errors and the cancellation of the run",
                        help=f"put the `{word}` behind the `try`",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


def _leaving(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that leave a block other than by its end."""
    pending: list[tuple[ast.AST, bool]] = [(statement, False) for statement in reversed(block)]
    while pending:
        node, in_loop = pending.pop()
        if isinstance(node, ast.Return) or (isinstance(node, ast.Break | ast.Continue) and not in_loop):
            yield node
        if isinstance(node, Frame | ast.ClassDef | ast.expr):
            continue
        for child in reversed(children(node)):
            repeats = isinstance(node, Loop) and child in node.body
            pending.append((child, in_loop or repeats))


CANCELLATION_RULES: tuple[type[Rule], ...] = (SwallowedCancellation, LeavingFinally)
