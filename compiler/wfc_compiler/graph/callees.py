"""Find out what a call calls, and make the call.

In: a call. Out: what it gives, in `items`' terms; what it does right away is drawn. Names are followed through
modules, variables, attributes and decorators; what can't be told passes on the steps and coroutines it was given.
"""

from __future__ import annotations

import ast
from functools import partial

from . import calls, invoke
from .items import (
    AWAITABLE,
    CALLABLE,
    Arguments,
    Closure,
    Gathered,
    Generator,
    Group,
    Hook,
    Instance,
    Item,
    Opaque,
    Partial,
    Pending,
    Primitive,
    Run,
    Suppress,
    Timeout,
    Value,
    Waiting,
    multiplied,
    union,
)
from .resolve import attribute_value
from .tasks import start_all, start_task
from .variables import assign
from .walker import Walker


def call_value(walker: Walker, node: ast.Call) -> Value:
    """Walk a call; return what it may give."""
    name = walker.canonical(node.func)
    receiver = walker.evaluate(node.func.value) if isinstance(node.func, ast.Attribute) else ()
    callees = () if isinstance(node.func, ast.Attribute) else walker.evaluate(node.func)
    arguments = _arguments(walker, node)
    if name is not None:
        known = _library(walker, node, name, arguments)
        if known is not None:
            return known
    if isinstance(node.func, ast.Attribute):
        given = _method(walker, node, receiver, arguments)
        if given is not None:
            return given
        callees = attribute_value(walker, node.func, receiver)
    if callees:
        return _call_any(walker, callees, arguments)
    return _unknown(walker, node, name, arguments)


def _arguments(walker: Walker, node: ast.Call) -> Arguments:
    positional: list[Value] = []
    rest: list[Value] = []
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            rest.append(walker.evaluate(argument.value))
        elif rest:
            rest.append(walker.evaluate(argument))
        else:
            positional.append(walker.evaluate(argument))
    keywords: list[tuple[str, Value]] = []
    for keyword in node.keywords:
        value = walker.evaluate(keyword.value)
        if keyword.arg is None:
            rest.append(value)
        else:
            keywords.append((keyword.arg, value))
    return Arguments(tuple(positional), tuple(keywords), union(*rest), node)


def _call_any(walker: Walker, callees: Value, arguments: Arguments) -> Value:
    """Call one of several things."""
    found = [item for item in callees if isinstance(item, (*CALLABLE, Instance))]
    results: list[Value] = []

    def one(item: Item) -> None:
        results.append(invoke.call(walker, item, arguments))

    walker.alternatives([partial(one, item) for item in found])
    return union(*results)


def _library(walker: Walker, node: ast.Call, name: str, arguments: Arguments) -> Value | None:
    """Return what a call of the SDK, of asyncio or of a well-known function gives; None for any other."""
    given = arguments.all()
    owner, _, last = name.rpartition(".")
    if last == "wait" and owner in walker.program.hook_by_name:
        return (Hook(f"{walker.program.hook_by_name[owner].name}.wait"),)
    if name in calls.CHILD_STARTS:
        child = _child_name(walker, node)
        return (Pending(Primitive(f"start {child}".rstrip(), run=child or "child"), arguments),)
    if name == "wfc.get_run":
        return (Run("run"),)
    if name.startswith("asyncio."):
        return _asyncio(walker, node, name, arguments)
    if name in ("functools.partial", "functools.partialmethod"):
        rest = Arguments(arguments.positional[1:], arguments.keywords, arguments.rest)
        return tuple(Partial(item, rest) for item in union(*arguments.positional[:1]) if isinstance(item, CALLABLE))
    if name in calls.MAPS and arguments.positional:
        passed = Arguments(tuple(arguments.positional[1:]), (), arguments.rest)
        made = _call_any(walker, arguments.positional[0], passed)
        return tuple(multiplied(item) for item in made)
    if name in calls.CONTAINERS:
        return given
    if name == "contextlib.suppress":
        return (Suppress(tuple(walker.canonical(argument) for argument in node.args)),)
    return None


def _asyncio(walker: Walker, node: ast.Call, name: str, arguments: Arguments) -> Value | None:
    given = arguments.all()
    if name in calls.TASKS:
        return _tasks(walker, union(*arguments.positional[:1], arguments.rest, *(v for _, v in arguments.keywords)))
    if name == "asyncio.gather":
        return (start_all(walker, _awaitable(given), calls.gather_method(node), partial(invoke.run, walker)),)
    if name == "asyncio.as_completed":
        return start_all(walker, _awaitable(given), "any", partial(invoke.run, walker)).tasks
    if name == "asyncio.wait":
        return (Pending(Waiting(calls.wait_method(node), _awaitable(given), calls.has_timeout(node, 99))),)
    if name == "asyncio.wait_for":
        members = _awaitable(union(*arguments.positional[:1], *(v for k, v in arguments.keywords if k == "fut")))
        return (Pending(Waiting("one", members, calls.has_timeout(node, 1))),)
    if name in calls.TIMEOUTS:
        is_none = bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value is None
        return () if is_none else (Timeout(),)
    if name == "asyncio.TaskGroup":
        return (Group(walker.drawing.region("all")),)
    return None


def _awaitable(value: Value) -> Value:
    """Return what of a value `gather` and the like take: generators give theirs as they are walked."""
    return tuple(item for item in value if isinstance(item, AWAITABLE))


def _tasks(walker: Walker, value: Value, group: Group | None = None) -> Value:
    found: list[Item] = []
    for item in _awaitable(value):
        if isinstance(item, Pending):
            region = group.region if group is not None else walker.drawing.region("all")
            found.append(start_task(walker, item, region, partial(invoke.run, walker)))
        elif isinstance(item, Hook):
            found.extend(start_all(walker, (item,), "all", partial(invoke.run, walker)).tasks)
        else:
            found.append(item)
    return tuple(found)


def _method(walker: Walker, node: ast.Call, receiver: Value, arguments: Arguments) -> Value | None:
    """Return what a method of a container, a task group, a run or an object of the project gives."""
    assert isinstance(node.func, ast.Attribute)
    name = node.func.attr
    if name == "create_task":
        groups = [item for item in receiver if isinstance(item, Group)]
        coroutine = union(*arguments.positional[:1], *(value for key, value in arguments.keywords if key == "coro"))
        return _tasks(walker, coroutine, groups[0] if groups else None)
    for item in receiver:
        match item:
            case Run(label=label) if name in calls.RUN_METHODS:
                return (Pending(Primitive(f"{label}.{name}")),)
            case Gathered() if name in ("cancel", "done"):
                return ()
            case Instance():
                found = invoke.method(walker, item, name, (item,))
                if found:
                    return _call_any(walker, found, arguments)
            case Generator() if name in ("asend", "__anext__", "send"):
                return ()
    if name in calls.STORING_METHODS and arguments.all():
        assign(walker, node.func.value, arguments.all(), add=True)
        return receiver
    if name in calls.READING_METHODS and receiver:
        return receiver
    return None


def _unknown(walker: Walker, node: ast.Call, name: str | None, arguments: Arguments) -> Value:
    """Call what nothing is known about: it may raise, and run what it is given."""
    if name not in calls.QUIET:
        walker.may_fail()
    members = tuple(item for item in arguments.all() if isinstance(item, (*CALLABLE, *AWAITABLE)))
    tasks = tuple(item for item in members if not isinstance(item, CALLABLE))
    if name is None and isinstance(node.func, ast.Attribute) and len(tasks) == len(members):
        return tasks
    coroutines: list[Item] = []
    for item in members:
        if isinstance(item, Closure | Partial):
            coroutines += [made for made in invoke.call(walker, item, Arguments()) if isinstance(made, AWAITABLE)]
        else:
            coroutines.append(item)
    return (Pending(Opaque(tuple(coroutines), walker.text(node.func))),) if coroutines else ()


def _child_name(walker: Walker, node: ast.Call) -> str:
    """Return the name of the workflow that `start(child, ...)` starts."""
    name = walker.canonical(node.args[0]) if node.args else None
    workflow = walker.program.workflow_by_name.get(name or "")
    if workflow is not None:
        return workflow.name
    return walker.text(node.args[0]) if node.args else ""
