"""Names with two leading underscores in class bodies, which Python spells differently there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..conftest import Compile

PRIVATE = """\
# file: app/steps.py
from app.workflow import wf
def __obj(): raise RuntimeError
class Context:
    __limit = 3
    def call(__self, __obj, __most=__limit, *, __least: __limit = 1):
        __found = __obj(__most)
        def __inner(__more=__found): return __more + __least
        return __inner(), [__item for __item in range(__most)]
@wf.step
def work(): return Context().call(lambda n: n + 1)
"""


def test_private_names_of_a_class_are_defined(compile_text: Compile) -> None:
    """Parameters, locals and defaults that the class spells `_Context__x` are no undefined names."""
    compiled = compile_text(PRIVATE)
    assert compiled.codes == []
    assert compiled.call("work") == (5, [0, 1, 2])


def test_a_private_parameter_is_not_the_global_of_that_name(compile_text: Compile) -> None:
    """What a method calls by a private name leads to nothing outside the class."""
    assert "RuntimeError" not in compile_text(PRIVATE).text("work", "app/steps.py")


def test_a_global_is_not_seen_by_its_private_name(compile_text: Compile) -> None:
    """Inside a class `__helper` is `_C__helper`, which nothing defines: Python raises NameError."""
    compiled = compile_text(
        """\
        # file: app/steps.py
        from app.workflow import wf
        def __helper(): return 1
        class C:
            def go(self): return __helper()
        @wf.step
        def work(): return C().go()
        """
    )
    assert compiled.codes == ["WFC016"]
