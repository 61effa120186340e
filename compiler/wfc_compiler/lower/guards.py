"""Make suspension invisible: blocks that run on the way out run only when the flow really leaves them.

When the runtime puts a run aside it closes the run's coroutines. Every `finally`, handler and
`with` of a flow would then run, as if the workflow had been cancelled. So:

    try:                                   _wfc_run = _flow.run()
        async with lock:                   try:
            await charge()                     async with _flow.cm(_wfc_run, lock):
    except Declined:                ->             await charge()
        await refund()                     except Declined:
    finally:                                   if not _wfc_run.live:
        await notify()                             raise
                                               await refund()
                                           finally:
                                               if _wfc_run.live:
                                                   await notify()

Every handler is guarded, not only the broad ones: a library that awaits in its clean-up turns
GeneratorExit into a RuntimeError, which `except Exception` further out would catch. The run is
captured in a local at function entry, because a late garbage collection closes frames in another
run's context. Code outside functions runs at import and is left alone.

What a handler catches may be computed when something is raised, and a `__del__` method runs when a
suspended frame drops the object:

    except self.errors():              ->  except self.errors() if _wfc_run.live else ():
    def __del__(self): self.close()    ->  def __del__(self):
                                               if not _flow.in_turn():
                                                   return
                                               self.close()
"""

from __future__ import annotations

from collections.abc import Container

import libcst as cst
from libcst.helpers import get_full_name_for_node, parse_template_statement

from .statements import Origin, Rewrite
from .units import AddedNames


class GuardBlocks(Rewrite):
    """Guard the blocks of every function, method and generator of a module."""

    def __init__(self, origin: Origin, emitted: AddedNames, constant: Container[str]) -> None:
        """`constant` holds the names whose attributes are as good as constants: those of the module's own scope."""
        super().__init__(origin)
        self.emitted = emitted
        self.constant = constant
        self._guarded: list[bool] = []  # of the functions around, whether each holds a guard
        self._finalizers: set[cst.FunctionDef] = set()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        """Note the finalizer of a class."""
        self._finalizers.update(
            statement
            for statement in node.body.body
            if isinstance(statement, cst.FunctionDef) and statement.name.value == "__del__"
        )

    def visit_FunctionDef_body(self, node: cst.FunctionDef) -> None:
        """Enter a function: what stands in its body is guarded by the run that it captures."""
        self._guarded.append(False)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        """Capture the run at the entry of a function that holds a guard."""
        first: list[cst.BaseStatement] = []
        if original_node in self._finalizers:
            guard = "if not {flow}.in_turn():\n    return\n"
            first.append(parse_template_statement(guard, flow=cst.Name(self.emitted.flow)))
        if self._guarded.pop():
            first.append(cst.parse_statement(f"{self.emitted.run} = {self.emitted.flow}.run()"))
        if not first:
            return updated_node
        block = as_block(updated_node.body)
        at = 1 if is_docstring(block.body[0]) else 0
        body = [*block.body[:at], *first, *block.body[at:]]
        return updated_node.with_changes(body=block.with_changes(body=body))

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Let a handler pass the exception on when the run is only put aside."""
        return updated_node.with_changes(
            type=self._guarded_type(updated_node.type), body=self._guarded_handler(updated_node.body)
        )

    def leave_ExceptStarHandler(
        self, original_node: cst.ExceptStarHandler, updated_node: cst.ExceptStarHandler
    ) -> cst.ExceptStarHandler:
        """Do the same for `except*`."""
        return updated_node.with_changes(
            type=self._guarded_type(updated_node.type), body=self._guarded_handler(updated_node.body)
        )

    def leave_Finally(self, original_node: cst.Finally, updated_node: cst.Finally) -> cst.Finally:
        """Run a `finally` block only when the run is live."""
        if not self._guard():
            return updated_node
        block = as_block(updated_node.body)
        guard = cst.If(
            test=cst.Attribute(cst.Name(self.emitted.run), cst.Name("live")),
            body=block.with_changes(header=cst.TrailingWhitespace()),
        )
        return updated_node.with_changes(body=cst.IndentedBlock([guard], header=block.header))

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.With:
        """Wrap each context manager, so that its exit is skipped when the run is put aside."""
        if not self._guard():
            return updated_node
        return updated_node.with_changes(items=[self._wrapped(item) for item in updated_node.items])

    def _guard(self) -> bool:
        """Say whether code here is lowered, and that the function around it needs the run."""
        if not self._guarded:
            return False
        self._guarded[-1] = True
        return True

    def _guarded_handler(self, body: cst.BaseSuite) -> cst.BaseSuite:
        if not self._guard():
            return body
        block = as_block(body)
        guard = parse_template_statement("if not {run}.live:\n    raise\n", run=cst.Name(self.emitted.run))
        return block.with_changes(body=[guard, *block.body])

    def _guarded_type(self, caught: cst.BaseExpression | None) -> cst.BaseExpression | None:
        """Compute what a handler catches only when the run is live; nothing is caught otherwise."""
        if caught is None or not self._guarded or self._is_constant(caught):
            return caught
        return cst.IfExp(
            test=cst.Attribute(cst.Name(self.emitted.run), cst.Name("live")), body=caught, orelse=cst.Tuple([])
        )

    def _is_constant(self, caught: cst.BaseExpression) -> bool:
        """Say whether an expression runs no code of the user's: class names, and `_flow.fatal(...)` around them."""
        match caught:
            case cst.Name():
                return True
            case cst.Attribute():
                root = (get_full_name_for_node(caught) or "").partition(".")[0]
                return root in self.constant
            case cst.Tuple():
                return all(self._is_constant(element.value) for element in caught.elements)
            case cst.Call(func=cst.Attribute(value=cst.Name(value=self.emitted.flow))):
                return True
            case _:
                return False

    def _wrapped(self, item: cst.WithItem) -> cst.WithItem:
        manager = cst.Call(
            cst.Attribute(cst.Name(self.emitted.flow), cst.Name("cm")),
            [
                cst.Arg(cst.Name(self.emitted.run), comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))),
                cst.Arg(item.item),
            ],
        )
        return item.with_changes(item=manager)


def as_block(suite: cst.BaseSuite) -> cst.IndentedBlock:
    """Return a suite as an indented block: `finally: close()` gets a line of its own."""
    if isinstance(suite, cst.IndentedBlock):
        return suite
    assert isinstance(suite, cst.SimpleStatementSuite)
    return cst.IndentedBlock([cst.SimpleStatementLine(suite.body, trailing_whitespace=suite.trailing_whitespace)])


def is_docstring(statement: cst.BaseStatement) -> bool:
    """Say whether a statement is a string and nothing else."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    first = statement.body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString | cst.ConcatenatedString)
