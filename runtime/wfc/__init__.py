"""wfc: durable workflows in Python, compiled.

    import wfc
    wf = wfc.Workflows()

    @wf.step
    async def fetch(url: str) -> str: ...

    @wf.workflow
    async def mirror(*, url: str) -> str:
        page = await fetch(url)
        await wfc.sleep("1 day")
        return page

Names load when they are first used, so that a step's route, which imports this package, carries no more than it needs.
They follow the Python Workflow SDK (`vercel.workflow`), whose programs run unchanged.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from .attributes import remove_attributes, set_attributes
    from .client import HookInfo as Hook
    from .codec import register_serializable, serializable
    from .durable import now, random, sleep, time_ns, uuid4
    from .errors import (
        AttributeLimitError,
        ConfigError,
        EntityConflictError,
        FatalError,
        HookConflictError,
        HookDisposedError,
        HookNotFoundError,
        RemoteError,
        RetryableError,
        RunExpiredError,
        RunNotFoundError,
        SerializationError,
        StepInterruptedError,
        StepNotRegisteredError,
        StreamClosedError,
        TypeValidationError,
        WfcError,
        WorkflowCancelledError,
        WorkflowRunFailedError,
    )
    from .handles import Run, get_hook_by_token, get_run, start, start_options, start_sync
    from .hooks import BaseHook, HookEvent
    from .metadata import StepInfo, WorkflowInfo, get_step_metadata, get_workflow_metadata
    from .registry import Retry, SandboxPolicy, Step, Workflow, Workflows
    from .streams import StreamInfo, WorkflowWritable, get_writable, read_stream

_HOMES = {
    "attributes": ("remove_attributes", "set_attributes"),
    "client": ("Hook",),
    "codec": ("register_serializable", "serializable"),
    "durable": ("now", "random", "sleep", "time_ns", "uuid4"),
    "errors": (
        "AttributeLimitError",
        "ConfigError",
        "EntityConflictError",
        "FatalError",
        "HookConflictError",
        "HookDisposedError",
        "HookNotFoundError",
        "RemoteError",
        "RetryableError",
        "RunExpiredError",
        "RunNotFoundError",
        "SerializationError",
        "StepInterruptedError",
        "StepNotRegisteredError",
        "StreamClosedError",
        "TypeValidationError",
        "WfcError",
        "WorkflowCancelledError",
        "WorkflowRunFailedError",
    ),
    "handles": ("Run", "get_hook_by_token", "get_run", "start", "start_options", "start_sync"),
    "hooks": ("BaseHook", "HookEvent"),
    "metadata": ("StepInfo", "WorkflowInfo", "get_step_metadata", "get_workflow_metadata"),
    "registry": ("Retry", "SandboxPolicy", "Step", "Workflow", "Workflows"),
    "streams": ("StreamInfo", "WorkflowWritable", "get_writable", "read_stream"),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}
_RENAMED = {"Hook": "HookInfo"}

__all__ = [
    "AttributeLimitError",
    "BaseHook",
    "ConfigError",
    "EntityConflictError",
    "FatalError",
    "Hook",
    "HookConflictError",
    "HookDisposedError",
    "HookEvent",
    "HookNotFoundError",
    "RemoteError",
    "Retry",
    "RetryableError",
    "Run",
    "RunExpiredError",
    "RunNotFoundError",
    "SandboxPolicy",
    "SerializationError",
    "Step",
    "StepInfo",
    "StepInterruptedError",
    "StepNotRegisteredError",
    "StreamClosedError",
    "StreamInfo",
    "TypeValidationError",
    "WfcError",
    "Workflow",
    "WorkflowCancelledError",
    "WorkflowInfo",
    "WorkflowRunFailedError",
    "WorkflowWritable",
    "Workflows",
    "__version__",
    "get_hook_by_token",
    "get_run",
    "get_step_metadata",
    "get_workflow_metadata",
    "get_writable",
    "now",
    "random",
    "read_stream",
    "register_serializable",
    "remove_attributes",
    "serializable",
    "set_attributes",
    "sleep",
    "start",
    "start_options",
    "start_sync",
    "time_ns",
    "uuid4",
]


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __name__), _RENAMED.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
