"""The content example's FastAPI route, served by uvicorn with a worker beside it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.project import PYTHON, Process, Project, assert_recorded_once, wait_until


@contextmanager
def served(project: Project) -> Iterator[httpx.Client]:
    """Serve the project's web app on a free port, as its README says."""
    command = ("-m", "uvicorn", "app.api.main:app", "--port", "0")
    with (
        project.spawn(*command, program=PYTHON) as server,
        httpx.Client(base_url=wait_until(lambda: address(server), "uvicorn to listen"), trust_env=False) as client,
    ):
        yield client


def address(server: Process) -> str | None:
    assert server.running, server.err
    found = re.search(r"running on (http://[\d.:]+)", server.err)
    return found and found[1]


def test_the_page_s_route_resumes_the_workflow(content: Project) -> None:
    """Started and resumed over HTTP three times, the run completes in the worker beside the app."""
    content.wfc("build")
    with content.spawn("worker"), served(content) as client:
        started = client.post("/api/approval", params={"topic": "tea"})
        assert started.status_code == 202, started.text
        run_id = started.json()["runId"]
        assert content.wait_for_hook("draft-123") == run_id
        for decision in ("changes", "changes", "approved"):
            resumed = client.post("/api/resume", json={"decision": decision})
            assert resumed.json() == {"ok": True}
        inspected = content.wait_for_status(run_id, "completed")
        assert client.get(f"/api/runs/{run_id}").json()["status"] == "completed"
    assert len(inspected["steps"]) == 6
    assert_recorded_once(inspected)


def test_a_token_that_nobody_waits_at_is_not_found(content: Project) -> None:
    """Without a live hook the route answers 404, and 422 to a body that the model refuses."""
    content.wfc("build")
    with served(content) as client:
        assert client.post("/api/resume", json={"decision": "approved"}).status_code == 404
        assert client.post("/api/resume", json={"decision": "perhaps"}).status_code == 422
