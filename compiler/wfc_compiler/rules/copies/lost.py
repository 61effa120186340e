"""Changes of arguments, which are copies: WFC409 in the step, WFC410 in the workflow that counts on them.

@wf.step                                        @wf.workflow
async def add(cart: list, item: str):           await add(cart, "tea")
    cart.append(item)           <- WFC409       return cart             <- WFC410: still empty
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from ...callgraph import Call, Function, Reached
from ...diagnostics import Diagnostic, Note
from ...discover import StepDef
from ...syntax import all_parameters
from ..base import Context, Rule
from .changes import Change, Path, overlap, path_of

_START = """
import asyncio
import pydantic
from vercel import workflow
wf = workflow.Workflows()

class Order(pydantic.BaseModel):
    id: int
    status: str = "new"
    lines: list[dict] = []

async def save(order: object) -> None: ...
"""


def _in_step(body: str, parameters: str = "cart: list, item: str") -> str:
    """Return a program with a step that has the body, and a workflow that calls it."""
    return f"{_START}\n@wf.step\nasync def add({parameters}):\n    {body}\n"


def _in_flow(step: str, body: str, parameters: str = "cart: list, item: str") -> str:
    """Return a program with a step and a workflow, by their bodies."""
    return f"{_in_step(step, parameters)}\n@wf.workflow\nasync def order({parameters}):\n    {body}\n"


_ORDER = "order: Order"


class LostChange(Rule):
    """A step changes its argument, and nothing sees the change.

    Why: What a step gets is a copy: its arguments are written to the log and read again where the step runs, maybe on
    another machine. A change of them ends with the step. In plain Python the caller would see it.

    Fix: Return what has changed, and use the result: `cart = await add(cart, item)`.

    Suppress: Where the change serves something that can't be seen here, such as a `__del__`.
    """

    code = "WFC409"
    bad = (
        _in_step("cart.append(item)"),
        _in_step("cart['items'].append(item)", "cart: dict, item: str"),
        _in_step("cart['count'] = len(cart['items'])\n    return None", "cart: dict"),
        _in_step("order.status = 'paid'", _ORDER),
        _in_step("order.lines[0]['price'] *= 2", _ORDER),
        _in_step("for line in order.lines:\n        line['price'] = 0", _ORDER),
        _in_step("lines = order.lines\n    lines.clear()", _ORDER),
        _in_step("await save(order)\n    del order.lines[0]", _ORDER),
        _in_step("cart += [item]"),
        _in_step("if item not in cart:\n        cart.insert(0, item)\n        return True\n    return False"),
        "import random\n" + _in_step("random.shuffle(cart)"),
    )
    good = (
        _in_step("cart.append(item)\n    return cart"),
        _in_step("return [*cart, item]"),
        _in_step("cart = list(cart)\n    cart.append(item)"),
        _in_step("mine = list(cart)\n    mine.append(item)"),
        _in_step("cart['sent'] = True\n    await save(cart)", "cart: dict"),
        _in_step("order.status = 'paid'\n    await save(order)", _ORDER),
        _in_step("order.status = 'paid'\n    return {'order': order}", _ORDER),
        _in_step("while cart:\n        first = cart.pop()\n        await save(first)"),
        _in_step("for line in order.lines:\n        line['price'] = 0\n        await save(line)", _ORDER),
        _in_step("for line in order.lines:\n        line['price'] = 0\n    await save(order)", _ORDER),
        _in_step("total = 0\n    total += len(cart)\n    return total"),
        _in_step("found = []\n    found.append(item)\n    found[0] = cart"),
        _in_step("def last(): return cart\n    cart.append(item)\n    await save(last)"),
        _in_step("count += 1", "count: int"),
        _in_step("log = {}\n    log['a'] = cart[:]\n    log['a'].append(item)\n    await save(log)"),
        f"{_START}\n@wf.workflow\nasync def order(cart: list, item: str):\n    cart.append(item)\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per parameter of a step, at the first change that nothing sees."""
        for reached in context.graph.step:
            step = context.program.step_by_name.get(reached.function.dotted) if reached.is_root else None
            told: set[str] = set()
            for change in context.changed_arguments.of(step) if step is not None else ():
                name = change.parameter.arg
                if change.lost and name not in told:
                    told.add(name)
                    yield self._report(reached, change, name)

    def _report(self, reached: Reached, change: Change, name: str) -> Diagnostic:
        source = reached.function.module.source
        return Diagnostic(
            self.code,
            f"step `{reached.function.node.name}` changes its argument `{name}`, and the change is lost",
            source.span(change.node),
            label="changes a copy, which ends with the step",
            secondary=(Note(source.span(change.parameter), "arrives as a copy"),),
            help=f"return it: `return {name}`, and use the result in the workflow",
            workflow=reached.root,
        )


class ReliesOnChange(Rule):
    """A workflow reads a variable again after a step has changed its copy of it.

    Why: What a step gets is a copy of the argument, so that the workflow's variable stays as it was. In plain Python it
    would be changed; here only what the step returns comes back.

    Fix: Return the changed value from the step, and use the result: `cart = await add(cart, item)`.

    Suppress: Where the old value is meant.
    """

    code = "WFC410"
    bad = (
        _in_flow("cart.append(item)\n    return cart", "await add(cart, item)\n    return cart"),
        _in_flow("order.status = 'paid'\n    return order", "await add(order)\n    await save(order.status)", _ORDER),
        _in_flow(
            "cart.append(item)\n    return cart",
            "for one in item:\n        await add(cart, item=one)\n    print(len(cart))",
        ),
        _in_flow(
            "cart['n'] = 1\n    return cart",
            "state = {'cart': cart}\n    await add(state['cart'])\n    return state",
            "cart: dict",
        ),
        _in_flow("cart.append(item)\n    return cart", "await fill(cart)\n    return 1\n\nasync def fill(rows):\n"
              "    await add(rows, 'tea')\n    return rows"),
    )  # fmt: skip
    good = (
        _in_flow("cart.append(item)\n    return cart", "cart = await add(cart, item)\n    return cart"),
        _in_flow("cart.append(item)\n    return cart", "more = await add(cart, item)\n    return cart, more"),
        _in_flow("cart.append(item)\n    return cart", "await add(cart, item)\n    return item"),
        _in_flow("cart.append(item)\n    return cart", "await add(list(cart), item)\n    return cart"),
        _in_flow("cart.append(item)\n    return cart", "await add(cart, item)\n    cart = [item]\n    return cart"),
        _in_flow("order.status = 'paid'\n    return order", "await add(order)\n    await save(order.id)", _ORDER),
        _in_flow("cart['sent'] = True\n    await save(cart)", "await add(cart)\n    await save(cart)", "cart: dict"),
        _in_flow("return [*cart, item]", "await add(cart, item)\n    return cart"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per call that passes what the step changes, and that is read later."""
        for reached in context.graph.flow:
            for call in reached.calls:
                step = context.program.step_by_name.get(call.callee or "")
                changed = context.changed_arguments.of(step) if step is not None else ()
                if step is not None and changed:
                    yield from self._check_call(context, reached, call, step, changed)

    def _check_call(
        self, context: Context, reached: Reached, call: Call, step: StepDef, changed: Sequence[Change]
    ) -> Iterator[Diagnostic]:
        arguments = _by_parameter(step, call.node)
        dropped = _is_dropped(reached.function, call.node)
        told: set[str] = set()
        for change in changed:
            name = change.parameter.arg
            argument = arguments.get(name)
            if argument is None or name in told or not (change.lost or (change.returned and dropped)):
                continue
            read = _read_after(reached, call, argument, change.path)
            if read is not None:
                told.add(name)
                yield self._report(context, reached, step, change, (argument, read))

    def _report(
        self, context: Context, reached: Reached, step: StepDef, change: Change, places: tuple[ast.expr, ast.expr]
    ) -> Diagnostic:
        argument, read = places
        source = reached.function.module.source
        shown = source.text_of(argument)
        back = "use the result" if change.returned else f"return `{change.parameter.arg}` from the step"
        return Diagnostic(
            self.code,
            f"workflow counts on step `{step.name}` to change `{shown}`",
            source.span(argument),
            label="the step gets a copy",
            secondary=(
                Note(context.program.modules[step.module].source.span(change.node), "changes the copy"),
                Note(source.span(read), "is read here, unchanged"),
            ),
            help=f"{back}: `{shown} = await {step.name}(...)`",
            workflow=reached.root,
            chain=reached.chain,
        )


def _by_parameter(step: StepDef, call: ast.Call) -> Mapping[str, ast.expr]:
    """Return the arguments of a call by parameter, as far as no `*` stands before them."""
    found: dict[str, ast.expr] = {}
    for parameter, argument in zip(all_parameters(step.node.args), call.args, strict=False):
        if isinstance(argument, ast.Starred):
            break
        found[parameter.arg] = argument
    return found | {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}


def _is_dropped(function: Function, call: ast.Call) -> bool:
    """Say whether nothing uses what a call gives."""
    outer = function.parents.get(call)
    return isinstance(outer, ast.Await) and isinstance(function.parents.get(outer), ast.Expr)


def _read_after(reached: Reached, call: Call, argument: ast.expr, path: Path) -> ast.expr | None:
    """Return where a workflow reads what it has passed, and the step has changed, after the call."""
    function = reached.function
    root: ast.expr = argument
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    if not isinstance(root, ast.Name) or not _is_local(function, root):
        return None
    place = path_of(argument, {root.id: (root.id, ())})
    whole: Path = (*place[1], *path) if place is not None else path
    end = (call.node.end_lineno or 0, call.node.end_col_offset or 0)
    bound = [node for node in function.of_type(ast.Name) if node.id == root.id and isinstance(node.ctx, ast.Store)]
    for node in function.of_type(ast.Name):
        start = (node.lineno, node.col_offset)
        if node.id != root.id or not isinstance(node.ctx, ast.Load) or start < end:
            continue
        if any(end <= (other.lineno, other.col_offset) < start for other in bound):
            return None
        read, part = _part_read(function, node)
        if overlap(part, whole) and not _is_passed_to(reached, read, call.callee):
            return read
    return None


def _is_local(function: Function, name: ast.Name) -> bool:
    scope = function.module.scope_of(name).owner(function.module.name_of(name))
    return scope is not None and scope is not function.module.scope


def _part_read(function: Function, node: ast.Name) -> tuple[ast.expr, Path]:
    """Return the whole of what is read through a name, and the path of it: `order.lines[0]`."""
    found: ast.expr = node
    parent = function.parents.get(found)
    while isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is found:
        found, parent = parent, function.parents.get(parent)
    if isinstance(parent, ast.Call) and parent.func is found and isinstance(found, ast.Attribute):
        found = found.value  # of `cart.copy()` the whole cart is read
    place = path_of(found, {node.id: (node.id, ())})
    return found, place[1] if place is not None else ()


def _is_passed_to(reached: Reached, node: ast.expr, callee: str | None) -> bool:
    """Say whether a value goes to the same step once more."""
    parent = reached.function.parents.get(node)
    parent = reached.function.parents.get(parent) if isinstance(parent, ast.keyword) else parent
    return isinstance(parent, ast.Call) and any(call.node is parent and call.callee == callee for call in reached.calls)


COPY_RULES: tuple[type[Rule], ...] = (LostChange, ReliesOnChange)
