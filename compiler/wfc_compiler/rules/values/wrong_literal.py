"""Literal arguments that the runtime would refuse for their parameter: WFC412.

    await charge(amount="ten")        `amount: int`; "10" would do, since the runtime reads it as 10

In: recorded calls. Out: one finding for each argument whose value is known and doesn't fit. What fits is asked of
pydantic, as the runtime does, with the parameter's annotation as far as it is made of plain types; of all else nothing
is known, so that everything fits.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...binder import Module
from ...callgraph import Reached
from ...diagnostics import Diagnostic, Note
from ...discover import fold
from ...types import show
from ..base import Context, Rule
from ..waiting.misplaced import duration_argument
from .calling import DurableCall
from .naive import naive_datetime

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_HEAD = """
import datetime
import enum
from dataclasses import dataclass
from typing import Annotated, Literal
import pydantic, wfc
wf = wfc.Workflows()

class Size(enum.Enum):
    SMALL = "s"

@dataclass
class Line:
    sku: str

class Order(pydantic.BaseModel):
    lines: list[Line]

@wf.step
async def charge(
    amount: int, kind: Literal["card", "cash"] = "card", sizes: dict[str, Size] | None = None, line: Line = None
) -> str: ...

"""


def _in_flow(body: str) -> str:
    return f"{_HEAD}\n@wf.workflow\nasync def order(id: str = ''):\n    {body}\n"


class WrongLiteral(Rule):
    """A literal argument is of another type than its parameter.

    Why: What a step or workflow is given is checked against its annotations when it starts. Pydantic's lax rules
    apply: `"3"` is fine for an `int`, `"three"` isn't, nor is a number for a `str`. A naive `datetime` names no
    instant, so that nobody can sleep until then.

    Fix: Pass what the annotation says, or correct the annotation.

    Suppress: Where the value is converted by a validator that the check can't see.
    """

    code = "WFC412"
    bad = (
        _in_flow("await charge('ten')"),
        _in_flow("await charge(1.5)"),
        _in_flow("await charge(amount=None)"),
        _in_flow("await charge(1, kind='crad')"),
        _in_flow("await charge(1, sizes={'a': 's', 'b': 'xl'})"),
        _in_flow("await charge(1, line='abc')"),
        "LIMIT = 'ten'\n" + _in_flow("await charge(LIMIT)"),
        _in_flow("...") + "\nasync def host():\n    await wfc.start(order, 7)\n",
        _in_flow("await wfc.sleep(datetime.datetime(2030, 1, 1))"),
        _in_flow(
            "due = datetime.datetime.fromisoformat('2030-01-01') + datetime.timedelta(days=1)\n    await wfc.sleep(due)"
        ),
    )
    good = (
        _in_flow("await charge('10')\n    await charge(True)\n    await charge(2.0)"),
        _in_flow("await charge(1, 'cash', {'a': 's'}, {'sku': 'x'})"),
        _in_flow("await charge(1, sizes={'a': Size.SMALL}, line=Line('x'))\n    await charge(1, line=None)"),
        _in_flow("await price({'lines': []})")
        + "\n@wf.step\nasync def price(order: Order, at: datetime.datetime | None = None): ...\n",
        _in_flow("await price('x')")
        + "\nclass Sku(pydantic.BaseModel):\n    code: str\n\n    @pydantic.model_validator(mode='before')\n"
        "    @classmethod\n    def parse(cls, data): return {'code': data}\n\n@wf.step\ndef price(sku: Sku): ...\n",
        _in_flow("await price('1, 2')") + "\ndef split(text): return text.split(',')\n\n@wf.step\n"
        "async def price(ids: Annotated[list[int], pydantic.BeforeValidator(split)]): ...\n",
        _in_flow("await price('2030-01-01', '1.2.3.4', 3600)") + "\nimport ipaddress\n@wf.step\n"
        "async def price(day: datetime.date, host: ipaddress.IPv4Address, wait: datetime.timedelta): ...\n",
        _in_flow("await wfc.sleep(datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc))"),
        _in_flow(
            "start = datetime.datetime.now(datetime.UTC)\n    end = start + datetime.timedelta(days=1)\n"
            "    await wfc.sleep(end - start)\n    await wfc.sleep(end)"
        ),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per argument."""
        for call in context.durable_calls:
            if call.recorded and call.definition is not None:
                for parameter, argument in call.given():
                    if parameter is not None and parameter.annotation is not None:
                        yield from self._argument(context, call, parameter, argument)
        for reached, argument in _durations(context):
            made = naive_datetime(context, reached.function.module, argument)
            if made is not None:
                source = reached.function.module.source
                note = (Note(source.span(made), "made here"),) if made is not argument else ()
                yield Diagnostic(
                    self.code,
                    "a datetime without a time zone is no instant to wait for",
                    source.span(argument),
                    label="naive: the runtime refuses it",
                    secondary=note,
                    help="give it a zone: `tzinfo=datetime.timezone.utc`, or `datetime.now(datetime.timezone.utc)`",
                    workflow=reached.root,
                    chain=reached.chain,
                )

    def _argument(
        self, context: Context, call: DurableCall, parameter: ast.arg, argument: ast.expr
    ) -> Iterator[Diagnostic]:
        literal = _literal(context, call.module, argument)
        if literal is None or call.definition is None:
            return
        module = context.program.modules[call.definition.module]
        type = context.types.of(module, parameter.annotation)
        mismatch = context.expected.mismatch(type, literal[0], or_none=_defaults_to_none(call, parameter))
        if mismatch is None:
            return
        shown = call.module.source.text_of(call.target)
        node = _place(argument, mismatch)
        assert parameter.annotation is not None, "others are not asked about"
        text = call.module.source.text_of(node, 40)
        yield Diagnostic(
            self.code,
            f"argument `{parameter.arg}` of `{shown}` takes `{show(type)}`, "
            + (f"not `{text}`" if node is argument else f"where `{text}` doesn't fit"),
            call.module.source.span(node),
            label=mismatch["msg"].removeprefix("Input ").removeprefix("Value error, "),
            secondary=(Note(module.source.span(parameter.annotation), "checked when it arrives"),),
            help="pass a value that fits the annotation, or correct the annotation",
            workflow=call.reached.root if call.reached is not None else None,
            chain=call.reached.chain if call.reached is not None else (),
        )


def _durations(context: Context) -> Iterator[tuple[Reached, ast.expr]]:
    """Yield what workflows and steps wait for: the arguments of `sleep`, and `retry_after`."""
    seen: set[ast.AST] = set()
    for reached in (*context.graph.flow, *context.graph.step):
        for call in reached.calls:
            argument = duration_argument(call)
            if argument is not None and argument not in seen:
                seen.add(argument)
                yield reached, argument


def _literal(context: Context, module: Module, node: ast.expr) -> tuple[Any] | None:
    """Return the value of an expression made of literals and module constants, wrapped, since it may be None."""
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            found = [_literal(context, module, part) for part in parts]
            values = [part[0] for part in found if part is not None]
            if len(values) != len(parts) or (isinstance(node, ast.Set) and not _are_hashable(values)):
                return None
            made = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
            return (made(values),)
        case ast.Dict(keys=keys, values=parts):
            pairs = [_literal(context, module, part) for part in (*keys, *parts) if part is not None]
            if len(pairs) != 2 * len(parts) or None in pairs:
                return None
            items = [pair[0] for pair in pairs if pair is not None]
            return (dict(zip(items, items[len(keys) :], strict=False)),) if _are_hashable(items[: len(keys)]) else None
    folded = fold(context.program.names, module, node)
    return (folded.value,) if folded is not None else None


def _are_hashable(values: list[Any]) -> bool:
    return all(value.__hash__ is not None for value in values) and not any(isinstance(value, tuple) for value in values)


def _defaults_to_none(call: DurableCall, parameter: ast.arg) -> bool:
    """Say whether the default of a parameter is None, which the runtime then takes whatever the annotation says."""
    if call.definition is None:
        return False
    arguments = call.definition.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return any(
        one is parameter and isinstance(default, ast.Constant) and default.value is None for one, default in defaults
    )


def _place(node: ast.expr, mismatch: ErrorDetails) -> ast.expr:
    """Return the innermost part of a literal that a mismatch is about."""
    for step in mismatch["loc"]:
        match node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts) if isinstance(step, int) and step < len(parts):
                node = parts[step]
            case ast.Dict(keys=keys, values=values):
                named = [value for key, value in zip(keys, values, strict=True) if _is_key(key, step)]
                if not named:
                    break
                node = named[0]
            case _:
                break
    return node


def _is_key(key: ast.expr | None, step: int | str) -> bool:
    return isinstance(key, ast.Constant) and key.value == step
