"""Flow of workflow `ai_refine_workflow`, compiled by wfc 0.1.0 from app/workflows/ai_refine.py:5."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//app.workflows.ai_refine//ai_refine_workflow",
    target="app.workflows.ai_refine:ai_refine_workflow",
)
