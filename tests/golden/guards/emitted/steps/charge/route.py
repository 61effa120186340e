"""Route of step `charge`, compiled by wfc 0.1.0 from app/steps.py:8."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.steps//charge",
    target="app.steps:charge",
)
app = route.app
