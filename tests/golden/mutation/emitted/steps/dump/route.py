"""Route of step `dump`, compiled by wfc 0.1.0 from app/steps.py:11."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.steps//dump",
    target="app.steps:dump",
)
app = route.app
