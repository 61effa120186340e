"""What a rule is, and what it gets to look at.

A rule is a class: its docstring is what `wfc explain` prints, its examples are its tests. A rule whose
findings fall out of an earlier stage (a syntax error, a step that discovery has to refuse) has no
`check` of its own.
"""

from __future__ import annotations

import inspect
from abc import ABC
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from ..binder import Module
from ..callgraph import Call, CallGraph, Reached, Receivers
from ..diagnostics import Diagnostic
from ..discover import Program
from ..facts import Facts
from ..types import Types
from .arguments import is_told
from .functions import Functions

if TYPE_CHECKING:
    from .copies import ChangedArguments
    from .provenance import Meeting
    from .sources import Mentions
    from .state import Memory
    from .values.calling import DurableCall
    from .values.expected import Expected
    from .values.expressions import Expressions
    from .values.recordable import Recordable
    from .values.sent import Sent
    from .waiting.coroutines import Coroutines

_FILE_MARK = "# file: "


@dataclass(frozen=True)
class Context:
    """Everything that a rule may read. `within` names the modules to look into, None for all."""

    program: Program
    graph: CallGraph
    receivers: Receivers
    facts: Facts
    within: Collection[str] | None = None

    @cached_property
    def effects(self) -> Mapping[str, Sequence[tuple[Reached, Call]]]:
        """Return the calls of library functions in workflow code, by what the facts say they do."""
        found: dict[str, list[tuple[Reached, Call]]] = {}
        for reached in self.graph.flow:
            for call in reached.calls:
                kind = self.kind(call)
                if kind is not None:
                    found.setdefault(kind, []).append((reached, call))
        return found

    @cached_property
    def functions(self) -> Functions:
        """Return what first-party functions do, themselves or through what they call."""
        return Functions(self)

    @cached_property
    def coroutines(self) -> Coroutines:
        """Return what tells which calls give something to await."""
        from .waiting.coroutines import Coroutines  # which work on contexts

        return Coroutines(self)

    @cached_property
    def changed_arguments(self) -> ChangedArguments:
        """Return what steps change in their arguments."""
        from .copies import ChangedArguments  # which work on contexts

        return ChangedArguments(self)

    @cached_property
    def memory(self) -> Memory:
        """Return who writes and reads the module globals that steps write."""
        from .state import Memory  # which works on contexts

        return Memory(self)

    @cached_property
    def mentions(self) -> Mentions:
        """Return what workflow code mentions."""
        from .sources import mentions  # which work on contexts

        return mentions(self)

    @cached_property
    def meetings(self) -> Sequence[Meeting]:
        """Return where uncertain values of workflow code reach what a replay compares."""
        from .provenance import Provenance  # which works on contexts

        return list(Provenance(self).meetings())

    @cached_property
    def types(self) -> Types:
        """Return what reads the annotations of the program."""
        return Types(self.program.names)

    @cached_property
    def recordable(self) -> Recordable:
        """Return what knows which types the event log can hold."""
        from .values.recordable import Recordable
        from .values.registered import Registered

        return Recordable(self.types, Registered(self.program, self.types))

    @cached_property
    def durable_calls(self) -> Sequence[DurableCall]:
        """Return the calls of steps, workflows and the SDK that a signature stands behind."""
        from .values.calling import durable_calls  # which work on contexts

        return tuple(durable_calls(self))

    @cached_property
    def expressions(self) -> Expressions:
        """Return what tells the types of expressions."""
        from .values.expressions import Expressions  # which work on contexts

        return Expressions(self)

    @cached_property
    def expected(self) -> Expected:
        """Return what knows what the runtime takes for an annotation."""
        from .values.expected import Expected  # which works on contexts

        return Expected(self)

    @cached_property
    def sent(self) -> Sequence[Sent]:
        """Return what is handed over or returned, and can't be recorded."""
        from .values.sent import what_is_sent  # which works on contexts

        return tuple(what_is_sent(self))

    def kind(self, call: Call) -> str | None:
        """Return what the facts say that a call of a library function does."""
        if call.callee is None or self.program.names.is_first_party(call.callee):
            return None
        return self.facts.kind(call.callee, has_arguments=is_told(call.callee, call.node))

    def is_step(self, dotted: str | None) -> bool:
        """Say whether a canonical name is a step."""
        return dotted is not None and dotted in self.program.step_by_name

    def is_workflow(self, dotted: str | None) -> bool:
        """Say whether a canonical name is a workflow."""
        return dotted is not None and dotted in self.program.workflow_by_name

    def hook_method(self, dotted: str | None, method: str) -> bool:
        """Say whether a canonical name is `X.method` of a hook class X."""
        owner, _, name = (dotted or "").rpartition(".")
        return name == method and owner in self.program.hook_by_name

    def spell(self, reached: Reached, name: str) -> str:
        """Return an SDK name as the function's own file would write it."""
        return self.spell_in(reached.function.module, name) or f"wfc.{name}"

    def spell_in(self, module: Module, name: str) -> str | None:
        """Return an SDK name as a file can write it; None where nothing there leads to it."""
        for bound, bindings in module.bindings.items():
            target = bindings[-1].target
            if target is not None and bindings[-1].value is None:
                canonical = self.program.names.follow(target)
                if canonical in ("wfc", f"wfc.{name}"):
                    return bound if canonical != "wfc" else f"{bound}.{name}"
        return None

    def definition_modules(self) -> tuple[Module, ...]:
        """Return the modules that the entrypoints reach, in order of name."""
        names = self.program.modules if self.within is None else self.within
        return tuple(self.program.modules[name] for name in sorted(names))


class Rule(ABC):
    """One rule; subclasses say what they look for in their docstring and show it in examples.

    An example is the text of `app.py`, or of several files, each after a line `# file: path`; what is below `before/`
    has been built before the rest was written.
    """

    code: ClassVar[str]
    raises: ClassVar[frozenset[str]] = frozenset()
    """The codes whose findings the rule makes errors, instead of findings of its own."""
    bad: ClassVar[tuple[str, ...]] = ()
    good: ClassVar[tuple[str, ...]] = ()

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield findings; nothing where an earlier stage finds them."""
        yield from ()

    @property
    def documentation(self) -> str:
        """Return the text of `wfc explain`."""
        return inspect.cleandoc(type(self).__doc__ or "")


def split_example(example: str) -> Mapping[str, str]:
    """Return the files of an example."""
    text = inspect.cleandoc(example) + "\n"
    if _FILE_MARK not in text:
        return {"app.py": text}
    found: dict[str, str] = {}
    path = "app.py"
    for line in text.splitlines(keepends=True):
        if line.startswith(_FILE_MARK):
            path = line.removeprefix(_FILE_MARK).strip()
            found[path] = ""
        else:
            found[path] = found.get(path, "") + line
    return found
