"""Calls of steps, workflows, `sleep` and hooks against their signatures: WFC411.

await charge("1", 2)      `charge(order, *, amount)` takes `amount` by keyword only
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from ..binder import Module
from ..diagnostics import Diagnostic, Note
from ..discover import FunctionNode
from .base import Context, Rule

_START = """
import pydantic
from vercel import workflow
wf = workflow.Workflows()

class Answer(pydantic.BaseModel, workflow.BaseHook):
    yes: bool

@wf.step
async def charge(order: str, *, amount: int, currency: str = "EUR") -> str: ...
"""


def _flow(body: str) -> str:
    return f"{_START}\n@wf.workflow\nasync def order(name: str):\n    {body}\n"


@dataclass(frozen=True)
class Signature:
    """The parameters of a callable, as far as a call can be checked against them."""

    positional: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    required: frozenset[str] = field(default_factory=frozenset)
    positional_only: frozenset[str] = field(default_factory=frozenset)
    more_positional: bool = False
    more_keywords: bool = False


_STARTS = ("wfc.start", "wfc.start_sync")
_WAIT = Signature(keywords=("token", "metadata"))
_SLEEP = Signature(positional=("duration",), required=frozenset({"duration"}), positional_only=frozenset({"duration"}))


class CallSignature(Rule):
    """A call doesn't match the signature of a step, a workflow or a hook.

    Why: A missing, unexpected or superfluous argument, or a positional one for a keyword-only parameter, would fail
    only when the run gets there. `start(order, ...)` is checked against `order`.

    Fix: Correct the call; the label says which argument doesn't fit.

    Suppress: In a test that wants the TypeError.
    """

    code = "WFC411"
    bad = (
        _flow("await charge('1')"),
        _flow("await charge('1', amount=1, tip=2)"),
        _flow("await charge('1', 2)"),
        _flow("await charge('1', '2', '3', amount=1)"),
        _flow("await charge('1', order='2', amount=1)"),
        _flow("await Answer.wait('token')"),
        _flow("await Answer.wait(tokn=name)"),
        _flow("await workflow.sleep()"),
        _flow("...") + "\nasync def host():\n    await workflow.start(order)\n",
    )
    good = (
        _flow("await charge('1', amount=1)"),
        _flow("await charge(order='1', amount=1, currency='USD')"),
        _flow("await charge(*name, **{'amount': 1})"),
        _flow("await Answer.wait(token=name, metadata={'a': 1})"),
        _flow("...") + "\nasync def host():\n    await workflow.start(order, 'x')\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield findings for the calls in reached code, and for `start` anywhere."""
        seen: set[ast.AST] = set()
        for reached in (*context.graph.flow, *context.graph.step):
            for call in reached.calls:
                if call.node not in seen:
                    seen.add(call.node)
                    yield from self._check_call(context, reached.function.module, call.node, call.callee, reached.root)
        for module in context.definition_modules():
            if b"start" in module.source.data:
                for node in ast.walk(module.tree):
                    if isinstance(node, ast.Call) and node not in seen:
                        callee = context.receivers.resolve(module, node.func)
                        if callee in _STARTS:
                            yield from self._check_call(context, module, node, callee, None)

    def _check_call(
        self, context: Context, module: Module, call: ast.Call, callee: str | None, root: str | None
    ) -> Iterator[Diagnostic]:
        program = context.program
        target, arguments = call.func, call.args
        note: tuple[Note, ...] = ()
        if callee in _STARTS and call.args:
            callee = context.receivers.resolve(module, call.args[0])
            target, arguments = call.args[0], call.args[1:]
            if not context.is_workflow(callee):
                return
        if callee is None:
            return
        definition = program.step_by_name.get(callee) or program.workflow_by_name.get(callee)
        if definition is not None:
            if len(definition.node.decorator_list) > 1:
                return  # another decorator may have changed the signature
            signature = _read_signature(definition.node)
            source = program.modules[definition.module].source
            note = (Note(source.name_span(definition.node), f"takes {_describe(definition.node)}"),)
        elif context.hook_method(callee, "wait"):
            signature = _WAIT
        elif callee == "wfc.sleep":
            signature = _SLEEP
        else:
            return
        shown = module.source.text_of(target)
        for problem, node, help_text in _mismatches(signature, call, arguments):
            yield Diagnostic(
                self.code,
                f"`{shown}` {problem}",
                module.source.span(node),
                label=problem,
                secondary=note,
                help=help_text,
                workflow=root,
            )


def _mismatches(signature: Signature, call: ast.Call, arguments: list[ast.expr]) -> Iterator[tuple[str, ast.expr, str]]:
    """Yield what is wrong with a call: the words, the node to point at, the remedy."""
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
    if missing and not unpacked and not open_keywords:
        listed = ", ".join(f"`{name}`" for name in dict.fromkeys(missing))
        yield f"misses {listed}", call, f"pass {listed}"


def _read_signature(node: FunctionNode) -> Signature:
    arguments = node.args
    positional = [item.arg for item in (*arguments.posonlyargs, *arguments.args)]
    optional = positional[len(positional) - len(arguments.defaults) :]
    keywords = [item.arg for item in arguments.kwonlyargs]
    required = [name for name in positional if name not in optional] + [
        item.arg for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    ]
    return Signature(
        positional=tuple(positional),
        keywords=tuple(keywords),
        required=frozenset(required),
        positional_only=frozenset(item.arg for item in arguments.posonlyargs),
        more_positional=arguments.vararg is not None,
        more_keywords=arguments.kwarg is not None,
    )


def _describe(node: FunctionNode) -> str:
    text = ast.unparse(node.args)
    return f"({text})" if len(text) <= 70 else f"({text[:67]}...)"
