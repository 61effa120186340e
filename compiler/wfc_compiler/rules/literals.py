"""Literals that every call writes to the log: WFC415."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..binder import Module
from ..callgraph import Call, Reached
from ..diagnostics import Diagnostic
from ..discover import constant_of
from .base import Context, Rule
from .scaffold import in_flow

_LARGEST = 4_096
"""Bytes. An event with less costs next to nothing."""
_TOO_MANY = 10_000_000


def _in_flow(body: str) -> str:
    return in_flow(body).replace("amount: int = 1", "amount: object = 1")


class LargeLiteral(Rule):
    """A literal of some kilobytes is an argument of a durable call.

    Why: Arguments are written to the log with each call, carried to the worker that runs the step, and read again on
    each replay. What never changes doesn't have to be recorded at all.

    Fix: Let the step have it: a module constant that the step itself reads is in the step's route, and so is a data
    file beside its module.

    Suppress: Where the call is made once in a run and the value belongs into its record.
    """

    code = "WFC415"
    bad = (
        _in_flow(f"await charge('{'word ' * 1_000}')"),
        _in_flow("await charge(amount='x' * 100_000)"),
        f"RULES = '''{'rule ' * 1_000}'''\n" + _in_flow("await charge(RULES)"),
        f"RULES = '''{'rule ' * 1_000}'''\n" + _in_flow("await charge(f'{RULES} {name}')"),
        _in_flow(f"await charge({{'all': {[*range(2_000)]}}})"),
        _in_flow(f"text = '{'word ' * 1_000}'\n    await charge(text)"),
        _in_flow(f"await workflow.start(order, '{'word ' * 1_000}')"),
    )
    good = (
        _in_flow(f"await charge('{'word ' * 100}')"),
        _in_flow("await charge('x' * 10)"),
        _in_flow("await charge([1, 2, 3])"),
        _in_flow("await charge('x' * len(name))"),
        _in_flow(f"text = '{'word ' * 1_000}'\n    return len(text)"),
        _in_flow(f"print('{'word ' * 1_000}')\n    await charge()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per argument that is a literal, or a constant that is one, and large."""
        for reached in context.graph.flow:
            for call in reached.calls:
                if context.is_step(call.callee) or call.callee == "wfc.start":
                    yield from self._check_call(context, reached, call)

    def _check_call(self, context: Context, reached: Reached, call: Call) -> Iterator[Diagnostic]:
        source = reached.function.module.source
        for argument in (*call.node.args, *(keyword.value for keyword in call.node.keywords)):
            size = literal_size(context, reached.function.module, argument)
            if size > _LARGEST:
                yield Diagnostic(
                    self.code,
                    f"a literal of {_shown(size)} is an argument of `{source.text_of(call.node.func)}`",
                    source.span(argument),
                    label="is written to the log with each call, and read on each replay",
                    help="let the step have it: as a module constant that the step reads, or in a file beside it",
                    workflow=reached.root,
                    chain=reached.chain,
                )


def literal_size(context: Context, module: Module, node: ast.expr) -> int:
    """Return about how many bytes of an expression stand in the source, module constants counted."""
    total = 0
    seen: set[ast.expr] = set()
    waiting: list[tuple[Module, ast.expr | None, int]] = [(module, node, 1)]
    while waiting and total < _TOO_MANY:
        owner, part, times = waiting.pop()
        match part:
            case ast.Constant(value=str() | bytes() as text):
                total += times * len(text)
            case ast.Constant():
                total += times * (part.end_col_offset or 0) - times * part.col_offset
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                waiting += [(owner, element, times) for element in elements]
            case ast.Dict(keys=keys, values=values):
                waiting += [(owner, element, times) for element in (*keys, *values)]
            case ast.JoinedStr(values=values):
                waiting += [(owner, element, times) for element in values]
            case ast.FormattedValue(value=value) | ast.Starred(value=value):
                waiting.append((owner, value, times))
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                waiting += [(owner, left, times), (owner, right, times)]
            case ast.BinOp(op=ast.Mult(), left=left, right=ast.Constant(value=int() as count)) if count > 0:
                waiting.append((owner, left, times * count))
            case ast.Name() | ast.Attribute() if part not in seen:
                seen.add(part)
                constant = constant_of(context.program.names, owner, part) or _local_constant(owner, part)
                if constant is not None:
                    waiting.append((*constant, times))
    return total


def _local_constant(module: Module, node: ast.expr) -> tuple[Module, ast.expr] | None:
    """Return what a local variable is bound to, if that is one thing."""
    if not isinstance(node, ast.Name):
        return None
    name = module.name_of(node)
    owner = module.scope_of(node).owner(name)
    bindings = owner.bindings[name] if owner is not None else []
    value = bindings[0].value if len(bindings) == 1 else None
    return (module, value) if value is not None else None


def _shown(size: int) -> str:
    return f"{size / 1_000:,.0f} kB" if size < _TOO_MANY else "many MB"
