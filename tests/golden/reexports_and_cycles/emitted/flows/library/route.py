"""Flow of workflow `library`, compiled by wfc 0.1.0 from app/flow.py:6."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//app.flow//library",
    target="app.flow:library",
)
