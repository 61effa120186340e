"""The three programs of the content example, run through the command line as their README says."""

import json

import pytest

from tests.project import PYTHON, Project, assert_recorded_once, events_of

TOPIC = {"topic": "durable python"}


def step(inspected: dict[str, list[dict[str, object]]], name: str) -> dict[str, object]:
    return next(step for step in inspected["steps"] if step["name"] == name)


def test_check_only_warns_of_the_constant_token(content: Project) -> None:
    """The example is clean but for WFC319, which its constant token deserves."""
    found = content.wfc("check", "--format", "json").json()
    assert [(finding["code"], finding["path"]) for finding in found["diagnostics"]] == [
        ("WFC319", "app/workflows/approval.py")
    ]
    assert found["summary"]["workflows"] == 3


def test_the_content_workflow_gives_draft_and_summary(content: Project) -> None:
    """Two steps complete at their first attempt, and their results are the workflow's."""
    result = content.run("ai_content_workflow", TOPIC)
    assert result["status"] == "completed"
    assert result["steps"] == 2
    assert result["result"]["draft"].startswith("# Durable python\n")
    assert result["result"]["summary"] == "Durable python, in 32 words."


def test_the_transient_error_is_retried(content: Project) -> None:
    """Two failed attempts leave their traces, and the third one's result counts."""
    content.env["CHANCES"] = "12"
    result = content.run("ai_content_workflow", TOPIC, "--fast-forward")
    inspected = content.inspect(result["runId"])
    assert step(inspected, "generate_draft")["attempt"] == 1
    assert step(inspected, "summarize_draft")["attempt"] == 3
    assert len(events_of(inspected, "step_retrying")) == 2
    assert_recorded_once(inspected)


def test_a_lasting_error_fails_the_run(content: Project) -> None:
    """After four attempts the step's own error is the run's error, with the user's line in its traceback."""
    content.env["CHANCES"] = "0000"
    failed = content.run("ai_content_workflow", TOPIC, "--fast-forward", code=1)
    assert failed["status"] == "failed"
    assert failed["error"]["message"] == "Transient AI provider error"
    assert 'app/steps/generate_draft.py", line 15' in failed["error"]["traceback"]
    assert step(content.inspect(failed["runId"]), "summarize_draft")["attempt"] == 4


def test_seven_days_pass_at_once_when_fast_forwarded(content: Project) -> None:
    """The sleep is recorded as seven days and takes no time."""
    result = content.run("ai_refine_workflow", {"draft_id": "draft-123"}, "--fast-forward")
    assert result["result"]["draft_id"] == "draft-123"
    assert result["result"]["refined"].endswith("(Revised: tightened throughout.)")
    inspected = content.inspect(result["runId"])
    assert len(events_of(inspected, "wait_completed")) == 1
    assert_recorded_once(inspected)


def test_a_missing_draft_is_not_retried(content: Project) -> None:
    """FatalError ends the step at its first attempt."""
    failed = content.run("ai_refine_workflow", {"draft_id": "draft-0"}, code=1)
    assert "there is no draft 'draft-0'" in failed["error"]["message"]
    assert content.inspect(failed["runId"])["steps"][0]["attempt"] == 1


def test_approval_is_resumed_from_another_terminal(content: Project) -> None:
    """Each payload drives the waiting run one turn further; the last one ends it."""
    with content.spawn("run", "ai_approval_workflow", "--input", json.dumps(TOPIC), "--json") as waiting:
        run_id = content.wait_for_hook("draft-123", waiting)
        content.wfc("resume", "draft-123", "--data", '{"decision": "changes", "notes": "shorter"}')
        content.wfc("resume", "draft-123", "--data", '{"decision": "changes"}')
        content.wfc("resume", "draft-123", "--data", '{"decision": "approved"}')
        done = waiting.wait()
    assert done.code == 0, done.err
    assert done.json()["status"] == "completed"
    inspected = content.inspect(run_id)
    assert [step["name"] for step in inspected["steps"]] == [
        "generate_draft",
        *["refine_draft", "publish_draft"] * 2,
        "publish_draft",
    ]
    assert "shorter" in inspected["steps"][1]["output"]
    assert_recorded_once(inspected)
    assert "draft-123" in content.wfc("resume", "draft-123", "--data", '{"decision": "approved"}', code=1).err


@pytest.mark.parametrize("data", ['{"decision": "perhaps"}', '{"notes": "no decision"}', '"approved"', "{"])
def test_an_invalid_payload_changes_nothing(content: Project, data: str) -> None:
    """A payload that the hook's model refuses is refused before anything is written."""
    content.wfc("build")
    content.wfc("start", "ai_approval_workflow", "--input", json.dumps(TOPIC), "--json")
    content.wfc("worker", "--until-idle")
    run_id = content.wait_for_hook("draft-123")
    before = content.inspect(run_id)
    assert content.wfc("resume", "draft-123", "--data", data, code=2 if data == "{" else 1).err
    assert content.inspect(run_id) == before


def test_a_route_holds_only_what_its_step_reaches(content: Project) -> None:
    """The route of generate_draft knows neither its neighbour nor what only that needs."""
    content.wfc("build")
    build = content.root / ".wfc" / "builds" / (content.root / ".wfc" / "current").read_text().strip()
    manifest = json.loads((build / "manifest.json").read_text())
    route = manifest["steps"]["app/steps/generate_draft.py"]["generate_draft"]["route"]
    assert route["imports"] == []
    folder = (build / route["path"]).parent
    emitted = "".join(path.read_text() for path in folder.rglob("*.py"))
    assert "summarize_draft" not in emitted
    assert "random" not in emitted


def test_a_broken_client_breaks_only_its_steps(content: Project) -> None:
    """A module that can't be imported is the failure of the steps that use it, and of no other."""
    source = (content.root / "app" / "ai.py").read_text()
    broken = source.replace('return f"{text}', 'return no_such_provider.revise(notes) or f"{text}')
    assert broken != source
    content.write("app/ai.py", "import no_such_provider\n\n" + broken)
    assert content.run("ai_content_workflow", TOPIC)["status"] == "completed"
    failed = content.run("ai_refine_workflow", {"draft_id": "draft-7"}, "--fast-forward", code=1)
    assert "no_such_provider" in failed["error"]["message"]
    steps = content.inspect(failed["runId"])["steps"]
    assert [(step["name"], step["status"]) for step in steps] == [
        ("fetch_draft", "completed"),
        ("refine_draft", "failed"),
    ]


def test_each_emitted_step_route_imports_alone(content: Project) -> None:
    """`route.py` can be imported by itself in a fresh interpreter, and brings nothing of the compiler."""
    content.wfc("build")
    build = content.root / ".wfc" / "builds" / (content.root / ".wfc" / "current").read_text().strip()
    routes = sorted((build / "steps").glob("*/route.py"))
    assert len(routes) == 5
    probe = (
        "import json, sys, route; print(json.dumps(sorted({'libcst', 'jinja2', 'rich', 'click'} & set(sys.modules))))"
    )
    for route in routes:
        there = Project(route.parent, content.logs)
        with there.spawn("-c", probe, program=PYTHON) as process:
            done = process.wait()
        assert (done.code, done.out.strip()) == (0, "[]"), done.err
