"""The check half of the compiler: a directory in, a program and its findings out.

    load -> discover -> call graph -> rules

`pipeline.compile_project` goes on from here when there are no errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .callgraph import CallGraph, build_call_graph
from .diagnostics import Diagnostic, Summary, has_errors, sort_diagnostics
from .discover import Program, discover_program
from .project import NO_BUFFERS, Buffers, load_project
from .rules import Suppressions, run_rules


@dataclass(frozen=True)
class CheckResult:
    """A checked program; `sources` is the text of the files that findings may point into.

    `config_errors` says that the configuration itself is wrong (exit code 2). `suppressions` can still take findings of
    later stages, and knows in the end which comments were of no use.
    """

    program: Program
    graph: CallGraph
    diagnostics: tuple[Diagnostic, ...]
    summary: Summary
    sources: Mapping[str, str]
    config_errors: bool
    suppressions: Suppressions

    @property
    def has_errors(self) -> bool:
        """Say whether a build has to stop."""
        return has_errors(self.diagnostics)


def check_project(root: Path, buffers: Buffers = NO_BUFFERS) -> CheckResult:
    """Read and check the project at `root`, `buffers` in place of files; raises NotADirectoryError without one."""
    loaded = load_project(root, buffers)
    program, found = discover_program(loaded.project)
    graph = build_call_graph(program)
    everything = _one_for_each_cause([*loaded.diagnostics, *found, *run_rules(program, graph)])
    suppressions = Suppressions(loaded.sources, loaded.project.config)
    findings = [*suppressions.leave_out(everything), *suppressions.malformed()]
    read = {module.source.relpath for module in program.modules.values()}
    summary = Summary(
        files=len(read | {item.span.path for item in findings if item.span.path in loaded.sources}),
        workflows=len(program.workflows),
        steps=len(program.steps),
        unresolved_calls=sum(graph.unresolved.values()),
    )
    found = tuple(sort_diagnostics(findings))
    return CheckResult(program, graph, found, summary, loaded.sources, loaded.config_errors, suppressions)


def _one_for_each_cause(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Drop the WFC013 of a module where a WFC016 shows its definition: the missing import is why nothing reaches it."""
    shown = {note.span.path for finding in findings if finding.code == "WFC016" for note in finding.secondary}
    return [finding for finding in findings if finding.code != "WFC013" or finding.span.path not in shown]
