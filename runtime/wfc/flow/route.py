"""What a generated flow route makes of itself: the workflow's function with everything needed to run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ..codec import SignatureCodec
from ..target import load_target
from .output import hold_back_log_records


class StepLike(Protocol):
    """What a flow needs to know of a step: its id, and a function with its signature."""

    @property
    def id(self) -> str:
        """The step's id in the manifest."""

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The function, in a flow a stub."""

    @property
    def cancellable(self) -> bool:
        """May the step's body be told to stop?"""


class FlowRoute:
    """A workflow of a build. Made by the emitted `route.py`; imports the shadow module that defines the workflow.

    `package` is the emitted module's `__package__` (empty when it was imported from its own directory), `target` is
    `module:function` in the user's names.
    """

    def __init__(self, *, package: str | None, file: str, workflow_id: str, target: str) -> None:
        hold_back_log_records()
        self.workflow_id = workflow_id
        loaded = load_target(package, Path(file), target)
        self.function: Callable[..., Any] = loaded.value.func
        self.codec = loaded.codec
        self.signature = SignatureCodec(self.function, self.codec)
        self._signatures: dict[str, SignatureCodec] = {}

    def signature_of(self, step: StepLike) -> SignatureCodec:
        """Return the codec of a step's arguments and result, made once for each step."""
        found = self._signatures.get(step.id)
        return found if found is not None else self.signature_for(step.id, step.__wrapped__)

    def signature_for(self, id_: str, function: Callable[..., Any]) -> SignatureCodec:
        """Return the codec of a step's or child workflow's arguments and result, made once for each."""
        found = self._signatures.get(id_)
        if found is None:
            found = self._signatures[id_] = SignatureCodec(function, self.codec)
        return found

    def hook_class(self, name: str) -> type:
        """Return a hook class of this flow by its `module:Class` name; LookupError when the flow has none."""
        found = self.codec.resolver.find(name)
        if found is None:
            raise LookupError(f"the flow of {self.workflow_id} has no hook class {name}")
        return found
