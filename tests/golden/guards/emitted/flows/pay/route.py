"""Flow of workflow `pay`, compiled by wfc 0.1.0 from app/flow.py:43."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//app.flow//pay",
    target="app.flow:pay",
)
