"""Replace references: names that mean something else in a flow, and `__name__` in every route.

    print(x)                      ->  _flow.print(x)                   once, not again on each replay
    asyncio.wait_for(f(), 5)      ->  _flow.wait_for(f(), 5)           the same on every Python
    contextlib.ExitStack()        ->  _flow.ExitStack()                guarded callbacks
    weakref.ref(x, forget)        ->  _flow.ref(x, forget)             the same
    locals()                      ->  _flow.locals()                   without the name that guards add
    except FatalError:            ->  except _flow.fatal(FatalError):  also a step out of retries
    __name__                      ->  "app.steps.draft"                what the user's module is called
    import_module("app.plugins")  ->  import_module(".plugins", __package__)

References are replaced, not only calls: `key=print` means the same thing. Names are resolved by a
function that is passed in, (definition around, "asyncio.wait_for") -> canonical name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import libcst as cst
from libcst.helpers import get_full_name_for_node

from .guards import Emitted
from .imports import Surroundings
from .statements import Origin, Rewrite

Resolve = Callable[[ast.stmt | None, str], str | None]
"""(function or class around, None at module level; dotted name as written) -> canonical name."""

IN_FLOW = {
    "builtins.print": "print",
    "builtins.locals": "locals",
    "builtins.vars": "vars",
    "builtins.dir": "dir",
    "asyncio.wait_for": "wait_for",
    "asyncio.tasks.wait_for": "wait_for",
    "asyncio.as_completed": "as_completed",
    "asyncio.tasks.as_completed": "as_completed",
    "contextlib.ExitStack": "ExitStack",
    "contextlib.AsyncExitStack": "AsyncExitStack",
    "contextlib.AsyncContextDecorator": "AsyncContextDecorator",
    "weakref.ref": "ref",
    "weakref.ReferenceType": "ref",
    "weakref.WeakMethod": "WeakMethod",
    "weakref.proxy": "proxy",
    "weakref.finalize": "finalize",
}
"""What a flow uses instead, by canonical name: attributes of `wfc.flow`."""

FATAL = "wfc.FatalError"

# Calls that look a module up by the name they are given: they need the real one.
MODULE_LOOKUPS = frozenset(
    {
        "importlib.import_module",
        "importlib.resources.files",
        "importlib.util.find_spec",
        "importlib.resources.path",
        "importlib.resources.read_text",
        "importlib.resources.open_text",
        "importlib.resources.read_binary",
        "importlib.resources.open_binary",
        "pkgutil.get_data",
        "pkgutil.walk_packages",
        "pkgutil.iter_modules",
    }
)


class ReplaceReferences(Rewrite):
    """Replace names by what they mean in a route; `emitted` is None in a step's route."""

    def __init__(
        self, origin: Origin, resolve: Resolve, module: str, around: Surroundings, *, emitted: Emitted | None
    ) -> None:
        super().__init__(origin)
        self.canonical_name = resolve
        self.module = module
        self.around = around
        self.emitted = emitted
        self._scopes: list[ast.stmt] = []
        self._locals: list[set[str]] = []  # of the lambdas and comprehensions around
        self._real_names: set[cst.CSTNode] = set()
        self._definitions = 0
        self._quotes: list[str] = []  # of the f-strings around

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        """Note that what follows belongs to a definition: it is code that a flow may run."""
        self._definitions += 1
        self._real_names.add(node.name)

    def visit_FunctionDef_body(self, node: cst.FunctionDef) -> None:
        """Enter the function's own scope; its decorators and defaults belong to the one around."""
        self._scopes.append(self.origin[node])

    def leave_FunctionDef_body(self, node: cst.FunctionDef) -> None:
        """Leave the function's scope."""
        self._scopes.pop()

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        """Leave the definition."""
        self._definitions -= 1
        return updated_node

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        """Note that what follows belongs to a definition."""
        self._definitions += 1
        self._real_names.add(node.name)

    def visit_ClassDef_body(self, node: cst.ClassDef) -> None:
        """Enter the scope of a class body."""
        self._scopes.append(self.origin[node])

    def leave_ClassDef_body(self, node: cst.ClassDef) -> None:
        """Leave the scope of a class body."""
        self._scopes.pop()

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        """Leave the definition."""
        self._definitions -= 1
        return updated_node

    def visit_Lambda(self, node: cst.Lambda) -> None:
        """Note the parameters of a lambda: they hide names around it."""
        self._locals.append(set(_names(node.params)))

    def leave_Lambda(self, original_node: cst.Lambda, updated_node: cst.Lambda) -> cst.Lambda:
        """Forget them."""
        self._locals.pop()
        return updated_node

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Enter a comprehension like a lambda: its targets hide names around it."""
        if isinstance(node, cst.BaseComp):
            self._locals.append(_targets(node.for_in))
        return super().on_visit(node)

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Leave a comprehension, and whatever else there is."""
        if isinstance(original_node, cst.BaseComp):
            self._locals.pop()
        return super().on_leave(original_node, updated_node)

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        """Note the quotes of an f-string: before Python 3.12 they can't be used inside it."""
        self._quotes.append(node.quote)

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.FormattedString:
        """Forget them."""
        self._quotes.pop()
        return updated_node

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        """Keep the name behind a dot out of `leave_Name`: it is no reference."""
        self._real_names.add(node.attr)

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        """Do the same for the name of a keyword argument."""
        if node.keyword is not None:
            self._real_names.add(node.keyword)

    def visit_Import(self, node: cst.Import) -> bool:
        """Leave import statements alone: the names in them are not references."""
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        """Leave import statements alone."""
        return False

    def visit_Param_name(self, node: cst.Param) -> None:
        """A parameter's name is no reference."""
        self._real_names.add(node.name)

    def visit_MatchKeywordElement_key(self, node: cst.MatchKeywordElement) -> None:
        """An attribute name in a class pattern is no reference."""
        self._real_names.add(node.key)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """Replace a name, or leave it."""
        if original_node in self._real_names:
            return updated_node
        if original_node.value == "__name__":
            own = self._canonical("__name__") == "builtins.__name__"
            return self._user_name(updated_node) if own else updated_node
        return self._replaced(original_node.value, updated_node)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        """Replace `asyncio.wait_for` and its like."""
        name = get_full_name_for_node(original_node)
        if name == "vercel.workflow" and self._canonical(name) == "wfc":
            return cst.Name("wfc", lpar=updated_node.lpar, rpar=updated_node.rpar)
        return updated_node if name is None else self._replaced(name, updated_node)

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Let `except FatalError` catch what a step raised when it had no retries left."""
        if updated_node.type is None or original_node.type is None:
            return updated_node
        return updated_node.with_changes(type=self._fatal(original_node.type, updated_node.type))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        """Keep `__name__` in `sys.modules[__name__]`: the module is there under its real name."""
        if self._canonical(get_full_name_for_node(node.value)) == "sys.modules":
            self._real_names.update(_own_names(node))

    def visit_Call(self, node: cst.Call) -> None:
        """Keep `__name__` as the argument of what looks modules up."""
        if self._canonical(get_full_name_for_node(node.func)) in MODULE_LOOKUPS:
            self._real_names.update(_own_names(node))

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Lead `import_module("app.x")` to the route's own tree."""
        if self._canonical(get_full_name_for_node(original_node.func)) != "importlib.import_module":
            return updated_node
        target = updated_node.args[0].value if len(updated_node.args) == 1 else None
        if not isinstance(target, cst.SimpleString):
            return updated_node
        name = target.evaluated_value
        if not isinstance(name, str) or name.startswith(".") or not self.around.is_first_party(name):
            return updated_node
        dots, rest = self.around.relative(name.split("."))
        relative = cst.SimpleString(f'"{"." * dots}{".".join(rest)}"')
        return updated_node.with_changes(
            args=[updated_node.args[0].with_changes(value=relative), cst.Arg(cst.Name("__package__"))]
        )

    def _user_name(self, node: cst.Name) -> cst.BaseExpression:
        taken = "".join(self._quotes)
        quote = next((quote for quote in ('"', "'") if quote not in taken), None)
        if quote is None:
            return cst.ensure_type(cst.parse_expression(f"str({self._letters()})"), cst.Call)
        return cst.SimpleString(f"{quote}{self.module}{quote}", lpar=node.lpar, rpar=node.rpar)

    def _letters(self) -> str:
        """Spell the module's name without any quotes, for an f-string within an f-string."""
        return f"bytes([{', '.join(map(str, self.module.encode()))}]), chr(117) + chr(116) + chr(102) + chr(56)"

    def _replaced(self, name: str, node: cst.Name | cst.Attribute) -> cst.BaseExpression:
        if self.emitted is None or not self._definitions:
            return node
        replacement = IN_FLOW.get(self._canonical(name) or "")
        if replacement is None:
            return node
        return cst.Attribute(cst.Name(self.emitted.flow), cst.Name(replacement), lpar=node.lpar, rpar=node.rpar)

    def _fatal(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        if self.emitted is None or not self._scopes:
            return updated
        if isinstance(original, cst.Tuple) and isinstance(updated, cst.Tuple):
            pairs = zip(original.elements, updated.elements, strict=True)
            return updated.with_changes(
                elements=[new.with_changes(value=self._fatal(old.value, new.value)) for old, new in pairs]
            )
        if self._canonical(get_full_name_for_node(original)) != FATAL:
            return updated
        return cst.Call(cst.Attribute(cst.Name(self.emitted.flow), cst.Name("fatal")), [cst.Arg(updated)])

    def _canonical(self, name: str | None) -> str | None:
        if name is None or any(name.partition(".")[0] in hidden for hidden in self._locals):
            return None
        return self.canonical_name(self._scopes[-1] if self._scopes else None, name)


def _own_names(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the `__name__` nodes in an expression."""
    found: list[cst.CSTNode] = []
    for child in node.children:
        if isinstance(child, cst.Name) and child.value == "__name__":
            found.append(child)
        found.extend(_own_names(child))
    return found


def _names(node: cst.Parameters) -> list[str]:
    parameters = [*node.posonly_params, *node.params, *node.kwonly_params]
    stars = [star for star in (node.star_arg, node.star_kwarg) if isinstance(star, cst.Param)]
    return [parameter.name.value for parameter in (*parameters, *stars)]


def _targets(comprehension: cst.CompFor | None) -> set[str]:
    names: set[str] = set()
    while comprehension is not None:
        names |= _bound(comprehension.target)
        comprehension = comprehension.inner_for_in
    return names


def _bound(target: cst.CSTNode) -> set[str]:
    if isinstance(target, cst.Name):
        return {target.value}
    if isinstance(target, cst.Attribute | cst.Subscript):
        return set()
    return {name for child in target.children for name in _bound(child)}
