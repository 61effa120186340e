"""Route of step `summarize_draft`, compiled by wfc 0.1.0 from app/steps/generate_draft.py:9."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.steps.generate_draft//summarize_draft",
    target="app.steps.generate_draft:summarize_draft",
)
app = route.app
