"""Flow of workflow `ask_for_review`, compiled by wfc 0.1.0 from src/shop/workflows/reviews.py:9."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//shop.workflows.reviews//ask_for_review",
    target="shop.workflows.reviews:ask_for_review",
)
