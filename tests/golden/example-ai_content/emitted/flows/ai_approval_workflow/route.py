"""Flow of workflow `ai_approval_workflow`, compiled by wfc 0.1.0 from app/workflows/approval.py:13."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//app.workflows.approval//ai_approval_workflow",
    target="app.workflows.approval:ai_approval_workflow",
)
