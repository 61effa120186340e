"""Flow of workflow `fulfil_order`, compiled by wfc 0.1.0 from src/shop/workflows/fulfilment.py:26."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//shop.workflows.fulfilment//fulfil_order",
    target="shop.workflows.fulfilment:fulfil_order",
)
