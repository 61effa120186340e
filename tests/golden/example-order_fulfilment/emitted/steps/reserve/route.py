"""Route of step `reserve`, compiled by wfc 0.1.0 from src/shop/steps/warehouse.py:11."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//shop.steps.warehouse//reserve",
    target="shop.steps.warehouse:reserve",
)
app = route.app
