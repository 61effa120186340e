"""Route of step `refund`, compiled by wfc 0.1.0 from src/shop/steps/bank.py:27."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//shop.steps.bank//refund",
    target="shop.steps.bank:refund",
)
app = route.app
