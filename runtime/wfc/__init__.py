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
        EventLimitError,
        FatalError,
        HookConflictError,
        HookDisposedError,
        HookNotFoundError,
        PayloadLimitError,
        RemoteError,
        RetryableError,
        RunExpiredError,
        RunNotFoundError,
        SerializationError,
        StepInterruptedError,
        StepNotRegisteredError,
        StreamClosedError,
        ThrottleError,
        TooEarlyError,
        TypeValidationError,
        WfcError,
        WorkflowCancelledError,
        WorkflowRunFailedError,
        WorkflowWorldError,
    )
    from .handles import Run, get_hook_by_token, get_run, start, start_options, start_sync
    from .hooks import BaseHook, HookEvent
    from .metadata import StepInfo, WorkflowFeatures, WorkflowInfo, get_step_metadata, get_workflow_metadata
    from .model import RunStatus as WorkflowRunStatus
    from .registry import Retry, SandboxPolicy, Step, Workflow, Workflows
    from .streams import StreamInfo, WorkflowWritable, get_writable, read_stream
    from .streams import WorkflowWritable as WorkflowStreamHandle
    from .streams import WorkflowWritable as WorkflowStreamWriter

_HOMES = {
    "attributes": ("remove_attributes", "set_attributes"),
    "client": ("Hook",),
    "codec": ("register_serializable", "serializable"),
    "durable": ("now", "random", "sleep", "time_ns", "uuid4"),
    "errors": (
        "AttributeLimitError",
        "ConfigError",
        "EntityConflictError",
        "EventLimitError",
        "FatalError",
        "HookConflictError",
        "HookDisposedError",
        "HookNotFoundError",
        "PayloadLimitError",
        "RemoteError",
        "RetryableError",
        "RunExpiredError",
        "RunNotFoundError",
        "SerializationError",
        "StepInterruptedError",
        "StepNotRegisteredError",
        "StreamClosedError",
        "ThrottleError",
        "TooEarlyError",
        "TypeValidationError",
        "WfcError",
        "WorkflowCancelledError",
        "WorkflowRunFailedError",
        "WorkflowWorldError",
    ),
    "handles": ("Run", "get_hook_by_token", "get_run", "start", "start_options", "start_sync"),
    "hooks": ("BaseHook", "HookEvent"),
    "metadata": ("StepInfo", "WorkflowFeatures", "WorkflowInfo", "get_step_metadata", "get_workflow_metadata"),
    "model": ("WorkflowRunStatus",),
    "registry": ("Retry", "SandboxPolicy", "Step", "Workflow", "Workflows"),
    "streams": (
        "StreamInfo",
        "WorkflowStreamHandle",
        "WorkflowStreamWriter",
        "WorkflowWritable",
        "get_writable",
        "read_stream",
    ),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}
_RENAMED = {
    "Hook": "HookInfo",
    "WorkflowRunStatus": "RunStatus",
    # The SDK's two ends of a stream are one class here.
    "WorkflowStreamHandle": "WorkflowWritable",
    "WorkflowStreamWriter": "WorkflowWritable",
}
_SUBMODULES = ("errors", "sandbox")  # which `import vercel.workflow` alone makes usable

__all__ = [
    "AttributeLimitError",
    "BaseHook",
    "ConfigError",
    "EntityConflictError",
    "EventLimitError",
    "FatalError",
    "Hook",
    "HookConflictError",
    "HookDisposedError",
    "HookEvent",
    "HookNotFoundError",
    "PayloadLimitError",
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
    "ThrottleError",
    "TooEarlyError",
    "TypeValidationError",
    "WfcError",
    "Workflow",
    "WorkflowCancelledError",
    "WorkflowFeatures",
    "WorkflowInfo",
    "WorkflowRunFailedError",
    "WorkflowRunStatus",
    "WorkflowStreamHandle",
    "WorkflowStreamWriter",
    "WorkflowWorldError",
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
    if module is None and name in _SUBMODULES:
        return import_module(f".{name}", __name__)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __name__), _RENAMED.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
