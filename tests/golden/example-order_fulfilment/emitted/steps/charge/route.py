"""Route of step `charge`, compiled by wfc 0.1.0 from src/shop/steps/bank.py:12."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//shop.steps.bank//charge",
    target="shop.steps.bank:charge",
)
app = route.app
