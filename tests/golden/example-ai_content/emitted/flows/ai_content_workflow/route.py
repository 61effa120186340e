"""Flow of workflow `ai_content_workflow`, compiled by wfc 0.1.0 from app/workflows/ai_content_workflow.py:4."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//app.workflows.ai_content_workflow//ai_content_workflow",
    target="app.workflows.ai_content_workflow:ai_content_workflow",
)
