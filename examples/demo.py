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
    """Build, show a route, run until a retry was seen, and tell how to look further."""
    # In order with what the commands themselves write, also into a pipe.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    heading("Compile: one isolated route per step, one flow route per workflow")
    wfc("build")
    show_route()

    heading("Run, for one topic after another, until the transient error has happened")
    for topic in TOPICS:
        given = json.dumps({"topic": topic})
        # 1 is the exit code of a run that failed: once in a hundred runs all four attempts do.
        result = json.loads(wfc("run", "ai_content_workflow", "--input", given, "--json", expected=(0, 1)))
        run = json.loads(wfc("inspect", result["runId"], "--json", echo=False))
        if any(step["attempt"] > 1 for step in run["steps"]):
            break
        print("no attempt failed this time\n")
    print(f"\n{json.dumps({key: result[key] for key in result if key in ('status', 'result', 'error')}, indent=2)}")

    heading("Each step with its attempts")
    print(wfc("inspect", result["runId"]))

    heading("The event log, which a crash leaves intact")
    print(wfc("inspect", result["runId"], "--events"))

    heading("Look further")
    print("source .venv/bin/activate; cd examples/ai_content")
    print("wfc list                          all runs of this project")
    print("wfc check                         what the compiler thinks of the source")
    print("wfc graph ai_content_workflow     the workflow as a Mermaid diagram")
    print("README.md there                   the other two workflows, and the web app")


def heading(text: str) -> None:
    """Set the next part off from the one before."""
    print(f"\n== {text}\n")


def wfc(*arguments: str, echo: bool = True, expected: tuple[int, ...] = (0,)) -> str:
    """Run a `wfc` command in the project and return what it wrote to stdout; end the demo where it fails.

    What happens meanwhile goes to stderr, which is left to the terminal.
    """
    if echo:
        print(f"$ wfc {shlex.join(arguments)}")
    done = subprocess.run([WFC, *arguments], cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in expected:
        sys.exit(f"{done.stdout}\n`wfc {arguments[0]}` ended with exit code {done.returncode}")
    return done.stdout


def show_route() -> None:
    """Print the files of one emitted route, and what it holds of the module that the user wrote."""
    build = PROJECT / ".wfc" / "builds" / (PROJECT / ".wfc" / "current").read_text().strip()
    manifest = json.loads((build / "manifest.json").read_text())
    route = manifest["steps"]["app/steps/generate_draft.py"]["generate_draft"]["route"]
    shadow = (build / route["path"]).parent / "app" / "steps" / "generate_draft.py"
    print(f"The route of generate_draft: route.py, {', '.join(route['files'])}.")
    print("Its app/steps/generate_draft.py holds neither summarize_draft nor `import random`:\n")
    for line in shadow.read_text().splitlines():
        print(f"    {line}".rstrip())


if __name__ == "__main__":
    main()
