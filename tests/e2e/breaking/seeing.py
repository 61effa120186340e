"""Compile programs, play what they define, and say of each what broke."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.breaking.breakage import NO_ROUTE, breakages
from tests.e2e.breaking.compiling import Compiled, compile_together
from tests.e2e.breaking.plays import Circumstances, Play
from tests.e2e.breaking.programs import Program, around
from tests.e2e.breaking.worlds import play
from wfc_compiler.diagnostics import Severity


@dataclass
class Seen:
    """What was seen of a program. `refused` says why it wasn't built; a remark is no claim that anything breaks."""

    refused: str = ""
    only_remarked: bool = False
    broken: list[str] = field(default_factory=list)


def look_at(programs: Iterable[Program], about: Mapping[str, Circumstances], scratch: Path) -> dict[str, Seen]:
    """Return by name what was seen of each program; `about` has the circumstances by program, or by code."""
    seen: dict[str, Seen] = {}
    plays: list[Play] = []
    for compiled in compile_together(programs, scratch / "projects"):
        for name, why in compiled.refused.items():
            seen[name] = Seen(refused=why)
        for program in compiled.programs:
            dropped = compiled.dropped.get(program.name, set())
            seen[program.name] = Seen(only_remarked=dropped == {Severity.INFO})
            found = list(_plays(compiled, program, about))
            plays += found
            if program.off and not found:
                seen[program.name].broken.append(NO_ROUTE)
    for lives, afterlife in play(plays, scratch / "worlds"):
        seen[lives.first.play.program].broken += breakages(lives, afterlife)
    return seen


def _plays(compiled: Compiled, program: Program, about: Mapping[str, Circumstances]) -> Iterator[Play]:
    """Yield a play for each workflow, for the one around it, and for each step."""
    circumstances = about.get(program.key_in(about), Circumstances())
    begun = compiled.earlier or compiled
    later = compiled.build.path if compiled.earlier else None
    manifest = begun.build.manifest

    def made(id: str, inner: str, calls_steps: bool = False) -> Play:
        return Play(program.name, begun.build.path, begun.root, id, inner, calls_steps, circumstances, later)

    for path in begun.programs[0].files if compiled.earlier else program.files:
        flows, steps = manifest.workflows.get(path, {}), manifest.steps.get(path, {})
        for entry in flows.values():
            if (
                program.off or circumstances.bodies or compiled.earlier
            ):  # what a good one does it does within the other workflow, too
                yield made(entry.workflow_id, entry.workflow_id, bool(entry.steps))
        for step in steps.values():
            if circumstances.bodies or circumstances.records or not any(program.workflows):
                yield made(step.step_id, step.step_id)
    for module, name in program.workflows if not compiled.earlier else ():
        for entry in manifest.workflows.get(around(module, name)[0], {}).values():
            yield made(entry.workflow_id, f"workflow//{module}//{name}")
