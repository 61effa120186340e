"""Run programs in plain asyncio and print what they ask for: in another process, so that hashes and addresses differ.

In, on stdin: programs by name, as JSON. Out, on stdout: for each the steps that were called, with their arguments, and
the result; `["raised", ...]` where the program failed. Sets and dicts are put in order, as wfc compares them.
"""

import asyncio
import dataclasses
import itertools
import json
import signal
import sys
import types
import typing
from typing import Any

Trace = list[list[Any]]

TAGS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "xi")


class Name(str):
    """A text with what programs ask of the things in a list."""

    __slots__ = ()

    @property
    def id(self) -> str:
        return self.upper()


class OrderedTask(asyncio.Task[Any]):
    """A task that hashes by the order in which it was made, as in a workflow."""

    _count = itertools.count()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._order = next(self._count)
        super().__init__(*arguments, **options)

    def __hash__(self) -> int:
        return self._order


def in_order(value: Any) -> Any:
    """Return a value as JSON can hold it, without what wfc doesn't compare."""
    if isinstance(value, set | frozenset):
        return ["a set", sorted(map(in_order, value), key=repr)]
    if isinstance(value, dict):
        return ["a dict", sorted(([in_order(k), in_order(v)] for k, v in value.items()), key=repr)]
    if isinstance(value, list | tuple):
        return [in_order(item) for item in value]
    if dataclasses.is_dataclass(value) or hasattr(value, "model_fields_set"):
        return [type(value).__name__, in_order(vars(value))]
    return value if value is None or isinstance(value, str | int | float) else type(value).__name__


def sample(kind: Any) -> Any:
    """Return an argument of a type."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return sample(next(item for item in arguments if item is not type(None)))
    if origin in (set, frozenset):
        return origin(TAGS) if arguments == (str,) else origin(range(8))
    if origin is list:
        if arguments == (dict,):
            return [{"k": "one", "v": tag, "c": "EUR"} for tag in TAGS]
        return [Name(tag) for tag in TAGS] if arguments == (str,) else [sample(arguments[0])]
    if origin is dict:
        return {tag: sample(arguments[1]) for tag in TAGS[:3]} | {"a": sample(arguments[1])}
    if isinstance(kind, type) and hasattr(kind, "model_fields"):
        return kind(**{name: sample(field.annotation) for name, field in kind.model_fields.items()})
    return {int: 3, str: Name("beta")}.get(kind, 3)


def make_sdk(trace: Trace) -> types.SimpleNamespace:
    """Return what a program imports as `vercel.workflow`."""

    class Workflows:
        def workflow(self, function: Any) -> Any:
            return function

        def step(self, function: Any) -> Any:
            result = set(TAGS) if function.__name__ == "tags_of" else "done"

            async def step(*arguments: Any, **named: Any) -> Any:
                trace.append([function.__name__, in_order(arguments), in_order(named)])
                await asyncio.sleep(0)
                return result

            return step

    class BaseHook:
        @classmethod
        async def wait(cls, *, token: str | None = None, metadata: Any = None) -> None:
            trace.append(["wait", token, in_order(metadata)])

    return types.SimpleNamespace(Workflows=Workflows, BaseHook=BaseHook, FatalError=ValueError)


def run(program: str) -> Trace:
    """Return what a program asks for."""
    trace: Trace = []
    signal.setitimer(signal.ITIMER_VIRTUAL, 5)
    vercel = types.ModuleType("vercel")
    vercel.workflow = make_sdk(trace)  # type: ignore[attr-defined]
    sys.modules["vercel"] = vercel
    module = types.ModuleType("traced")
    sys.modules["traced"] = module
    try:
        exec(compile(program, "traced.py", "exec"), module.__dict__)
        hints = typing.get_type_hints(module.flow, module.__dict__)
        arguments = {name: sample(kind) for name, kind in hints.items() if name != "return"}
        asyncio.run(main(module.flow, arguments, trace))
    except Exception as error:  # noqa: BLE001 - whatever the program raises
        trace.append(["raised", type(error).__name__])
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return trace


async def main(flow: Any, arguments: dict[str, Any], trace: Trace) -> None:
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda loop, coro, **options: OrderedTask(coro, loop=loop, **options))
    trace.append(["result", in_order(await flow(**arguments))])


def give_up(*_: object) -> None:
    raise TimeoutError


if __name__ == "__main__":
    signal.signal(signal.SIGVTALRM, give_up)
    stdout, sys.stdout = sys.stdout, sys.stderr
    programs = json.load(sys.stdin)
    json.dump({name: run(program) for name, program in programs.items()}, stdout)
