"""Route of step `refine_draft`, compiled by wfc 0.1.0 from app/steps/drafts.py:18."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//app.steps.drafts//refine_draft",
    target="app.steps.drafts:refine_draft",
)
app = route.app
