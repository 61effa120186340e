"""What a new version of a project changes for runs in flight and for those who start them (701, 702, 703).

    active       the builds to compare, and what the user has accepted
    changes      compare the active build with what the source says now
    ids          steps and workflows that are gone, or have another id
    order        durable calls that come in another order
    parameters   parameters that are renamed, gone, or needed now
    places       where in the source to point

It is the active build (`.wfc/current`) that counts: a change is told as long as it isn't built, once more by the build
that makes it, and then no more. What a run does never depends on that: a run whose workflow has changed stays on the
build that started it.
"""

from .active import Changes, changes_of_build, changes_of_plan
from .changes import CODES

__all__ = ["CODES", "Changes", "changes_of_build", "changes_of_plan"]
