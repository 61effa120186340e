"""Route of step `render`, compiled by wfc 0.1.0 from app/steps.py:6."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.steps//render",
    target="app.steps:render",
)
app = route.app
