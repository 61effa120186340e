"""The shop's workflows: the bank, the warehouse and the calendar are the test's."""

from decimal import Decimal

import pytest

from shop.errors import PaymentDeclined
from shop.models import Line, Order
from shop.steps.bank import charge, refund
from shop.steps.customers import has_reviewed, send_mail
from shop.steps.warehouse import release, reserve
from shop.workflows import ask_for_review, fulfil_order
from shop.workflows.fulfilment import Packed
from wfc.testing import Environment

ORDER = Order(order_id="A-1", email="ada@shop.example", card="4242", lines=[Line("mug", 2, Decimal("9.95"))])


@pytest.fixture(autouse=True)
def _records_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the steps that a test doesn't replace write to a file that nobody else reads."""
    monkeypatch.setenv("SHOP_DB", str(tmp_path_factory.mktemp("shop") / "shop.db"))


def test_an_order_whose_payment_is_declined_is_undone(wfc_env: Environment) -> None:
    """What was reserved is released, and the customer is told why."""
    wfc_env.replace(charge, raises=PaymentDeclined("no funds"))
    released = wfc_env.replace(release, returns=1)
    mails = wfc_env.replace(send_mail, returns=None)
    outcome = wfc_env.run(fulfil_order, ORDER)
    assert (outcome.state, outcome.reason) == ("rejected", "no funds")
    assert released.calls == [{"order_id": "A-1"}]
    assert mails.calls == [{"recipient": "ada@shop.example", "body": "We are sorry: no funds."}]


def test_an_order_leaves_once_it_is_packed(wfc_env: Environment) -> None:
    """A crash while the warehouse packs changes nothing: the carrier is called when the news comes."""
    run = wfc_env.start(fulfil_order, ORDER)
    wfc_env.advance("2 days")
    wfc_env.crash()
    wfc_env.resume("packed-A-1", Packed(weight_kg=1.5))
    assert run.result().parcel == "PARCEL-A-1"
    assert [step["attempt"] for step in run.steps if step["name"] == "book_parcel"] == [2]


def test_an_order_that_nobody_packs_is_refunded(wfc_env: Environment) -> None:
    """Three days are the limit."""
    wfc_env.replace(reserve, returns=None)
    refunded = wfc_env.replace(refund, returns=None)
    outcome = wfc_env.run(fulfil_order, ORDER)
    assert (outcome.state, refunded.count) == ("refunded", 1)


def test_reminders_come_every_five_days(wfc_env: Environment) -> None:
    """They stop with the review."""
    reviewed = iter([False, False, True])
    wfc_env.replace(has_reviewed, lambda order_id: next(reviewed))
    mails = wfc_env.replace(send_mail, returns=None)
    run = wfc_env.start(ask_for_review, "A-1", "ada@shop.example")
    for sent in (1, 2, 2):
        wfc_env.advance("5 days")
        assert mails.count == sent
    assert run.result() == 2
