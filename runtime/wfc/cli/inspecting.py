"""`wfc inspect`: everything about one run, for people as a timeline."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ..history import describe_history, short_name
from .session import open_client, print_json, runtime_command, shortened

Json = dict[str, Any]


@click.command("inspect")
@click.argument("run_id", metavar="RUN")
@runtime_command
async def inspect(run_id: str, *, project: Path | None, store: str | None, as_json: bool) -> int:
    """Show RUN: its steps with their attempts, what it waits for, and its event log."""
    async with open_client(project, store) as client:
        run = await client.store.run(run_id)
        events = await client.store.events(run_id)
        kept = client.store
        history = describe_history(
            run, events, await kept.hooks(run_id), await kept.timers(run_id), await kept.streams(run_id)
        )
    if as_json:
        print_json(history)
    else:
        _print_run(history["run"])
        _print_steps(history["steps"])
        _print_pending(history)
        _print_events(history)
    return 0


def _print_run(run: Json) -> None:
    click.echo(f"run       {run['runId']}")
    click.echo(f"workflow  {run['workflow']}")
    click.echo(f"status    {run['status']}" + (f", blocked: {run['blocked']}" if "blocked" in run else ""))
    if "blocked" in run:
        click.echo("          tried again with each new build and whenever a worker starts; `wfc terminate` ends it")
    click.echo(f"build     {run['buildId']}")
    if "parentRunId" in run:
        click.echo(f"parent    {run['parentRunId']}")
    for key, value in run["attributes"].items():
        click.echo(f"attribute {key}: {value}")
    click.echo(f"created   {run['createdAt']}")
    if run["completedAt"]:
        click.echo(f"ended     {run['completedAt']}")
    if "result" in run:
        click.echo(f"result    {_short(run['result'], 400)}")
    if "error" in run:
        click.echo(f"error     {run['error']['type']}: {run['error']['message']}")
        if run["error"].get("traceback"):
            click.echo("\n" + run["error"]["traceback"].rstrip())


def _print_steps(steps: list[Json]) -> None:
    if not steps:
        return
    click.echo("\nsteps")
    width = max(len(step["name"]) for step in steps)
    for step in steps:
        attempts = "1 attempt" if step["attempt"] == 1 else f"{step['attempt']} attempts"
        said = _short(step["output"]) if "output" in step else _error_line(step.get("error"))
        click.echo(f"  {step['name']:<{width}}  {step['status']:<9}  {attempts:<10}  {said}".rstrip())


def _print_pending(history: Json) -> None:
    for hook in history["hooks"]:
        if hook["status"] == "waiting":
            click.echo(f"\nwaits for hook {short_name(hook['hook'].replace(':', '//'))}, token {hook['token']!r}")
    for stream in history["streams"]:
        ended = ", closed" if stream["closed"] else ""
        click.echo(f"\nstream {stream['name']}, chunks: {stream['chunks']}{ended}")
    for wait in history["waits"]:
        if wait["status"] == "waiting":
            click.echo(f"\nsleeps until {wait['resumeAt']}")


def _print_events(history: Json) -> None:
    click.echo("\nevents")
    names = {step["stepId"]: step["name"] for step in history["steps"]}
    started = datetime.fromisoformat(history["events"][0]["createdAt"])
    for event in history["events"]:
        elapsed = (datetime.fromisoformat(event["createdAt"]) - started).total_seconds()
        what = names.get(event["correlationId"]) or event["data"].get("token") or ""
        click.echo(f"  {event['seq']:>4}  +{elapsed:<12.3f} {event['type']:<15} {what} {_detail(event)}".rstrip())


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
        parts.append(_error_line(data["error"]))
    if data.get("delivered") is False:
        parts.append("not delivered: it came too late")
    return "  ".join(parts)


def _error_line(error: Json | None) -> str:
    return f"{error['type']}: {error['message']}".splitlines()[0] if error else ""


def _short(value: Any, limit: int = 70) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), limit)
