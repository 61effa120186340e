"""Random programs of a few modules whose top level makes, shares and changes things in many ways.

    import app.m0 as q1                          what a module binds is used by itself and by later modules,
    from .m0 import L1, f2 as g3                 under whatever name it got there
    L4 = [1, 2]
    D5 = {"a": L4}
    D5["a"].append(7)                            L4 has changed, too
    @R6
    def f7(x): return x + len(q1.L1)

A program is a list of modules, each a list of statements; the last module holds the steps. Every name has a kind,
so that nearly all programs run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from .program_statements import STATEMENTS

LONGEST = 9
STEPS = 8
LOOKED_AT = ("list", "dict", "table", "class", "object", "getter", "int")
REGISTRY = "import wfc\n\nwf = wfc.Workflows()\n"


@dataclass
class Scope:
    """What a module can refer to: expressions by the kind of what they give."""

    known: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, expression: str) -> None:
        self.known.setdefault(kind, []).append(expression)

    def has(self, *kinds: str) -> bool:
        return all(self.known.get(kind) for kind in kinds)


class Writer:
    """Writes one module, statement by statement; `draw` makes the choices."""

    def __init__(self, draw: Callable[[st.SearchStrategy[object]], object], number: Callable[[], int]) -> None:
        self._draw = draw
        self._number = number
        self.scope = Scope()
        self.own: list[tuple[str, str]] = []
        self.lines: list[str] = []

    def pick(self, options: Sequence[str]) -> str:
        """Choose one of some texts."""
        chosen = self._draw(st.sampled_from(options))
        assert isinstance(chosen, str)
        return chosen

    def of(self, kind: str) -> str:
        """Choose an expression of a kind."""
        return self.pick(self.scope.known[kind])

    def bind(self, kind: str, name: str) -> str:
        """Note a name that this module binds."""
        self.scope.add(kind, name)
        self.own.append((kind, name))
        return name

    def name(self, letter: str) -> str:
        """Return a name that is nowhere yet."""
        return f"{letter}{self._number()}"

    def integer(self, depth: int = 1) -> str:
        """Return an expression that gives a number."""
        options = [str(self._draw(st.integers(0, 9)))]
        known = self.scope.known
        options += known.get("int", [])
        options += [f"len({one})" for one in (*known.get("list", []), *known.get("dict", []))]
        options += [f"{one}.n" for one in (*known.get("class", []), *known.get("object", []))]
        options += [f"{one}.m(2)" for one in known.get("object", [])]
        options += [f"len({one}['b'])" for one in known.get("table", [])]
        if depth:
            options += [f"{one}({self.integer(0)})" for one in known.get("function", [])]
            options += [f"len({one}())" for one in known.get("getter", [])]
        return self.pick(options)

    def statement(self) -> None:
        """Write one statement."""
        makers = [name for name, (_, kinds) in STATEMENTS.items() if self.scope.has(*kinds)]
        text = STATEMENTS[self.pick(makers)][0](self)
        self.lines += text.splitlines()

    def imports(self, module: str, offered: Sequence[tuple[str, str]]) -> None:
        """Import an earlier module in one of the ways there are, or only inside functions."""
        form = self.pick(["name", "alias", "dotted", "module", "star", "inside"])
        alias = self.name("q")
        match form:
            case "name":
                for kind, name in offered[:6]:
                    own = self.name("n") if self.pick(["as", "plain"]) == "as" else name
                    self.lines.append(f"from .{module} import {name} as {own}")
                    self.bind(kind, own)
                return
            case "star":
                self.lines.append(f"from app.{module} import *")
                for kind, name in offered:
                    self.bind(kind, name)
                return
            case "inside":
                for kind, name in offered[:3]:
                    if kind == "list":
                        self.lines.append(
                            f"def g{alias}{name}():\n    from app.{module} import {name}\n    return {name}"
                        )
                        self.bind("getter", f"g{alias}{name}")
                return
            case "alias":
                self.lines.append(f"import app.{module} as {alias}")
            case "dotted":
                self.lines.append(f"import app.{module}")
                alias = f"app.{module}"
            case _:
                self.lines.append(f"from app import {module} as {alias}")
        self.scope.add("module", alias)
        for kind, name in offered:
            self.scope.add(kind, f"{alias}.{name}")

    def steps(self) -> None:
        """Write a step for each of some things that there are to look at, and one that gives everything."""
        known = [(kind, one) for kind in LOOKED_AT for one in self.scope.known.get(kind, ())]
        places = self._draw(st.permutations(range(len(known))))
        assert isinstance(places, list)
        for number, place in enumerate(places[:STEPS]):
            self._step(f"step{number}", [known[place]])
        every = [(kind, one) for kind, names in self.scope.known.items() for one in names]
        self._step("everything", [(kind, one) for kind, one in every if kind not in ("module", "register")])

    def _step(self, name: str, shown: Sequence[tuple[str, str]]) -> None:
        self.lines += ["@wf.step", f"def {name}():", f"    return [{', '.join(_shown(*one) for one in shown)}]"]


def _shown(kind: str, one: str) -> str:
    match kind:
        case "function":
            return f"{one}(2)"
        case "getter":
            return f"{one}()"
        case "class":
            return f"[{one}.__name__, {one}.n, getattr({one}, 'items', None), {one}().m(1)]"
        case "object":
            return f"[{one}.n, {one}.items, {one}.m(1)]"
    return one


@st.composite
def programs(draw: st.DrawFn) -> dict[str, str]:
    """Return the files of a program: modules that import earlier ones, and steps in the last."""
    numbers = iter(range(1, 10_000))
    offered: dict[str, list[tuple[str, str]]] = {}
    files: dict[str, str] = {}
    count = draw(st.integers(0, 3))
    for name in [*(f"m{number}" for number in range(count)), "steps"]:
        writer = Writer(draw, lambda: next(numbers))
        for earlier, names in offered.items():
            if draw(st.sampled_from(["import", "import", "leave"])) == "import":
                writer.imports(earlier, names)
        for _ in range(draw(st.integers(1, LONGEST))):
            writer.statement()
        if name == "steps":
            writer.lines.insert(0, "from app.workflow import wf")
            writer.steps()
        offered[name] = writer.own
        files[f"app/{name}.py"] = "\n".join(writer.lines) + "\n"
    return {**files, "app/workflow.py": REGISTRY}
