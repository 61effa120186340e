"""What a web server runs (`uvicorn app.api.main:app`): start a workflow, resume it, ask for its result.

It only writes to the store; a `wfc worker` beside it does the work.
"""

import wfc
from app.api import resume
from app.api.server import app
from app.workflows.ai_content_workflow import ai_content_workflow
from app.workflows.approval import ai_approval_workflow

__all__ = ["app", "resume"]


@app.post("/api/content", status_code=202)
async def start_content(topic: str) -> dict[str, str]:
    """Start `ai_content_workflow` and say under which id it runs."""
    run = await wfc.start(ai_content_workflow, topic=topic)
    return {"runId": run.run_id}


@app.post("/api/approval", status_code=202)
async def start_approval(topic: str) -> dict[str, str]:
    """Start `ai_approval_workflow`, which then waits for /api/resume."""
    run = await wfc.start(ai_approval_workflow, topic=topic)
    return {"runId": run.run_id}


@app.get("/api/runs/{run_id}")
async def status(run_id: str) -> dict[str, str]:
    """Tell how far a run is."""
    return {"runId": run_id, "status": await wfc.get_run(run_id).status()}
