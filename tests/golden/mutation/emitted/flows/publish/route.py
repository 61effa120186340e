"""Flow of workflow `publish`, compiled by wfc 0.1.0 from app/flow.py:5."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//app.flow//publish",
    target="app.flow:publish",
)
