"""What annotations say: types as structures, with the classes and fields of the project behind them.

    orders: "list[Order] | None"        Choice(list of Own(Order), None)

    structure    the structures              classes    what kind of class a class of the project is
    reading      annotations to structures   fields     what instances of such classes hold

Nothing is imported: what only run time knows is `Unknown`, about which nobody may claim anything.
"""

from .classes import Kind, OwnClass
from .fields import Field
from .reading import Types
from .structure import (
    ANYTHING,
    NONE,
    Anything,
    Choice,
    Constants,
    Library,
    Missing,
    Noted,
    Own,
    Type,
    Unknown,
    Variable,
    show,
)

__all__ = [
    "ANYTHING",
    "NONE",
    "Anything",
    "Choice",
    "Constants",
    "Field",
    "Kind",
    "Library",
    "Missing",
    "Noted",
    "Own",
    "OwnClass",
    "Type",
    "Types",
    "Unknown",
    "Variable",
    "show",
]
