"""Call a value: a step, a function of the project, what `functools.partial` made, an object's method.

In: an item and the arguments. Out: what the call gives: a coroutine that hasn't started, or what a plain
function returns, whose body is walked on the spot. `run` starts a coroutine where the pen is.
"""

from __future__ import annotations

import ast

from ..binder import Module
from ..discover import FunctionNode
from ..discover.definitions import first_yield
from ..syntax import all_parameters
from .drawing import Exit, join
from .frames import Activation
from .items import (
    Arguments,
    Closure,
    Env,
    Generator,
    Hook,
    Instance,
    Item,
    Opaque,
    Partial,
    Pending,
    Primitive,
    Run,
    Step,
    Value,
    Waiting,
    union,
)
from .tasks import join_tasks, start_all, wait_for
from .walker import Call, Here, OnYield, Walker

_CONSTRUCTORS = ("__new__", "__init__", "__post_init__")


def call(walker: Walker, item: Item, arguments: Arguments) -> Value:
    """Return what calling an item gives."""
    match item:
        case Step() | Primitive():
            return (Pending(item, arguments),)
        case Partial(target, before):
            return call(walker, target, before.before(arguments))
        case Instance():
            for closure in union(*(method(walker, item, name, (item,)) for name in _CONSTRUCTORS)):
                call(walker, closure, arguments)
            return (item,)
        case Closure(node=ast.Lambda()):
            return enter(walker, item, arguments)
        case Closure(node=ast.FunctionDef() | ast.AsyncFunctionDef() as node):
            if first_yield(node) is not None:
                return (Generator(item, arguments),)
            if isinstance(node, ast.AsyncFunctionDef):
                return (Pending(item, arguments),)
            return enter(walker, item, arguments)
    return ()


def run(walker: Walker, item: Item) -> Value:
    """Draw what happens when an item is awaited; return what that gives."""
    match item:
        case Pending(target=Step() | Primitive() as target):
            walker.durable(target)
            run_label = target.run if isinstance(target, Primitive) else None
            return (Run(run_label),) if run_label is not None else ()
        case Pending(target=Closure() as closure, arguments=arguments):
            return enter(walker, closure, arguments)
        case Pending(target=Waiting() as waiting):
            return _wait(walker, waiting)
        case Pending(target=Opaque() as opaque):
            return _run_unknown(walker, opaque)
        case Hook():
            walker.durable(item)
    return ()


def _wait(walker: Walker, waiting: Waiting) -> Value:
    if waiting.method == "one" and not waiting.timeout:
        return union(*(run(walker, item) for item in waiting.members))
    return wait_for(walker, waiting, lambda item: run(walker, item))


def _run_unknown(walker: Walker, opaque: Opaque) -> Value:
    """Draw what unknown code was given as things that it may run, in any order or not at all."""
    for item in opaque.members:
        if isinstance(item, Step):
            before = walker.pen
            walker.durable(item, isStepReference=True, referenceContext=opaque.context)
            walker.pen = join(before, walker.pen)
    rest = tuple(item for item in opaque.members if not isinstance(item, Step))
    gathered = start_all(walker, rest, "all", lambda item: run(walker, item))
    return join_tasks(walker, gathered.tasks)


def iterate(walker: Walker, item: Generator, on_yield: OnYield) -> None:
    """Walk a generator of the project; `on_yield` draws what happens at each of its `yield`s."""
    caller = walker.here

    def back(value: Value) -> None:
        inside = walker.here
        walker.here = caller
        on_yield(value)
        walker.here = inside

    enter(walker, item.target, item.arguments, back)


def method(walker: Walker, item: Instance, name: str, this: Value) -> Value:
    """Return the method of a first-party class, bound."""
    if item.local is not None:
        module, node, env = item.local
        found: list[tuple[Module, FunctionNode, Env | None]] = [
            (module, member, env)
            for member in node.body
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and member.name == name
        ]
    else:
        functions = walker.receivers.functions_at(f"{item.dotted}.{name}")
        found = [(function.module, function.node, None) for function in functions]
    return tuple(Closure(module, node, env, None if _is_static(node) else this) for module, node, env in found)


def enter(walker: Walker, closure: Closure, arguments: Arguments, on_yield: OnYield | None = None) -> Value:
    """Walk a function's body; what is returned from joins what falls off its end."""
    node = closure.node
    if not walker.pen:
        return ()
    if on_yield is None and _is_silent(walker, closure, arguments):
        walker.may_fail()
        for name in walker.silence.mentions(closure.module, node).raised:
            walker.frames.throw(name, walker.pen)
        return ()
    for running in walker.here.calls:
        if running.node is node:
            return _recur(walker, running)
    if walker.is_full(node):
        walker.cut(_name(node))
        return ()
    walker.looked_into.add(node)
    entry = walker.drawing.joint()
    assert entry is not None
    frame = Activation()
    running = Call(node, entry, frame)
    env = Env(_bound(closure, arguments), closure.env)
    here = Here(closure.module, env, frame, (*walker.here.calls, running), on_yield)
    walker.frames.stack.append(frame)
    with walker.elsewhere(here):
        body = [ast.Return(value=node.body)] if isinstance(node, ast.Lambda) else node.body
        walker.walk(body)
    walker.frames.stack.remove(frame)
    walker.pen = join(walker.pen, frame.returns)
    if running.after is not None and walker.pen:
        walker.drawing.connect(running.after)
        walker.pen = (Exit(running.after),)
    return frame.value


def _recur(walker: Walker, running: Call) -> Value:
    """Draw a call of a function that is being walked: back to its entry, and on from its end."""
    walker.drawing.connect(running.entry, "loop")
    if running.after is None:
        running.after = walker.drawing.joint_apart()
    walker.pen = (Exit(running.after),)
    return running.frame.value


def _bound(closure: Closure, arguments: Arguments) -> dict[str, Value]:
    """Return what a function's parameters hold."""
    parameters = closure.node.args
    positional = [*parameters.posonlyargs, *parameters.args]
    given = arguments.positional if closure.this is None else (closure.this, *arguments.positional)
    values: dict[str, Value] = {argument.arg: arguments.rest for argument in all_parameters(parameters)}
    for argument, value in zip(positional, given, strict=False):
        values[argument.arg] = value
    if parameters.vararg is not None:
        values[parameters.vararg.arg] = union(*given[len(positional) :], arguments.rest)
    for name, value in arguments.keywords:
        target = parameters.kwarg.arg if name not in values and parameters.kwarg is not None else name
        values[target] = union(values.get(target, ()), value) if target != name else value
    return values


def _is_silent(walker: Walker, closure: Closure, arguments: Arguments) -> bool:
    """Say whether nothing that a function mentions, is given or finds around it can be durable."""
    mentioned = walker.silence.mentions(closure.module, closure.node)
    if mentioned.durable or arguments.all() or mentioned.attributes & walker.attributes.keys():
        return False
    env = closure.env
    while env is not None:
        if any(env.values.values()):
            return False
        env = env.around
    return not any(isinstance(item, Instance) for item in closure.this or ())


def _is_static(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list)


def _name(node: ast.AST) -> str:
    return f"{getattr(node, 'name', 'lambda')}()"
