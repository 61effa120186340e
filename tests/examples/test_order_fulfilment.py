"""The order fulfilment project: its good way, and each way in which an order fails."""

import json
import sqlite3
from typing import Any

import pytest

from tests.project import Project, assert_recorded_once, events_of

STOCK = {"lamp": 0, "mug": 10, "poster": 3}


def rows(project: Project, query: str) -> list[Any]:
    records = sqlite3.connect(project.env["SHOP_DB"])
    try:
        return records.execute(query).fetchall()
    finally:
        records.close()


def stock(project: Project) -> dict[str, int]:
    return dict(rows(project, "select sku, quantity from stock"))


def order(project: Project, name: str) -> Any:
    return json.loads((project.root / "orders" / f"{name}.json").read_text())


def test_check_is_clean(shop: Project) -> None:
    """The project has no finding, and both workflows are reached through the package's re-exports."""
    found = shop.wfc("check", "--format", "json").json()
    assert found["diagnostics"] == []
    assert (found["summary"]["workflows"], found["summary"]["steps"]) == (2, 7)


def test_an_order_is_shipped_once_it_is_packed(shop: Project) -> None:
    """The hook's payload reaches the carrier, whose first refusal is retried; money and stock moved once."""
    with shop.spawn("run", "fulfil_order", "--input", "@orders/shipped.json", "--json") as waiting:
        run_id = shop.wait_for_hook("packed-A-1", waiting)
        shop.wfc("resume", "packed-A-1", "--data", '{"weight_kg": 1.2}')
        done = waiting.wait()
    assert done.code == 0, done.err
    assert done.json()["result"] == {
        "order_id": "A-1",
        "state": "shipped",
        "reason": None,
        "amount": "34.40",
        "parcel": "PARCEL-A-1",
    }
    assert "booked a parcel of 1.2 kg for A-1 at attempt 2" in done.err
    assert stock(shop) == {**STOCK, "mug": 8, "poster": 2}
    assert rows(shop, "select amount, refunded from charges") == [("34.40", 0)]
    inspected = shop.inspect(run_id)
    assert len(events_of(inspected, "step_retrying")) == 1
    assert_recorded_once(inspected)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("sold_out", "lamp is sold out (0 left)"), ("declined", "the bank declined card 'declined-1'")],
)
def test_a_refusal_puts_everything_back(shop: Project, name: str, reason: str) -> None:
    """A typed error of a step is caught in the workflow; what was reserved is released, nothing is charged."""
    result = shop.run("fulfil_order", order(shop, name))
    assert (result["result"]["state"], result["result"]["reason"]) == ("rejected", reason)
    assert stock(shop) == STOCK
    assert rows(shop, "select * from charges") == []
    assert [body for (body,) in rows(shop, "select body from mails")] == [f"We are sorry: {reason}."]


def test_an_order_that_nobody_packs_is_refunded(shop: Project) -> None:
    """The hook's time limit passes and the money goes back."""
    result = shop.run("fulfil_order", order(shop, "shipped"), "--fast-forward")
    assert (result["result"]["state"], result["result"]["reason"]) == ("refunded", "not packed in time")
    assert stock(shop) == STOCK
    assert rows(shop, "select refunded from charges") == [(1,)]
    assert_recorded_once(shop.inspect(result["runId"]))


def test_reminders_stop_after_three(shop: Project) -> None:
    """Three sleeps, three mails, and then it is left at that."""
    result = shop.run("ask_for_review", {"order_id": "A-1", "email": "ada@shop.example"}, "--fast-forward")
    assert result["result"] == 3
    assert len(rows(shop, "select * from mails")) == 3


def test_reminders_stop_with_the_review(shop: Project) -> None:
    """A review that is already there makes every mail needless."""
    shop.run("ask_for_review", {"order_id": "B-1", "email": "bob@shop.example"}, "--fast-forward")
    records = sqlite3.connect(shop.env["SHOP_DB"])
    with records:
        records.execute("insert into reviews values ('A-1')")
    records.close()
    result = shop.run("ask_for_review", {"order_id": "A-1", "email": "ada@shop.example"}, "--fast-forward")
    assert result["result"] == 0


def test_an_order_without_lines_never_starts(shop: Project) -> None:
    """The model's own rule refuses the input, and no run is written."""
    shop.wfc("build")
    bad = {"order": {**order(shop, "shipped")["order"], "lines": []}}
    assert "lines" in shop.wfc("run", "fulfil_order", "--input", json.dumps(bad), code=2).err
    assert shop.runs() == []
