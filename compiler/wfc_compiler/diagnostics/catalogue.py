"""Every code with its name and severity: the one table that all renderers and rules look up.

The codes are fixed (users write them in `# wfc: ignore[...]`), and each row is one that wfc emits; what
there is to say at length, with examples, stands in the code's class in `rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from .values import Diagnostic, Severity

_SEVERITIES = {"E": Severity.ERROR, "W": Severity.WARNING, "I": Severity.INFO}
_TABLE = """
001 E nested-definition          a step, workflow or hook is defined inside a function or class
002 E sync-workflow              a workflow is not `async def`
003 E generator-definition       a step or workflow is a generator
004 E not-a-function             a method, property, lambda or partial is registered
005 E duplicate-id               two definitions share one id
006 W stacked-decorator          a decorator above or below `@wf.*` may hide the function
007 E decorator-argument         a decorator argument is not a build-time literal, or out of range
008 E unknown-registry           a registry can't be resolved to a `Workflows()`
009 E two-registrations          one function is registered twice
010 W rebound-name               the name of a step or workflow is bound to something else
011 E conditional-definition     a step or workflow is defined conditionally
012 E unknown-attribute          a registry or the SDK has no such name
013 W unreached-definition       no entrypoint reaches a definition
014 E syntax-error               a file can't be parsed
015 E unresolved-import          a first-party import can't be resolved
016 E undefined-name             a name is not defined where it is used
017 E bad-entrypoint             an entrypoint doesn't exist or holds no registry
018 E unusable-name              a name is reserved by Python, or an id too long
020 E bad-config                 the configuration has a wrong key or value
021 W topics-mismatch            a service's topics don't carry workflow messages
101 I wall-clock                 a workflow reads the wall clock
102 E monotonic-clock            a workflow reads a monotonic or CPU clock
103 I random                     a workflow draws a random value
104 E secret                     a workflow makes a secret
105 W environment                a workflow reads the environment
106 E identity                   a workflow asks for the identity of its process or host
107 W host-time                  a workflow depends on the host's timezone or locale
108 E set-order                  the order of a set decides what a workflow does
109 W object-identity            a hash or an address reaches an argument, a branch or the result
110 E shared-state               a workflow changes a module global
111 W cache-across-runs          a class or a cache keeps for other runs what belongs to one
112 W mutable-default            a function changes the default of a parameter, or gives it away
113 W interpreter-state          a workflow looks at the state of the interpreter
114 E dynamic-code               a workflow runs code that is chosen at run time
115 E import-time-value          a workflow reads a value that each import makes anew
116 E impure-branch              a value that differs between replays decides whether durable calls are made
117 E shared-primitive           a workflow uses an asyncio primitive that all runs share
118 W finalizer                  a workflow makes objects that have a `__del__`
201 E network                    a workflow calls the network
202 E filesystem                 a workflow uses the filesystem
203 E process                    a workflow starts or signals a process
204 E threads                    a workflow uses threads or another event loop
205 E blocking-sleep             a workflow blocks in `time.sleep`
206 E interactive                a workflow asks a person at a terminal
210 I unknown-library            a workflow calls a package of which nothing is known
301 E not-durable                a workflow awaits what isn't durable, or calls the body of a step
302 E never-awaited              a durable call is never awaited, so it never runs
303 W task-left-behind           a task may still be pending when the workflow returns
308 W swallowed-cancellation     a handler swallows the cancellation of the run
310 E leaving-finally            a `finally` block around a durable call is left by `return`, `break` or `continue`
311 E unmatched-exception        an `except` clause can't match what a step raises
312 W endless-loop               a loop with durable calls has no way out
313 E spinning-loop              a loop spins without waiting
314 W lazy-call                  a durable call stands in a generator expression or lambda that never awaits it
315 E workflow-call              a workflow is called where it can't run
316 E client-api-in-flow         a client call has no durable form in a workflow
317 E durable-api-in-step        a durable call stands in a step
318 E hook-class                 a hook class is neither a pydantic model nor a dataclass
319 W constant-hook-token        a hook token is the same in every run
320 E impure-hook-token          a hook's token differs between replays
321 I hook-left-alone            a hook is never awaited, disposed of or handed on
322 W not-of-the-run             a workflow uses another library's loop, or a context variable that doesn't get there
323 E duration                   a duration literal is invalid or ambiguous
324 W held-across-wait           state of the whole process is held around a wait
401 E unrecordable-parameter     a parameter can't be recorded
402 E unrecordable-result        a result can't be recorded
403 E type-checking-import       an annotation is imported for type checkers only
404 W lost-class                 a model arrives as a dict
408 E unrecordable-argument      an argument can't be recorded
409 W lost-change                a step changes its argument, and nothing sees the change
410 W relied-on-change           a workflow counts on a step to change its variable
411 E call-signature             a call doesn't match the signature
412 E wrong-literal              a literal argument doesn't fit its parameter
413 I open-parameters            a step takes `*args` or `**kwargs`
414 W bad-default                a default is mutable, or differs from process to process
415 W large-literal              a large literal is an argument of a durable call
416 W unknown-class              a class crosses that nothing says how to record
418 E unresolvable-annotation    an annotation names something that nothing defines
421 E serializable-class         a `@serializable` class can't be registered
501 E open-star-import           a star import can't be expanded and may bring a needed name
503 I unknown-effect             a statement with unknown effects is kept
504 E write-for-others           a step writes a module global that another route reads
505 W patched-library            a function or class of a library is replaced
507 E import-cycle               an import cycle can't be sliced
509 W data-file                  a data file outside the package is needed
511 E leaves-source-root         a relative import leaves the source root
512 I whole-module               a module is kept whole
514 W registered-elsewhere       a decorator registers a step or workflow elsewhere
516 I import-for-annotations     a heavy import is used by annotations alone
520 E unimportable-route         a route can't be imported (`wfc build --verify`)
521 E run-time-import            first-party code is imported by a name made at run time
602 W repeated-effect            a step that is retried does something twice (off by default)
603 W blocking-step              a blocking call stands in an `async def` step
604 W hidden-failure             a step hides its failure, so that it is never retried
607 I bare-exception             a step raises a bare `Exception` for what no retry can mend
701 W id-gone                   a step or workflow of the active build is gone
702 W order-changed              durable calls come in another order than in the active build
703 W parameter-changed          a parameter is renamed, removed or newly required
900 E internal-error             wfc itself failed
901 I coverage                   calls in workflow code could not be checked
902 W unused-suppression         a suppression suppresses nothing
904 E unknown-code               a code in a suppression or the configuration doesn't exist
"""


@dataclass(frozen=True)
class CodeInfo:
    """A code with its short name, default severity and what it means in one line."""

    code: str
    name: str
    severity: Severity
    summary: str


OFF_BY_DEFAULT = frozenset({"WFC602"})
"""What is looked for only where `enable` in the configuration names it."""


def _read_table() -> dict[str, CodeInfo]:
    table = {}
    for line in _TABLE.strip().splitlines():
        number, severity, name, summary = line.split(maxsplit=3)
        code = f"WFC{number}"
        table[code] = CodeInfo(code, name, _SEVERITIES[severity], summary)
    return table


CATALOGUE: Mapping[str, CodeInfo] = _read_table()


def find_code(text: str) -> str | None:
    """Return the code that somebody means by `WFC201`, `wfc201`, `201` or `network`, None where there is none."""
    number = re.fullmatch(r"(?:WFC)?0*(\d{1,3})", text.strip(), re.IGNORECASE | re.ASCII)
    if number:
        code = f"WFC{int(number[1]):03d}"
        return code if code in CATALOGUE else None
    return next((code for code, info in CATALOGUE.items() if info.name == text.strip().lower()), None)


def nearest_code(text: str) -> str | None:
    """Return the code that a text which is none may have meant: misspelt before its number, digits swapped, a name."""
    digits = "".join(re.findall(r"\d", text, re.ASCII))
    known = find_code(digits)
    if known is not None:
        return known
    swapped = (code for code in CATALOGUE if code[3] == digits[:1] and sorted(code[3:]) == sorted(digits))
    names = {info.name: code for code, info in CATALOGUE.items()}
    close = get_close_matches(text.strip().lower(), names, 1)
    return next(swapped, None) or (names[close[0]] if close else None)


def unknown_code_help(text: str) -> str:
    """Return the help for a code that doesn't exist."""
    close = nearest_code(text)
    hint = f"did you mean `{close}` ({CATALOGUE[close].summary})? " if close else ""
    return f"{hint}`wfc explain` lists all codes"


def severity_of(diagnostic: Diagnostic) -> Severity:
    """Return how bad a finding is: its own word, else its code's."""
    return diagnostic.severity or CATALOGUE[diagnostic.code].severity


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Say whether any finding is an error."""
    return any(severity_of(item) is Severity.ERROR for item in diagnostics)


def sort_diagnostics(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> list[Diagnostic]:
    """Return findings by path, line, column, code, each once."""
    unique = {(item.span, item.code, item.message): item for item in reversed(diagnostics)}
    return sorted(unique.values(), key=lambda item: (item.span, item.code, item.message))
