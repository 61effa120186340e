"""`wfc inspect`: everything about one run, for people as a timeline."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ..clock import wall_clock_us
from ..history import describe_history
from ..ids import short_name
from ..timewords import local, spoken
from .errors import error_line, with_causes
from .session import open_client, print_json, runtime_command, say, shortened
from .timeline import Timeline, at_us

Json = dict[str, Any]

_MOST_ENTRIES = 60
_MOST_TRACEBACKS = 3


@click.command("inspect")
@click.argument("run_id", metavar="RUN")
@click.option("--events", "with_events", is_flag=True, help="The event log instead of the timeline.")
@click.option("--all", "whole", is_flag=True, help="Every entry, however many there are.")
@runtime_command
async def inspect(
    run_id: str, *, with_events: bool, whole: bool, project: Path | None, store: str | None, as_json: bool
) -> int:
    """Show RUN: what it has done and how long it took, what it waits for, and what went wrong."""
    async with open_client(project, store) as client:
        run = await client.store.run(run_id)
        events = await client.store.events(run_id)
        kept = client.store
        history = describe_history(
            run, events, await kept.hooks(run_id), await kept.timers(run_id), await kept.streams(run_id)
        )
    if as_json:
        print_json(history)
        return 0
    if with_events:
        entries = [[line] for line in _event_lines(history)]
    else:
        _print_run(history)
        entries = Timeline(history, wall_clock_us()).entries()
        click.echo("\ntimeline")
    _print_entries(entries, run_id, whole=whole)
    if not with_events:
        _print_tracebacks(history, whole=whole)
    return 0


def _print_run(history: Json) -> None:
    run = history["run"]
    _print_field("run", run["runId"])
    _print_field("workflow", f"{short_name(run['workflow'])} ({run['workflow']})")
    _print_field("status", _status(run))
    if "blocked" in run:
        _print_field("", "tried again with each new build and whenever a worker starts; `wfc terminate` ends it")
    _print_field("created", local(at_us(run["createdAt"])))
    if "clockOffsetSeconds" in run:
        _print_field("clock", f"{spoken(int(run['clockOffsetSeconds'] * 1e6))} ahead (fast-forwarded)")
    _print_field("build", run["buildId"])
    if "parentRunId" in run:
        _print_field("parent", run["parentRunId"])
    _print_field("input", _short(history["events"][0]["data"].get("input"), 400))
    for key, value in run["attributes"].items():
        _print_field("attribute", f"{key}={value}")
    for stream in history["streams"]:
        _print_field("stream", f"{stream['name']}, chunks: {stream['chunks']}{', closed' if stream['closed'] else ''}")
    if "result" in run:
        _print_field("result", _short(run["result"], 400))
    if "error" in run:
        _print_field("error", f"{run['error']['type']}: {run['error']['message']}")


def _print_field(name: str, value: str) -> None:
    click.echo(f"{name:<10}{value}")


def _status(run: Json) -> str:
    if "blocked" in run:
        return f"{run['status']}, blocked: {run['blocked']}"
    if run["completedAt"] is None:
        return str(run["status"])
    took = spoken(at_us(run["completedAt"]) - at_us(run["startedAt"] or run["createdAt"]))
    return f"{run['status']} after {took}, {local(at_us(run['completedAt']))}"


def _print_entries(entries: list[list[str]], run_id: str, *, whole: bool) -> None:
    """Print entries; of very many the first and the last."""
    half = _MOST_ENTRIES // 2
    left_out = 0 if whole else max(0, len(entries) - 2 * half)
    for number, entry in enumerate(entries):
        if left_out and number == half:
            click.echo(f"  ... {left_out:,} more")
        if not left_out or number < half or number >= len(entries) - half:
            click.echo("\n".join(entry))
    if left_out:
        say(f"{left_out:,} of {len(entries):,} entries are left out: wfc inspect {run_id} --all shows them")


def _print_tracebacks(history: Json, *, whole: bool) -> None:
    """Print where the run's error came from, and those of steps that have failed and are not the same."""
    error = history["run"].get("error")
    shown = [("the run", error)] if error else []
    for step in history["steps"]:
        found = step.get("error")
        if found and (error is None or not error["traceback"].startswith(found["traceback"].rstrip())):
            shown.append((f"step {step['name']}", found))
    most = len(shown) if whole else _MOST_TRACEBACKS
    for whose, found in shown[:most]:
        click.echo(f"\nerror of {whose}")
        click.echo("\n".join(f"  {line}" for line in with_causes(found).rstrip().splitlines()))
    if len(shown) > most:
        say(f"{len(shown) - most} more errors are left out: --all shows them")


def _event_lines(history: Json) -> list[str]:
    lines = []
    names = {step["stepId"]: step["name"] for step in history["steps"]}
    started = datetime.fromisoformat(history["events"][0]["createdAt"])
    for event in history["events"]:
        elapsed = (datetime.fromisoformat(event["createdAt"]) - started).total_seconds()
        what = names.get(event["correlationId"]) or event["data"].get("token") or ""
        lines.append(f"  {event['seq']:>4}  +{elapsed:<12.3f} {event['type']:<15} {what} {_detail(event)}".rstrip())
    return lines


def _detail(event: Json) -> str:
    data = event["data"]
    parts = []
    if "attempt" in data and event["type"] != "step_completed":
        parts.append(f"attempt {data['attempt']}")
    if "resumeAt" in data:
        parts.append(f"until {data['resumeAt']}")
    if event["type"] == "run_reopened":
        parts.append(f"goes on after event {data['cut']} with build {data['build']}")
    if event["type"] == "run_moved":
        parts.append(f"from build {data['from']} to {data['to']}")
    if "childRunId" in data:
        parts.append(" ".join(filter(None, [short_name(data.get("workflowName", "")), data["childRunId"]])))
    if event["type"] in ("child_status", "child_completed"):
        parts.append(data["status"] or "there is no such run")
    if "conflict" in data:
        parts.append(f"it exists with {data['conflict']}")
    if "changes" in data:
        parts.append(_short(data["changes"]))
    if data.get("refused"):
        parts.append("refused: too many")
    if data.get("reason"):
        parts.append(f"reason: {data['reason']}")
    if "error" in data:
        parts.append(error_line(data["error"]))
    if data.get("delivered") is False:
        parts.append("not delivered: it came too late")
    return "  ".join(parts)


def _short(value: Any, limit: int = 70) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), limit)
