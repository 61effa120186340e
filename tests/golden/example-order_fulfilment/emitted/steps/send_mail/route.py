"""Route of step `send_mail`, compiled by wfc 0.1.0 from src/shop/steps/customers.py:9."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//shop.steps.customers//send_mail",
    target="shop.steps.customers:send_mail",
)
app = route.app
