"""The names of the SDK: what `wfc` (and so `vercel.workflow`) offers.

Names are followed, and discovery and the rules compare them, with these tables. `wfc/__init__.py` is the original,
which the compiler doesn't import.
"""

from __future__ import annotations

_PUBLIC_NAMES = """
    Workflows Step Workflow sleep now time_ns random uuid4 BaseHook HookEvent Hook start
    start_options start_sync get_run Run get_hook_by_token get_step_metadata get_workflow_metadata
    StepInfo WorkflowInfo Retry serializable register_serializable FatalError RetryableError
    RemoteError SerializationError TypeValidationError HookConflictError HookDisposedError
    HookNotFoundError StepNotRegisteredError WorkflowRunFailedError WorkflowCancelledError
    EntityConflictError RunExpiredError RunNotFoundError SandboxPolicy WfcError StepInterruptedError
    ConfigError AttributeLimitError PayloadLimitError EventLimitError set_attributes remove_attributes
    StreamClosedError StreamInfo WorkflowWritable get_writable read_stream
    WorkflowStreamHandle WorkflowStreamWriter WorkflowWorldError ThrottleError TooEarlyError
    WorkflowFeatures WorkflowRunStatus
"""
PUBLIC = frozenset(_PUBLIC_NAMES.split())
# Modules below `wfc` that a host process may import.
SUBMODULES = frozenset({"asgi", "compat", "codec", "duration", "errors", "manifest", "sandbox"})
REGISTRY = "wfc.Workflows"
HOOK_BASE = "wfc.BaseHook"
DECORATORS = frozenset({"step", "workflow"})
REGISTRY_ATTRIBUTES = DECORATORS | {"namespace"}
STEP_ARGUMENTS = ("max_retries", "timeout", "cancellable", "retry")
RETRY_ARGUMENTS = ("initial", "factor", "max", "jitter")
_SPELLINGS = ("vercel.workflow", "vercel_workflow")


def as_sdk(dotted: str) -> str:
    """Return a name of the SDK in its one spelling, `wfc.sleep` for `vercel.workflow.sleep`; any other as it is."""
    for spelling in _SPELLINGS:
        if dotted == spelling or dotted.startswith(spelling + "."):
            return "wfc" + dotted[len(spelling) :]
    return dotted
