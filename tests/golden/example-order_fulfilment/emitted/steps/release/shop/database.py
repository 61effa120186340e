import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

STOCK = {"mug": 10, "poster": 3, "lamp": 0}

SCHEMA = """
create table if not exists stock (sku text primary key, quantity integer not null);
create table if not exists reservations (key text primary key, order_id text, sku text, quantity integer);
create table if not exists charges (key text primary key, order_id text, amount text, refunded integer default 0);
create table if not exists carrier_calls (key text, order_id text);
create table if not exists mails (key text primary key, recipient text, body text);
create table if not exists reviews (order_id text primary key);
"""


@contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    """Open the records for one transaction: all of it is kept, or nothing."""
    connection = sqlite3.connect(os.environ.get("SHOP_DB", "shop.db"), timeout=10, isolation_level=None)
    try:
        connection.execute("begin immediate")
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        connection.executemany("insert or ignore into stock values (?, ?)", STOCK.items())
        yield connection
        connection.execute("commit")
    finally:
        connection.close()
