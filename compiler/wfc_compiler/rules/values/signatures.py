"""Calls of steps, workflows, `sleep` and hooks against their signatures: WFC411.

await charge("1", 2)      `charge(order, *, amount)` takes `amount` by keyword only
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from ...diagnostics import Diagnostic, Note
from ...discover import FunctionNode
from ..base import Context, Rule
from .calling import DurableCall

_START = """
import pydantic
from vercel import workflow
wf = workflow.Workflows()

class Answer(pydantic.BaseModel, workflow.BaseHook):
    yes: bool

@wf.step
async def charge(order: str, *, amount: int, currency: str = "EUR") -> str: ...
"""


def _in_flow(body: str) -> str:
    return f"{_START}\n@wf.workflow\nasync def order(name: str):\n    {body}\n"


class CallSignature(Rule):
    """A call doesn't match the signature of a step, a workflow or a hook.

    Why: A missing, unexpected or superfluous argument, or a positional one for a keyword-only parameter, would fail
    only when the run gets there. `start(order, ...)` is checked against `order`.

    Fix: Correct the call; the label says which argument doesn't fit.

    Suppress: In a test that wants the TypeError.
    """

    code = "WFC411"
    bad = (
        _in_flow("await charge('1')"),
        _in_flow("await charge('1', amount=1, tip=2)"),
        _in_flow("await charge('1', 2)"),
        _in_flow("await charge('1', '2', '3', amount=1)"),
        _in_flow("await charge('1', order='2', amount=1)"),
        _in_flow("await Answer.wait('token')"),
        _in_flow("await Answer.wait(tokn=name)"),
        _in_flow("await workflow.sleep()"),
        _in_flow("...") + "\nasync def host():\n    await workflow.start(order)\n",
        _in_flow("...") + "\nasync def host():\n    await workflow.start_options(run_id='x').start(order, nam='y')\n",
        _in_flow("...") + "\nasync def host(answer: Answer):\n    await answer.resume()\n",
        _in_flow("await child()") + "\n@wf.workflow\nasync def child(id: str): ...\n",
        "import functools\n" + _in_flow("pay = functools.partial(charge, ordr='1')\n    await pay(amount=1)"),
        _in_flow("pay = charge\n    await pay('1')"),
    )
    good = (
        _in_flow("await charge('1', amount=1)"),
        _in_flow("await charge(order='1', amount=1, currency='USD')"),
        "import functools\n" + _in_flow("pay = functools.partial(charge, amount=1)\n    await pay('1')"),
        _in_flow("await child(name)") + "\n@wf.workflow\nasync def child(id: str, *more, **rest): ...\n",
        _in_flow("...") + "\nasync def host():\n    await workflow.start_options(run_id='x').start(order, 'y')\n",
        _in_flow("await charge(*name, **{'amount': 1})"),
        _in_flow("await Answer.wait(token=name, metadata={'a': 1})"),
        _in_flow("...") + "\nasync def host():\n    await workflow.start(order, 'x')\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield findings for the calls in reached code, and for `start` anywhere."""
        for call in context.durable_calls:
            yield from self._check_call(context, call)

    def _check_call(self, context: Context, call: DurableCall) -> Iterator[Diagnostic]:
        note: tuple[Note, ...] = ()
        if call.definition is not None:
            source = context.program.modules[call.definition.module].source
            takes = f"takes {_describe(call.definition.node)}"
            note = (Note(source.name_span(call.definition.node), takes),)
        shown = call.module.source.text_of(call.target)
        for problem, node, help_text in _mismatches(call):
            yield Diagnostic(
                self.code,
                f"`{shown}` {problem}",
                call.module.source.span(node),
                label=problem,
                secondary=note,
                help=help_text,
                workflow=call.reached.root if call.reached is not None else None,
                chain=call.reached.chain if call.reached is not None else (),
            )


def _mismatches(made: DurableCall) -> Iterator[tuple[str, ast.expr, str]]:
    """Yield what is wrong with a call: the words, the node to point at, the remedy."""
    signature, call, arguments = made.signature, made.node, made.arguments
    unpacked = any(isinstance(argument, ast.Starred) for argument in arguments)
    open_keywords = any(keyword.arg is None for keyword in call.keywords)
    taken = set(signature.positional[: len(arguments)]) if not unpacked else set()
    extra = arguments[len(signature.positional) :]
    if extra and not unpacked and not signature.more_positional:
        keyword_only = [name for name in signature.keywords if name not in signature.positional]
        given = {keyword.arg for keyword in call.keywords}
        free = [name for name in keyword_only if name not in given]
        if free:
            yield f"takes `{free[0]}` only by keyword", extra[0], f"write `{free[0]}=...`"
            return
        count = len(signature.positional)
        yield f"takes {count} positional argument{'s' * (count != 1)}", extra[0], "remove it"
    for keyword in call.keywords:
        if keyword.arg is None:
            continue
        if keyword.arg in taken:
            yield f"gets `{keyword.arg}` twice", keyword.value, "pass it once"
        known = set(signature.keywords) | (set(signature.positional) - signature.positional_only)
        if keyword.arg not in known and not signature.more_keywords:
            close = get_close_matches(keyword.arg, sorted(known), 1)
            listed = ", ".join(f"`{name}`" for name in sorted(known)) or "no keywords"
            hint = f"did you mean `{close[0]}`?" if close else f"it takes {listed}"
            yield f"takes no argument `{keyword.arg}`", keyword.value, hint
            return  # the missing one is most often the misspelt one
        taken.add(keyword.arg)
    missing = [
        name
        for name in (*signature.positional, *signature.keywords)
        if name in signature.required and name not in taken
    ]
    if missing and not (unpacked or open_keywords or made.partial):
        listed = ", ".join(f"`{name}`" for name in dict.fromkeys(missing))
        yield f"misses {listed}", call, f"pass {listed}"


def _describe(node: FunctionNode) -> str:
    text = ast.unparse(node.args)
    return f"({text})" if len(text) <= 70 else f"({text[:67]}...)"
