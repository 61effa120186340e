"""Route of step `ask`, compiled by wfc 0.1.0 from app/quotes.py:20."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.quotes//ask",
    target="app.quotes:ask",
)
app = route.app
