"""Make bodies of workflows at random that do things with sets, lists, dicts and texts; the same for the same seed.

    s1 = {y.upper() for y in (tags | {name})}
    for v2 in sorted(s1):
        await charge(','.join([*xs, v2]))

What is added to a set comes from no set: in what order it was found doesn't show there, and is left alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable

_DEEPEST = 3
_Kind = list[str]


class _Maker:
    """The making of one body; the names that it may use by what they hold."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.count = 0
        self.names: dict[str, _Kind] = {"set": ["tags"], "list": ["xs"], "text": ["name"], "dict": []}

    def pick(self, makers: list[Callable[[], str]], depth: int) -> str:
        return (self.chance.choice(makers) if depth < _DEEPEST else makers[0])()

    def one(self, kind: str) -> str:
        return self.chance.choice(self.names[kind])

    # --- expressions

    def a_set(self, depth: int = 0) -> str:
        inner = depth + 1
        makers: list[Callable[[], str]] = [
            lambda: self.one("set"),
            lambda: f"set({self.a_list(inner)})",
            lambda: f"({self.one('set')} | {{{self.a_text(inner)}}})",
            lambda: f"({self.one('set')} - {{{self.a_text(inner)}}})",
            lambda: f"{{{self.changed('y')} for y in {self.many(inner)}}}",
            lambda: "{'p', 'q', 'r', 's'}",
        ]
        return self.pick(makers, depth)

    def a_list(self, depth: int = 0) -> str:
        inner = depth + 1
        makers: list[Callable[[], str]] = [
            lambda: self.one("list"),
            lambda: f"list({self.a_set(inner)})",
            lambda: f"sorted({self.many(inner)})",
            lambda: f"[{self.changed('y')} for y in {self.many(inner)}]",
            lambda: f"[*{self.a_set(inner)}, {self.a_text(inner)}]",
            lambda: f"[{self.a_text(inner)}, {self.a_text(inner)}]",
            lambda: f"list(dict.fromkeys({self.many(inner)}))",
        ]
        return self.pick(makers, depth)

    def a_text(self, depth: int = 0) -> str:
        inner = depth + 1
        makers: list[Callable[[], str]] = [
            lambda: self.one("text"),
            lambda: f"','.join({self.a_list(inner)})",
            lambda: f"min({self.a_set(inner)}, default='')",
            lambda: f"next(iter({self.many(inner)}), '')",
            lambda: f"str(len({self.many(inner)}))",
            lambda: f"str(sum(len(y) for y in {self.many(inner)}))",
            lambda: f"({self.a_text(inner)} if {self.test(inner)} else {self.a_text(inner)})",
        ]
        return self.pick(makers, depth)

    def test(self, depth: int) -> str:
        inner = depth + 1
        makers: list[Callable[[], str]] = [
            lambda: f"{self.a_text(inner)} in {self.many(inner)}",
            lambda: f"len({self.many(inner)}) > 2",
            lambda: f"{self.a_set(inner)} == {self.a_set(inner)}",
            lambda: f"bool({self.a_list(inner)})",
        ]
        return self.chance.choice(makers)()

    def many(self, depth: int = 0) -> str:
        return self.chance.choice([self.a_set, self.a_list])(depth)

    def changed(self, name: str) -> str:
        return self.chance.choice([name, f"{name}.upper()", f"{name}[0]", f"{name} + '!'"])

    # --- statements

    def bind(self, kind: str, value: str) -> list[str]:
        self.count += 1
        name = f"{kind[0]}{self.count}"
        self.names[kind].append(name)
        return [f"{name} = {value}"]

    def statement(self, depth: int) -> list[str]:
        ways: list[Callable[[], list[str]]] = [
            lambda: self.bind("set", self.a_set()),
            lambda: self.bind("list", self.chance.choice(["[]", self.a_list()])),
            lambda: self.bind("text", self.a_text()),
            lambda: self.bind("dict", f"dict.fromkeys({self.many()}, 1)"),
            lambda: [f"await charge({self.chance.choice([self.a_text, self.a_list, self.a_set])()})"],
            lambda: [f"await charge({self.a_text()})"],
            *([lambda: [f"{self.one('list')}.append({self.a_text()})"]] if len(self.names["list"]) > 1 else []),
            *([lambda: [f"{self.one('text')} += {self.a_text()}"]] if len(self.names["text"]) > 1 else []),
            *([lambda: [f"await charge(list({self.one('dict')}))"]] if self.names["dict"] else []),
        ]
        if depth < _DEEPEST:
            ways += [lambda: self.loop(depth), lambda: self.branch(depth)]
        return self.chance.choice(ways)()

    def loop(self, depth: int) -> list[str]:
        values = self.many()
        self.count += 1
        name = f"v{self.count}"
        return [f"for {name} in {values}:", *self.block(depth, name)]

    def branch(self, depth: int) -> list[str]:
        return [f"if {self.test(0)}:", *self.block(depth), "else:", *self.block(depth)]

    def block(self, depth: int, name: str = "") -> list[str]:
        """Return an indented block; what it binds isn't known behind it."""
        before = {kind: list(names) for kind, names in self.names.items()}
        self.names["text"] += [name] if name else []
        made = [line for _ in range(self.chance.randint(1, 3)) for line in self.statement(depth + 1)]
        self.names = before
        return [f"    {line}" for line in made]


def random_body(seed: int) -> str:
    """Return the body of a workflow that takes `tags`, `name` and `xs`."""
    maker = _Maker(seed)
    lines = [line for _ in range(maker.chance.randint(2, 6)) for line in maker.statement(0)]
    return "\n".join([*lines, f"return {maker.chance.choice([maker.a_text, maker.a_list, maker.a_set])()}"])
