"""Replace references: names that mean something else in a flow, and `__name__` in every route.

    print(x)                      ->  _flow.print(x)                   and what else `substitutions` finds
    except FatalError:            ->  except _flow.fatal(FatalError):  also a step out of retries
    except openai.APIError:       ->  except _flow.caught("openai.APIError"):         without the import
    __name__                      ->  "app.steps.draft"                what the user's module is called
    import_module("app.plugins")  ->  import_module(".plugins", __package__)     f"app.{name}" likewise
    files("app.plugins")          ->  files(__package__ + ".plugins")            what reads a package's files

What a name refers to is the binder's answer (`resolve`).
"""

from __future__ import annotations

import libcst as cst
from libcst.helpers import get_full_name_for_node

from ..slice.resources import READERS
from .resolved import Resolved
from .statements import Origin, Rewrite
from .surroundings import Surroundings
from .units import AddedNames

FATAL = "wfc.FatalError"

# Calls that look a module up by the name they are given: they need the real one.
MODULE_LOOKUPS = READERS | {
    "importlib.import_module",
    "importlib.util.find_spec",
    "pkgutil.walk_packages",
    "pkgutil.iter_modules",
}


class ReplaceReferences(Rewrite):
    """Replace names by what they mean in a route; `emitted` is None in a step's route."""

    def __init__(
        self, origin: Origin, resolved: Resolved, module: str, around: Surroundings, *, emitted: AddedNames | None
    ) -> None:
        super().__init__(origin)
        self.resolved = resolved
        self.module = module
        self.around = around
        self.emitted = emitted
        self._real_names: set[cst.CSTNode] = set()
        self._quotes: list[str] = []  # of the f-strings around

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        """Note the quotes of an f-string: before Python 3.12 they can't be used inside it."""
        self._quotes.append(node.quote)

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.FormattedString:
        """Forget them."""
        self._quotes.pop()
        return updated_node

    def visit_Import(self, node: cst.Import) -> bool:
        """Leave import statements alone: the names in them are not references."""
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        """Leave import statements alone."""
        return False

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """Replace a name, or leave it."""
        if original_node.value == "__name__" and original_node not in self._real_names:
            own = self.resolved.canonical(original_node) == "builtins.__name__"
            return self._user_name(updated_node) if own else updated_node
        return self._replaced(original_node, updated_node)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        """Replace `asyncio.wait_for` and its like."""
        name = get_full_name_for_node(original_node)
        if name == "vercel.workflow" and self.resolved.canonical(original_node) == "wfc":
            return cst.Name("wfc", lpar=updated_node.lpar, rpar=updated_node.rpar)
        return self._replaced(original_node, updated_node)

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        """Let `except FatalError` catch a step's last error, and `except openai.APIError` go by the name."""
        if updated_node.type is None or original_node.type is None:
            return updated_node
        return updated_node.with_changes(type=self._caught(original_node.type, updated_node.type))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        """Keep `__name__` in `sys.modules[__name__]`: the module is there under its real name."""
        if self.resolved.canonical(node.value) == "sys.modules":
            self._real_names.update(_own_names(node))

    def visit_Call(self, node: cst.Call) -> None:
        """Keep `__name__` as the argument of what looks modules up."""
        if self.resolved.canonical(node.func) in MODULE_LOOKUPS:
            self._real_names.update(_own_names(node))

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Lead `import_module("app.x")` and `files("app.x")` to the route's own tree."""
        called = self.resolved.canonical(original_node.func)
        if called in READERS and updated_node.args:
            package = self._package_name(updated_node.args[0].value)
            return (
                updated_node if package is None else updated_node.with_deep_changes(updated_node.args[0], value=package)
            )
        if called != "importlib.import_module":
            return updated_node
        target = updated_node.args[0].value if len(updated_node.args) == 1 else None
        relative = self._relative_name(target) if target is not None else None
        if relative is None:
            return updated_node
        return updated_node.with_changes(
            args=[updated_node.args[0].with_changes(value=relative), cst.Arg(cst.Name("__package__"))]
        )

    def _package_name(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """Make of a first-party package's name what it is called in the route: its parts behind this package's."""
        name = node.evaluated_value if isinstance(node, cst.SimpleString) else None
        quote = next((quote for quote in ('"', "'") if quote not in "".join(self._quotes)), None)
        if not isinstance(name, str) or quote is None or not self.around.is_first_party(name):
            return None
        dots, rest = self.around.relative(name.split("."))
        base = f"__package__.rsplit({quote}.{quote}, {dots - 1})[0]" if dots > 1 else "__package__"
        return cst.parse_expression(base + (f" + {quote}.{'.'.join(rest)}{quote}" if rest else ""))

    def _relative_name(self, node: cst.BaseExpression, *, beginning: bool = False) -> cst.BaseExpression | None:
        """Make a first-party module name relative, of which at least the beginning is a literal."""
        match node:
            case cst.BinaryOperation(left=left, operator=cst.Add()):
                first = self._relative_name(left, beginning=True)
                return node.with_changes(left=first) if first is not None else None
            case cst.FormattedString(parts=[cst.FormattedStringText(value=name) as text, *rest]):
                relative = self._relative(name, beginning=True)
                return None if relative is None else node.with_changes(parts=[text.with_changes(value=relative), *rest])
            case cst.SimpleString(evaluated_value=str(name)):
                relative = self._relative(name, beginning=beginning)
                return None if relative is None else cst.SimpleString(f'"{relative}"')
        return None

    def _relative(self, name: str, *, beginning: bool) -> str | None:
        """Return a name relative to this package; the last part of a beginning is perhaps no whole name."""
        if name.startswith(".") or not self.around.is_first_party(name):
            return None
        parts = name.split(".")
        whole = len(parts) - 1 if beginning else len(parts)
        dots, rest = self.around.relative(parts[:whole])
        return "." * dots + ".".join([*rest, *parts[whole:]])

    def _user_name(self, node: cst.Name) -> cst.BaseExpression:
        taken = "".join(self._quotes)
        quote = next((quote for quote in ('"', "'") if quote not in taken), None)
        if quote is None:
            return cst.ensure_type(cst.parse_expression(f"str({self._letters()})"), cst.Call)
        return cst.SimpleString(f"{quote}{self.module}{quote}", lpar=node.lpar, rpar=node.rpar)

    def _letters(self) -> str:
        """Spell the module's name without any quotes, for an f-string within an f-string."""
        return f"bytes([{', '.join(map(str, self.module.encode()))}]), chr(117) + chr(116) + chr(102) + chr(56)"

    def _replaced(self, original: cst.Name | cst.Attribute, updated: cst.Name | cst.Attribute) -> cst.BaseExpression:
        replacement = self.resolved.substitute(original) if self.emitted is not None else None
        if self.emitted is None or replacement is None:
            return updated
        names = cst.parse_expression(f"{self.emitted.flow}.{replacement}")
        return names.with_changes(lpar=updated.lpar, rpar=updated.rpar)

    def _caught(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        if self.emitted is None:
            return updated
        if isinstance(original, cst.Tuple) and isinstance(updated, cst.Tuple):
            pairs = zip(original.elements, updated.elements, strict=True)
            return updated.with_changes(
                elements=[new.with_changes(value=self._caught(old.value, new.value)) for old, new in pairs]
            )
        names = self.resolved.caught_names(original)
        if names:
            arguments = ", ".join(f'"{name}"' for name in names)
            return cst.parse_expression(f"{self.emitted.flow}.caught({arguments})")
        if self.resolved.canonical(original) != FATAL:
            return updated
        return cst.Call(cst.Attribute(cst.Name(self.emitted.flow), cst.Name("fatal")), [cst.Arg(updated)])


def _own_names(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the `__name__` nodes in an expression."""
    found: list[cst.CSTNode] = []
    for child in node.children:
        if isinstance(child, cst.Name) and child.value == "__name__":
            found.append(child)
        found.extend(_own_names(child))
    return found
