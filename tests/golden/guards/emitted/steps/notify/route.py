"""Route of step `notify`, compiled by wfc 0.1.0 from app/steps.py:16."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.steps//notify",
    target="app.steps:notify",
)
app = route.app
