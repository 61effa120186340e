"""Route of step `book_parcel`, compiled by wfc 0.1.0 from src/shop/steps/carrier.py:13."""

from wfc.route import StepRoute

route = StepRoute(
    package=__package__,
    file=__file__,
    step_id="step//shop.steps.carrier//book_parcel",
    target="shop.steps.carrier:book_parcel",
)
app = route.app
