"""What steps do with their failures: WFC604 and WFC607.

try:
    requests.post(url, json=order)      the step's work
except Exception:
    logger.exception("not sent")        the step ends well, and is never tried again

if amount < 0:
    raise Exception("negative")         tried again, with the same outcome each time
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ...callgraph import Reached
from ...diagnostics import Diagnostic
from ...syntax import is_none
from ..base import Context, Rule
from ..frames import header, own_nodes
from ..scaffold import in_step

_Hiding = tuple[ast.ExceptHandler | ast.Call, Sequence[ast.stmt]]

_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
_EFFECTS = frozenset({"network", "filesystem", "process"})
_TELLING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print", "print_exc"}
    | {"capture_exception"}
)
# What a test may call and still depend on nothing but its arguments.
_LOOKS = frozenset({"len", "isinstance", "any", "all", "min", "max", "sum", "str", "int", "float", "bool", "abs"})
_METHODS = frozenset({"strip", "lower", "upper", "startswith", "endswith", "get", "isdigit", "isalpha", "split"})


class HiddenFailure(Rule):
    """A step hides the failure of its own work.

    Why: A step that raises is tried again; one that catches everything and returns has succeeded. The workflow goes on
    as if the work had been done, and nothing ever does it.

    Fix: Let the exception out, or catch only what you expect. A handler may log and then `raise`.

    Suppress: Where the step's work is a favour that may fail, such as a notice to a chat.
    """

    code = "WFC604"
    bad = (
        "import requests\n"
        + in_step("try:\n        requests.post(name)\n    except Exception:\n        pass").replace(
            "async def w", "def w"
        ),
        "import httpx, logging\nlogger = logging.getLogger(__name__)\n"
        + in_step(
            "async with httpx.AsyncClient() as client:\n        try:\n            await client.post(name)\n"
            "        except Exception:\n            logger.exception('not sent')"
        ),
        "import aiohttp\n"
        + in_step(
            "try:\n        async with aiohttp.ClientSession() as session:\n"
            "            return (await session.get(name)).status\n"
            "    except:\n        return None"
        ),
        "import contextlib, shutil\n"
        + in_step("with contextlib.suppress(Exception):\n        shutil.copy(name, 'copy')"),
        "import httpx\n\nasync def send(url):\n    async with httpx.AsyncClient() as client:\n"
        "        await client.post(url)\n"
        + in_step("try:\n        await send(name)\n    except Exception:\n        print('not sent')"),
    )
    good = (
        "import httpx\n"
        + in_step(
            "async with httpx.AsyncClient() as client:\n        try:\n            await client.post(name)\n"
            "        except Exception:\n            print('not sent')\n            raise"
        ),
        "import httpx\n"
        + in_step(
            "async with httpx.AsyncClient() as client:\n        try:\n"
            "            return (await client.get(name)).text\n"
            "        except httpx.HTTPStatusError:\n            return None"
        ),
        "import httpx\n"
        + in_step(
            "async with httpx.AsyncClient() as client:\n        paid = await client.post(name)\n        try:\n"
            "            await client.post('/log')\n        except Exception:\n            pass\n"
            "        return paid.text"
        ),
        "import httpx\n"
        + in_step(
            "try:\n        async with httpx.AsyncClient() as client:\n            await client.post(name)\n"
            "    except Exception as error:\n        return {'ok': False, 'error': str(error)}"
        ),
        in_step("try:\n        number = int(name)\n    except Exception:\n        number = 0\n    return number"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per handler around all that a step does."""
        for reached in context.graph.step:
            if not reached.is_root:
                continue
            effects = _effects(context, reached)
            for place, block in _hiding_places(context, reached):
                if effects and effects <= set(own_nodes(block)) and _ends_empty(reached, block):
                    yield self._report(reached, place)

    def _report(self, reached: Reached, place: ast.ExceptHandler | ast.Call) -> Diagnostic:
        source = reached.function.module.source
        return Diagnostic(
            self.code,
            "a step hides the failure of its own work",
            source.span(place) if isinstance(place, ast.Call) else header(source, place),
            label="the step ends well, and is never tried again",
            help="catch what you expect, or end the handler with `raise`",
            workflow=reached.root,
            chain=reached.chain,
        )


def _effects(context: Context, reached: Reached) -> set[ast.AST]:
    """Return the calls that do a step's work: those that leave the process, themselves or through helpers."""
    body = own_nodes(reached.function.node.body)
    return {node for node in body if isinstance(node, ast.Call) and _acts(context, reached, node)}


def _acts(context: Context, reached: Reached, call: ast.Call) -> bool:
    callee = reached.callees.get(call)
    if callee is None:
        return isinstance(reached.function.parents.get(call), ast.Await)
    if not context.program.names.is_first_party(callee):
        makes_client = callee.rpartition(".")[2][:1].isupper()
        return not makes_client and context.facts.kind(callee, has_arguments=True) in _EFFECTS
    facts = context.functions.facts(callee)
    return context.is_step(callee) or (facts is not None and not _EFFECTS.isdisjoint(facts.impure))


def _hiding_places(context: Context, reached: Reached) -> Iterator[_Hiding]:
    yield from _hiding_handlers(context, reached)
    yield from _hiding_suppressors(context, reached)


def _hiding_handlers(context: Context, reached: Reached) -> Iterator[_Hiding]:
    for statement in reached.function.of_type(ast.Try):
        for handler in statement.handlers:
            if _catches_all(context, reached, handler.type) and _only_tells(handler.body):
                yield handler, statement.body


def _hiding_suppressors(context: Context, reached: Reached) -> Iterator[_Hiding]:
    for block in reached.function.of_type(ast.With):
        for item in block.items:
            made = item.context_expr
            if not (isinstance(made, ast.Call) and reached.callees.get(made) == "contextlib.suppress"):
                continue
            if any(_catches_all(context, reached, argument) for argument in made.args):
                yield made, block.body


def _catches_all(context: Context, reached: Reached, caught: ast.expr | None) -> bool:
    names = context.program.names
    classes = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(cls is None or names.canonical(reached.function.module, cls) in _BROAD for cls in classes)


def _only_tells(body: Sequence[ast.stmt]) -> bool:
    """Say whether a handler does nothing but write to a log."""
    for statement in body:
        match statement:
            case ast.Pass() | ast.Continue() | ast.Expr(value=ast.Constant()) | ast.Return(value=None):
                pass
            case ast.Return(value=ast.Constant(value=None)):
                pass
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name))) if name in _TELLING:
                pass
            case _:
                return False
    return True


def _ends_empty(reached: Reached, block: Sequence[ast.stmt]) -> bool:
    """Say whether a step that got past a block tells nobody of it: it raises nothing, and returns None."""
    inside = set(own_nodes(block))
    for node in own_nodes(reached.function.node.body):
        if node in inside:
            continue
        if isinstance(node, ast.Raise):
            return False
        if isinstance(node, ast.Return) and not (node.value is None or is_none(node.value)):
            return False
    return True


class BareException(Rule):
    """A step raises a bare `Exception` for what no retry can mend.

    Why: Any exception makes wfc try the step again, with growing pauses. What the arguments decide is decided in the
    same way each time, so the workflow learns of it minutes later than it could.

    Fix: Raise `FatalError(...)`, which ends the step at once, or an exception class of your own that derives from it.

    Suppress: Where another attempt can have another outcome.
    """

    code = "WFC607"
    bad = (
        in_step("if not name:\n        raise Exception('no name')\n    return name"),
        in_step("if name.startswith('-') or len(name) > 99:\n        raise Exception(name)\n    return name"),
    )
    good = (
        in_step("if not name:\n        raise workflow.FatalError('no name')\n    return name"),
        in_step("if not name:\n        raise ValueError('no name')\n    return name"),
        "import random\n" + in_step("if random.random() < 0.3:\n        raise Exception('try again')"),
        "import httpx\n"
        + in_step(
            "async with httpx.AsyncClient() as client:\n        answer = await client.get(name)\n"
            "    if answer.is_error:\n        raise Exception('down')"
        ),
        in_step("if not name:\n        raise Exception('no name')").replace("@wf.step", "@wf.step(max_retries=0)"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a remark per bare exception that the arguments decide on."""
        retried = {step.id for step in context.program.steps if step.options.max_retries}
        for reached in context.graph.step:
            if not reached.is_root or reached.root not in retried:
                continue
            for node in reached.function.of_type(ast.If):
                for error in _raised_in(context, reached, node):
                    source = reached.function.module.source
                    yield Diagnostic(
                        self.code,
                        "a step raises a bare `Exception` for its arguments",
                        source.span(error),
                        label="tried again, with the same outcome",
                        help=f"raise `{context.spell(reached, 'FatalError')}(...)`: it ends the step at once",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


def _raised_in(context: Context, reached: Reached, node: ast.If) -> Iterator[ast.Raise]:
    """Yield what a test of the arguments raises that stands first in a step."""
    body = reached.function.node.body
    if node not in body or not _asks_arguments(reached, node.test):
        return
    before = body[: body.index(node)]
    if any(isinstance(part, ast.Await | ast.AsyncFor | ast.AsyncWith | ast.Call) for part in own_nodes(before)):
        return
    for statement in (*node.body, *node.orelse):
        if isinstance(statement, ast.Raise) and statement.exc is not None:
            made = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
            if context.program.names.canonical(reached.function.module, made) in _BROAD:
                yield statement


def _asks_arguments(reached: Reached, test: ast.expr) -> bool:
    """Say whether a test depends on the arguments of a step, and on nothing else that might change."""
    arguments = reached.function.node.args
    own = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    names = {node.id for node in own_nodes([test]) if isinstance(node, ast.Name)}
    for node in own_nodes([test]):
        match node:
            case ast.Await() | ast.NamedExpr():
                return False
            case ast.Call(func=ast.Name(id=name)) if name in _LOOKS:
                names.discard(name)
            case ast.Call(func=ast.Attribute(attr=name)) if name in _METHODS:
                pass
            case ast.Call():
                return False
    return bool(names & own) and all(name in own or name.isupper() for name in names)


FAILURE_RULES: tuple[type[Rule], ...] = (HiddenFailure, BareException)
