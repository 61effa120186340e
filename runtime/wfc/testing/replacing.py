"""Steps whose bodies a test replaces by functions of its own.

Comes in: a step and a function. Goes out: a route that the worker runs like any other: arguments and results pass the
codec, the step's timeout and retries hold. The step's own module is not imported for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..builds import Build, Builds
from ..client import user_codec
from ..codec import Codec, SignatureCodec
from ..errors import ConfigError
from ..ids import short_name
from ..manifest import Manifest
from ..registry import Step, Workflow
from ..route import StepRoute

__tracebackhide__ = True  # pytest shows the test's own lines


class Replacement:
    """What stands in for a step. `calls` holds the arguments of each attempt, by parameter name, defaults included."""

    def __init__(self, step_id: str, function: Callable[..., Any], undo: Callable[[], None]) -> None:
        self.step_id = step_id
        self.calls: list[dict[str, Any]] = []
        self.undo = undo
        self._function = function

    @property
    def count(self) -> int:
        """How often it was called; an attempt that is tried again counts again."""
        return len(self.calls)

    def __call__(self, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function as the step's own would be: by position where the step can be called so."""
        bound = signature.bind(*args, **kwargs)
        given = (bound.args, bound.kwargs)
        bound.apply_defaults()
        self.calls.append(dict(bound.arguments))
        return self._function(*given[0], **given[1])

    def __repr__(self) -> str:
        return f"<replacement of {self.step_id}, called {self.count} times>"


class ReplacedStep(StepRoute):
    """A step's route with another body, which runs on the event loop. Values come as the test's own classes."""

    def __init__(self, step: Step[..., Any], step_id: str, replacement: Replacement, codec: Codec) -> None:
        self._bind(step, step_id, codec)
        self.is_threaded = False
        self._replacement = replacement

    async def _call(self, executor: object, args: Any, kwargs: Any) -> Any:
        result = self._replacement(self.signature.signature, args, kwargs)
        return await result if inspect.isawaitable(result) else result


class TestedBuild(Build):
    """A build, some of whose steps are replaced."""

    __test__ = False

    def __init__(self, directory: Path, root: Path, replaced: dict[str, StepRoute]) -> None:
        super().__init__(directory, root)
        self._replaced = replaced

    def step(self, step_id: str) -> StepRoute:
        """Return the route that stands in for a step, else its own."""
        return self._replaced.get(step_id) or super().step(step_id)


class TestedBuilds(Builds):
    """The builds of a project under test."""

    __test__ = False

    def __init__(self, out: Path, root: Path) -> None:
        super().__init__(out, root)
        self._replaced: dict[str, StepRoute] = {}

    def get(self, build_id: str) -> Build:
        """Return a build; ConfigError when its files are gone."""
        if build_id not in self._builds:
            self._builds[build_id] = TestedBuild(self.out / "builds" / build_id, self.root, self._replaced)
        return self._builds[build_id]

    def replace(self, step: Step[..., Any] | str, function: Callable[..., Any]) -> Replacement:
        """Replace a step's body from now on. Raises TypeError where the function can't be called as the step is."""
        build = self.current()
        if isinstance(step, str):
            step_id = _find_step(build.manifest, step)
            route = Build.step(build, step_id)
            own, codec = route.step, route.codec
        else:
            if not isinstance(step, Step):
                raise TypeError(f"{_named(step)}, so it can't be replaced: name a step, or give its id")
            step_id, own, codec = _find_step(build.manifest, step.id), step, user_codec
        _check_callable(own, step_id, function)
        replacement = Replacement(step_id, function, lambda: self._undo(step_id, replacement))
        self._replaced[step_id] = ReplacedStep(own, step_id, replacement, codec)
        return replacement

    def _undo(self, step_id: str, replacement: Replacement) -> None:
        standing = self._replaced.get(step_id)
        if isinstance(standing, ReplacedStep) and standing._replacement is replacement:
            del self._replaced[step_id]


def _find_step(manifest: Manifest, wanted: str) -> str:
    """Return the id of the step that a test names: by its id, by `module:function`, or by a name that is unique."""
    ids = [entry.step_id for file in manifest.steps.values() for entry in file.values()]
    found = [id_ for id_ in ids if wanted in (id_, id_.removeprefix("step//").replace("//", ":"), short_name(id_))]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"several steps are called {wanted!r}: {', '.join(found)}; name one by its id")
    near = get_close_matches(short_name(wanted), [short_name(id_) for id_ in ids], 1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise ConfigError(f"the build has no step {wanted!r}{hint} It has {', '.join(map(short_name, ids)) or 'none'}")


def _named(thing: object) -> str:
    name = getattr(thing, "__qualname__", None) or repr(thing)
    if isinstance(thing, Workflow):
        return f"{name} is a workflow, whose code is what a test is about"
    return f"{name} is no step of a `wfc.Workflows()`" if callable(thing) else f"{name} is no step"


def _check_callable(step: Step[..., Any], step_id: str, function: Callable[..., Any]) -> None:
    """Refuse a function that takes other arguments than the step, before a run fails of it."""
    name = short_name(step_id)
    if not callable(function):
        raise TypeError(f"the replacement of {name} has to be a function, not {function!r}")
    try:
        theirs = inspect.signature(function)
    except ValueError:  # a builtin that doesn't tell
        return
    own = SignatureCodec(step.func, user_codec).signature
    problem = ""
    for optional in (True, False):
        args, kwargs = _sample_call(own, optional=optional)
        try:
            theirs.bind(*args, **kwargs)
        except TypeError as error:
            problem = problem or str(error)
        else:
            return
    raise TypeError(
        f"the replacement of {name} can't be called as the step is: the step is {name}{own}, the replacement takes "
        f"{theirs}: {problem}"
    )


def _sample_call(signature: inspect.Signature, *, optional: bool) -> tuple[list[None], dict[str, None]]:
    """Return a call with all parameters, or with the required ones alone."""
    taken = [
        p
        for p in signature.parameters.values()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and (optional or p.default is p.empty)
    ]
    by_name = {p.name: None for p in taken if p.kind is p.KEYWORD_ONLY}
    return [None for p in taken if p.name not in by_name], by_name
