"""Classes that a library connects by name: all of a connected component are in a route, or none.

The libraries are not installed here, so what is looked at is what a route holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..conftest import Compile

PROJECT = """\
# file: app/models/__init__.py
from .user import User
from .order import Order
# file: app/models/base.py
{base}
# file: app/models/user.py
from {library} import {relation}
from .base import Base, Unrelated
def rename(user): user.name = ""
class User(Base):
    __tablename__ = "users"
    orders = {relation}("Order", back_populates="user")
# file: app/models/order.py
from {library} import {relation}
from .base import Base
class Order(Base):
    __tablename__ = "orders"
    user = {relation}("User", back_populates="orders")
# file: app/steps.py
from app.workflow import wf
from app.models import User
@wf.step
def with_user(): return User().orders
@wf.step
def without(): return 1
"""
BASES = {
    "declarative_base": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\nclass Unrelated: pass",
    "DeclarativeBase": "from sqlalchemy.orm import DeclarativeBase as B\nclass Base(B): pass\nclass Unrelated: pass",
    "registry": "from sqlalchemy.orm import registry\nBase = registry().generate_base()\nclass Unrelated: pass",
    "flask": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\nBase = db.Model\nclass Unrelated: pass",
    "SQLModel": "from sqlmodel import SQLModel\nclass Base(SQLModel): pass\nclass Unrelated: pass",
    "django": "from django.db import models\nclass Base(models.Model): pass\nclass Unrelated: pass",
}


@pytest.mark.parametrize("base", BASES)
def test_models_that_name_each_other_come_together(compile_text: Compile, base: str) -> None:
    """`relationship("Order")` is found in the base's registry: the class that it names has to be there."""
    library, relation = ("sqlmodel", "Relationship") if base == "SQLModel" else ("sqlalchemy.orm", "relationship")
    text = PROJECT.format(base=BASES[base], library=library, relation=relation)
    compiled = compile_text(text)
    assert "class Order(Base)" in compiled.text("with_user", "app/models/order.py")
    assert "def rename" not in compiled.text("with_user", "app/models/user.py")
    assert "class Unrelated" not in compiled.text("with_user", "app/models/base.py")
    assert not (compiled.directory("without") / "app" / "models").exists()
