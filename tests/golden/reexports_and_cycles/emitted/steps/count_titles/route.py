"""Route of step `count_titles`, compiled by wfc 0.1.0 from app/steps/titles.py:10."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.steps.titles//count_titles",
    target="app.steps.titles:count_titles",
)
app = route.app
