"""Flow of workflow `best_quote`, compiled by wfc 0.1.0 from app/quotes.py:25."""

from wfc.flow import FlowRoute

route = FlowRoute(
    package=__package__,
    file=__file__,
    workflow_id="workflow//app.quotes//best_quote",
    target="app.quotes:best_quote",
)
