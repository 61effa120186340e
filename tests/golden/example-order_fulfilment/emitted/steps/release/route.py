"""Route of step `release`, compiled by wfc 0.1.0 from src/shop/steps/warehouse.py:26."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//shop.steps.warehouse//release",
    target="shop.steps.warehouse:release",
)
app = route.app
