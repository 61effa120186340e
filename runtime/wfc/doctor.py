"""What keeps runs from getting on, and what to do about it.

Comes in: the survey of a store, what the project's builds hold, and the versions that are installed here. Goes out:
findings, the worst first. A `stuck` one names runs that nothing will move unless somebody does something; a `warning`
says what may go wrong; a `note` says what runs wait for. Pure: `wfc doctor` (cli/doctor.py) reads and prints.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from .codec.exceptions import describe_exception, headline
from .history import resume_command
from .ids import short_name
from .limits import MOST_EVENTS
from .model import Scalar
from .store.survey import FileHealth, LiveRun, SeenWorker, Survey
from .timewords import ago, ahead, spoken

Level = Literal["stuck", "warning", "note"]
LEVELS: tuple[Level, ...] = ("stuck", "warning", "note")

SECOND = 1_000_000
BUSY_US = 60 * SECOND  # a worker that has room takes what is due at once
STOPPED_US = 65 * SECOND  # four heartbeats were missed, and a living worker would have taken over
LARGE_WAL = 256 * 1024 * 1024
LITTLE_SPACE = 64 * 1024 * 1024  # a write-ahead log that is let grow takes as much

_LAST_AFFECTED = (3, 51, 2)
_FIRST_AFFECTED = (3, 7, 0)
_MENDED_LINES = {(3, 44): 6, (3, 50): 7}
_RUN_ID = re.compile(r"\bwrun_\w+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: what it is, what to do, and the runs it is about (`count` of them, the first named)."""

    level: Level
    code: str
    message: str
    help: str
    count: int = 0
    runs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """What is known of the project beside its store: does a build hold a workflow's flow, and what is installed."""

    has_flow: Callable[[str, str], bool]
    versions: Mapping[str, Scalar]


def examine(survey: Survey, project: Project) -> list[Finding]:
    """Return all findings, the worst first; of equal ones those that explain the others come first."""
    found = chain(
        _of_file(survey.file),
        _of_workers(survey),
        _of_due(survey),
        _of_blocked(survey, project),
        _of_builds(survey, project),
        _of_forgotten(survey),
        _of_steps(survey),
        _of_long_logs(survey),
        _of_versions(survey, project),
        _of_waits(survey),
    )
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def _of_file(file: FileHealth) -> Iterator[Finding]:
    if file.damage:
        yield Finding(
            "stuck",
            "damaged-store",
            f"the store is damaged: {'; '.join(file.damage)}",
            "stop all workers, copy the file with its -wal, and recover what can be: "
            f"sqlite3 {file.path} .recover | sqlite3 recovered.db",
        )
    if file.schema < file.known_schema:
        yield Finding(
            "note",
            "older-schema",
            f"the store has schema {file.schema} of an older wfc, not {file.known_schema}: no run was looked at",
            "nothing to do: the next command that works on it (`wfc worker`, `wfc list`) brings it forward",
        )
    if file.filesystem is not None:
        yield Finding(
            "warning",
            "network-filesystem",
            f"the store is on a network filesystem ({file.filesystem}), where SQLite's locks can't be trusted",
            "move it to a local disk: [tool.wfc] store, WFC_STORE or --store",
        )
    if _has_wal_reset_bug(file.engine):
        yield Finding(
            "warning",
            "sqlite-wal-reset",
            f"SQLite {dotted(file.engine)} can damage a file that several processes write (the WAL-reset bug of 3.7.0 "
            "to 3.51.2)",
            "wfc's own processes are safe from it, since they take turns; let no other tool write to the file (the "
            "sqlite3 shell, backup scripts) while workers run, or upgrade to 3.51.3, 3.50.7 or 3.44.6",
        )
    if file.wal_size > LARGE_WAL:
        yield Finding(
            "warning",
            "large-wal",
            f"the store's write-ahead log has grown to {file.wal_size / 1e6:.0f} MB",
            "something keeps an old snapshot open: end programs that read the file for long",
        )
    if file.free < LITTLE_SPACE:
        yield Finding(
            "warning",
            "little-space",
            f"the disk that the store is on has {file.free / 1e6:.1f} MB left",
            "make room: where nothing can be written, workers end, and runs can't be started or resumed",
        )


def _of_workers(survey: Survey) -> Iterator[Finding]:
    works = any(_is_at_work(worker, survey.at) for worker in survey.workers)
    for worker in survey.workers:
        if not worker.lives and worker.runs and not works:
            yield Finding(
                "stuck",
                "dead-worker",
                f"{worker.worker} has died with {_runs(worker.runs)}, and no other worker is running to take over",
                "start one: wfc worker",
                worker.runs,
            )
        elif worker.lives and worker.runs and not _is_at_work(worker, survey.at):
            yield Finding(
                "stuck",
                "stopped-worker",
                f"{worker.worker} owns {_runs(worker.runs)} and hasn't been heard of for "
                f"{spoken(survey.at - (worker.seen_at or 0))}: it is stopped, or a step holds its event loop",
                "let it go on (kill -CONT), or end it (kill -9) and start another: wfc worker",
                worker.runs,
            )


def _of_due(survey: Survey) -> Iterator[Finding]:
    if not survey.due:
        return
    first = survey.due[0].since
    waiting = f"{_runs(survey.states.get('due', 0))} could go on, the first since {ago(first, survey.at)}"
    if not any(_is_at_work(worker, survey.at) for worker in survey.workers):
        yield _finding("stuck", "no-worker", f"{waiting}; no worker is running", "start one: wfc worker", survey.due)
    elif first < survey.at - BUSY_US:
        yield _finding(
            "warning",
            "busy-workers",
            f"{waiting}; the workers don't keep up",
            "start another worker, or allow more steps at a time (--concurrency)",
            survey.due,
        )


def _of_blocked(survey: Survey, project: Project) -> Iterator[Finding]:
    groups: defaultdict[tuple[str, str, str], list[LiveRun]] = defaultdict(list)
    for run in survey.blocked:
        gone = "" if project.has_flow(run.build_id, run.workflow_id) else run.build_id
        groups[run.workflow_id, gone, _RUN_ID.sub("the run", run.reason)].append(run)
    for (workflow_id, gone, reason), runs in groups.items():
        name = short_name(workflow_id)
        whose = f"a run of {name} is" if len(runs) == 1 else f"{_runs(len(runs))} of {name} are"
        if gone:
            yield _finding(
                "stuck",
                "build-gone",
                f"{whose} blocked: build {gone}, which started it, is gone",
                "build the sources that it was built from once more (they give the same build), or end the run: "
                f"wfc terminate {runs[0].run_id}",
                runs,
            )
        else:
            yield _finding(
                "stuck",
                "blocked",
                f"{whose} blocked since {ago(runs[0].since, survey.at)}: {reason}",
                "mend the code and `wfc build`: workers try again with each new build and at their start; or end the "
                f"run: wfc terminate {runs[0].run_id}",
                runs,
            )


def _of_builds(survey: Survey, project: Project) -> Iterator[Finding]:
    """Runs that will be blocked as soon as they are due."""
    blocked: defaultdict[tuple[str, str], int] = defaultdict(int)
    for run in survey.blocked:
        blocked[run.build_id, run.workflow_id] += 1
    for (build_id, workflow_id), count in survey.used.items():
        left = count - blocked[build_id, workflow_id]
        if left > 0 and not project.has_flow(build_id, workflow_id):
            yield Finding(
                "stuck",
                "build-gone",
                f"{_runs(left)} of {short_name(workflow_id)} will be blocked when due: build {build_id} is gone",
                "build the sources that it was built from once more: they give the same build",
                left,
            )


def _of_forgotten(survey: Survey) -> Iterator[Finding]:
    for run in survey.forgotten:
        yield _finding(
            "stuck",
            "forgotten",
            f"a run of {short_name(run.workflow_id)} will never be woken: {run.reason}. This is a bug of wfc",
            f"report it with what `wfc inspect {run.run_id} --json` prints; `wfc terminate {run.run_id}` ends the run",
            [run],
        )


def _of_steps(survey: Survey) -> Iterator[Finding]:
    for step in survey.retrying:
        error = {"type": "", "message": ""} if step.error is None else describe_exception(step.error)
        again = "is being tried again"
        if step.next_at > survey.at:
            again = f"is tried again {ahead(step.next_at, survey.at)}"
        yield Finding(
            "warning",
            "retrying",
            f"step {short_name(step.step_id)} has failed {step.attempts} times and {again}; "
            f"last error: {headline(error)}",
            f"wfc inspect {step.run_id} shows every attempt",
            1,
            (step.run_id,),
        )


def _of_long_logs(survey: Survey) -> Iterator[Finding]:
    for run in survey.long:
        yield _finding(
            "warning",
            "long-log",
            f"a run of {short_name(run.workflow_id)} has {run.events:,} events; at {MOST_EVENTS:,} it fails",
            "do parts of the work in child runs, or let the workflow start its own successor",
            [run],
        )


def _of_versions(survey: Survey, project: Project) -> Iterator[Finding]:
    counts: defaultdict[tuple[str, Scalar], int] = defaultdict(int)
    for recorded, count in survey.origins.items():
        for name, version in recorded:
            if name in project.versions and project.versions[name] != version:
                counts[name, version] += count
    for (name, version), count in counts.items():
        yield Finding(
            "note",
            "other-version",
            f"{_runs(count)} began with {name} {version}; {project.versions[name]} is installed here",
            "fine as a rule: a run whose replay differs is blocked and named here, and loses nothing",
            count,
        )


def _of_waits(survey: Survey) -> Iterator[Finding]:
    for hook in survey.hooks:
        name = hook.hook_class.rpartition(":")[2]
        yield Finding(
            "note",
            "awaited-hook",
            f"a run of {short_name(hook.workflow_id)} waits for {name} since {ago(hook.since, survey.at)}",
            resume_command(hook.token),
            1,
            (hook.run_id,),
        )
    for child in survey.children:
        state = ", which is blocked" if child.child_blocked else ""
        yield Finding(
            "note",
            "awaited-child",
            f"a run of {short_name(child.workflow_id)} waits for the end of {child.child_run_id}{state}",
            f"wfc inspect {child.child_run_id}",
            1,
            (child.run_id,),
        )


def _is_at_work(worker: SeenWorker, now: int) -> bool:
    return worker.lives and worker.seen_at is not None and worker.seen_at > now - STOPPED_US


def _has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    mended = _MENDED_LINES.get(version[:2])
    return _FIRST_AFFECTED <= version <= _LAST_AFFECTED and (mended is None or version[2] < mended)


def _finding(level: Level, code: str, message: str, help: str, runs: Sequence[LiveRun]) -> Finding:
    return Finding(level, code, message, help, len(runs), tuple(run.run_id for run in runs))


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"


def dotted(version: tuple[int, int, int]) -> str:
    """Return a version as it is written: `3.45.1`."""
    return ".".join(map(str, version))
