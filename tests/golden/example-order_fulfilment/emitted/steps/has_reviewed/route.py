"""Route of step `has_reviewed`, compiled by wfc 0.1.0 from src/shop/steps/customers.py:17."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//shop.steps.customers//has_reviewed",
    target="shop.steps.customers:has_reviewed",
)
app = route.app
