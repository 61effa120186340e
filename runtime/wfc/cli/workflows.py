"""Find the workflow that a command names, and turn its input into recorded arguments."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..builds import Build
from ..errors import ConfigError, TypeValidationError
from ..ids import short_name, written_out

if TYPE_CHECKING:
    from ..flow import FlowRoute


def find_workflow(build: Build, name: str) -> str:
    """Return the id of the workflow that `name` means: a full id, `module:function`, or a function's name.

    ConfigError, with what there is and what was probably meant, when no workflow or more than one is called so.
    """
    ids = [entry.workflow_id for _, entry in build.manifest.workflow_entries()]
    exact = written_out(name)
    if exact in ids:
        return exact
    called = [id_ for id_ in ids if short_name(id_) == name]
    if len(called) == 1:
        return called[0]
    if called:
        raise ConfigError(f"more than one workflow is called {name!r}; say which: {', '.join(called)}")
    raise ConfigError(_unknown(name, ids))


def encode_input(build: Build, workflow_id: str, given: Any) -> bytes:
    """Check plain JSON against the workflow's parameters and record it; ConfigError names what doesn't fit."""
    try:
        return flow_of(build, workflow_id).signature.from_plain_args(given)
    except TypeValidationError as error:
        raise ConfigError(str(error)) from error


def flow_of(build: Build, workflow_id: str) -> FlowRoute:
    """Import a workflow's flow; ConfigError where the build has none, or it can't be imported."""
    try:
        return build.flow(workflow_id)
    except ConfigError:
        raise
    except Exception as error:  # importing the flow runs the user's module, which may raise anything
        raise ConfigError(
            f"the flow of {short_name(workflow_id)} can't be imported: {type(error).__name__}: {error}"
        ) from error


def _unknown(name: str, ids: Iterable[str]) -> str:
    names = sorted(short_name(id_) for id_ in ids)
    if not names:
        return f"there is no workflow {name!r}: the build holds none"
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there is {', '.join(names)}"
    return f"there is no workflow {name!r}; {hint}"
