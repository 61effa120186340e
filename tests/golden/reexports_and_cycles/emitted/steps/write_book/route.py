"""Route of step `write_book`, compiled by wfc 0.1.0 from app/steps/titles.py:5."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.steps.titles//write_book",
    target="app.steps.titles:write_book",
)
app = route.app
