"""What `make demo` runs: compile the content workflow, run it, and show what happened.

It types the commands that a user would, in `examples/ai_content`, and prints them. Nothing is staged: the
summary step fails with a chance of 30 %, so the workflow is run for one topic after another until an attempt
has failed and was repeated.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parent / "ai_content"
WFC = Path(sys.executable).parent / "wfc"
# The chance that none of these runs shows a retry is 0.7 ** 20, less than one in a thousand.
TOPICS = [
    "durable python",
    "tea",
    "compilers",
    "lighthouses",
    "event logs",
    "bicycles",
    "SQLite",
    "sourdough",
    "owls",
    "type hints",
    "ferries",
    "regular expressions",
    "maps",
    "garbage collection",
    "chess",
    "time zones",
    "bees",
    "caches",
    "glaciers",
    "queues",
]


def main() -> None:
    """Build, show the routes, run until a retry was seen, and tell how to look further."""
    heading("Compile: one isolated route per step, one flow route per workflow")
    wfc("build")
    show_routes()

    heading("Run: until the transient error has happened and was retried")
    for topic in TOPICS:
        result = json.loads(wfc("run", "ai_content_workflow", "--input", json.dumps({"topic": topic}), "--json"))
        run = json.loads(wfc("inspect", result["runId"], "--json", echo=False))
        show_steps(run)
        if any(step["attempt"] > 1 for step in run["steps"]):
            break
        print("  no attempt failed this time\n")
    print(f"\nresult, after {result['durationMs']:.0f} ms:")
    print(json.dumps(result["result"], indent=2))

    heading("Look further, in examples/ai_content (source ../../.venv/bin/activate)")
    print(f"wfc inspect {result['runId']}    every event of the run")
    print("wfc list                                     all runs")
    print("wfc check                                    what the compiler thinks of the source")
    print("wfc graph ai_content_workflow                the workflow as a Mermaid diagram")
    print("README.md                                    the other two workflows, and the web app")


def heading(text: str) -> None:
    """Set the next part off from the one before."""
    print(f"\n== {text}\n")


def wfc(*arguments: str, echo: bool = True) -> str:
    """Run a `wfc` command in the project and return what it wrote; end the demo where it fails."""
    if echo:
        print(f"$ wfc {shlex.join(arguments)}", flush=True)
    done = subprocess.run([WFC, *arguments], cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout, end="")
        sys.exit(f"`wfc {arguments[0]}` ended with exit code {done.returncode}")
    if "--json" not in arguments:
        print(done.stdout, end="", flush=True)
    return done.stdout


def show_routes() -> None:
    """Print the emitted routes of the content workflow, and one of them whole."""
    build = PROJECT / ".wfc" / "builds" / (PROJECT / ".wfc" / "current").read_text().strip()
    manifest = json.loads((build / "manifest.json").read_text())
    for kind in ("steps", "workflows"):
        for functions in manifest[kind].values():
            for name, entry in functions.items():
                route = entry["route"]
                print(f"  {route['path']}")
                print(f"      {kind[:-1]} {name}: {', '.join(route['files'])}")
                print(f"      imports {', '.join(route['imports']) or 'nothing else'}")
    step = manifest["steps"]["app/steps/generate_draft.py"]["generate_draft"]
    shadow = (build / step["route"]["path"]).parent / "app" / "steps" / "generate_draft.py"
    print(f"\nThe route of generate_draft holds neither its neighbour nor `random`:\n\n{indented(shadow.read_text())}")


def show_steps(run: dict[str, Any]) -> None:
    """Print each step with its attempts and the errors of those that failed."""
    for step in run["steps"]:
        print(f"  {step['name']}: {step['status']} at attempt {step['attempt']}")
        for event in run["events"]:
            if event["type"] == "step_retrying" and event["correlationId"] == step["stepId"]:
                print(f"      an attempt failed: {event['data']['error']['message']}")


def indented(text: str) -> str:
    """Set source text off by four columns."""
    return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())


if __name__ == "__main__":
    main()
