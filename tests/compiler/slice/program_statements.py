"""The statements that random programs are made of, each with the kinds of names that it needs.

int        a number                     list, dict    {"a": 1}            table     {"a": a list}
function   a number to a number         getter        gives a list        register  a decorator that keeps names
class      with `n`, `m(x)`, `items`    object        of such a class     module    another module of the program
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .programs import Writer

Maker = Callable[["Writer"], str]


def number(w: Writer) -> str:
    text = w.integer()
    return f"{w.bind('int', w.name('I'))} = {text}"


def fresh_list(w: Writer) -> str:
    text = f"[{w.integer()}, {w.integer()}]"
    return f"{w.bind('list', w.name('L'))} = {text}"


def fresh_dict(w: Writer) -> str:
    text = w.integer()
    return f"{w.bind('dict', w.name('D'))} = {{'a': {text}}}"


def table_of_lists(w: Writer) -> str:
    text = w.of("list")
    return f"{w.bind('table', w.name('T'))} = {{'a': {text}, 'b': []}}"


def other_name(w: Writer) -> str:
    kind = w.pick([kind for kind in ("list", "dict", "function", "class", "object", "getter") if w.scope.has(kind)])
    text = w.of(kind)
    return f"{w.bind(kind, w.name('A'))} = {text}"


def either_name(w: Writer) -> str:
    texts = w.of("list"), w.of("list")
    return f"{w.bind('list', w.name('A'))} = {texts[0]} if {w.integer()} > 4 else {texts[1]}"


def two_names(w: Writer) -> str:
    texts = w.of("list"), w.of("list")
    return f"{w.bind('list', w.name('A'))}, {w.bind('list', w.name('B'))} = {texts[0]}, {texts[1]}"


def function(w: Writer) -> str:
    body = w.pick([f"x + {w.integer()}", f"{w.integer()} * 2 + x", f"[y + {w.integer()} for y in (x, 1)][0]"])
    name = w.name("f")
    if w.scope.has("list") and w.pick(["plain", "appends"]) == "appends":
        text = f"def {name}(x):\n    {w.of('list')}.append(x)\n    return {body}"
    else:
        text = f"def {name}(x, y={w.integer()}):\n    return {body} + y"
    w.bind("function", name)
    return text


def counter(w: Writer) -> str:
    text, kept, name = w.integer(), w.name("I"), w.name("f")
    w.bind("int", kept)
    w.bind("function", name)
    return f"{kept} = {text}\ndef {name}(x):\n    global {kept}\n    {kept} += x\n    return {kept}"


def getter(w: Writer) -> str:
    text = w.pick([f"return {w.of('list')}", f"found = {w.of('list')}\n    return found"])
    return f"def {w.bind('getter', w.name('g'))}():\n    {text}"


def registrar(w: Writer) -> str:
    text = w.of("list")
    name = w.bind("register", w.name("r"))
    return f"def {name}(f):\n    {text}.append(f.__name__)\n    return f"


def decorated(w: Writer) -> str:
    by, text = w.of("register"), w.integer()
    return f"@{by}\ndef {w.bind('function', w.name('f'))}(x):\n    return x + {text}"


def class_statement(w: Writer) -> str:
    base = f"({w.of('class')})" if w.scope.has("class") and w.pick(["base", "none"]) == "base" else ""
    items = f"\n    items = [{w.integer()}]" if not base or w.pick(["own", "none"]) == "own" else ""
    text = f"{base}:\n    n = {w.integer()}{items}\n    def m(self, x):\n        return x + self.n + {w.integer()}"
    return f"class {w.bind('class', w.name('C'))}{text}"


def registering_class(w: Writer) -> str:
    kept = w.of("list")
    text = f"n = 1\n    items = []\n    def __init_subclass__(cls):\n        {kept}.append(cls.__name__)"
    return f"class {w.bind('class', w.name('C'))}:\n    {text}\n    def m(self, x):\n        return x"


def instance(w: Writer) -> str:
    text = w.of("class")
    return f"{w.bind('object', w.name('O'))} = {text}()"


def class_change(w: Writer) -> str:
    return f"{w.of('class')}.n = {w.integer()}"


def class_items_change(w: Writer) -> str:
    return f"{w.of('class')}.items.append({w.integer()})"


def object_change(w: Writer) -> str:
    return w.pick([f"{w.of('object')}.n = {w.integer()}", f"{w.of('object')}.items.append({w.integer()})"])


def object_keeps_list(w: Writer) -> str:
    return f"{w.of('object')}.items = {w.of('list')}"


def list_change(w: Writer) -> str:
    target, value = w.of("list"), w.integer()
    forms = ["{0}.append({1})", "{0}[:] = [{1}]", "{0}.insert(0, {1})", "for i in (1, {1}):\n    {0}.append(i)"]
    forms += ["[{0}.append(i) for i in range(2)]", "if {1} > 3:\n    {0}.clear()", "{0}.extend([{1}, 5])"]
    forms += ["list(map({0}.append, [{1}]))", "for one in [{0}]:\n    one.append({1})", "(lambda: {0}.append({1}))()"]
    forms += ["(hidden := {0}).append({1})", "with_it = {0}\nwith_it += [{1}]", "(hidden := {0})\nhidden.append({1})"]
    forms += ["try:\n    {0}.remove({1})\nexcept ValueError:\n    {0}.append({1})"]
    return w.pick(forms).format(target, value)


def list_augmented(w: Writer) -> str:
    names = [name for kind, name in w.own if kind == "list"]
    return f"{w.pick(names)} += [{w.integer()}]" if names else "pass"


def alias_augmented(w: Writer) -> str:
    text, value = w.of("list"), w.integer()
    name = w.bind("list", w.name("A"))
    return f"{name} = {text}\n{name} += [{value}]"


def function_with_locals(w: Writer) -> str:
    forms = ["kept = {0} or []\n    kept.append(x)", "for one in [{0}]:\n        one.append(x)"]
    body = w.pick(forms).format(w.of("list"))
    name = w.bind("function", w.name("f"))
    return f"def {name}(x):\n    {body}\n    return x\n{name}({w.integer(0)})"


def getter_change(w: Writer) -> str:
    return f"{w.of('getter')}().append({w.integer()})"


def table_change(w: Writer) -> str:
    forms = [
        "{0}['a'].append({1})",
        "{0}.setdefault('a', []).append({1})",
        "for one in {0}.values():\n    one.append({1})",
    ]
    return w.pick(forms).format(w.of("table"), w.integer())


def table_keeps_list(w: Writer) -> str:
    return f"{w.of('table')}['a'] = {w.of('list')}"


def dict_change(w: Writer) -> str:
    forms = ["{0}['b'] = {1}", "{0}.update(c={1})", "{0}.pop('a', None)", "for key in ('x', 'y'):\n    {0}[key] = {1}"]
    forms += ["{0} |= {{'z': {1}}}" if "." not in (target := w.of("dict")) else "{0}.clear()"]
    return w.pick(forms).format(target, w.integer())


def called(w: Writer) -> str:
    return f"{w.of('function')}({w.integer(0)})"


def module_change(w: Writer) -> str:
    module = w.of("module")
    names = [name for name in w.scope.known.get("int", []) if name.startswith(f"{module}.")]
    if not names:
        return "pass"
    name = w.pick(names)
    return w.pick([f"{name} = {w.integer()}", f"setattr({module}, '{name.rpartition('.')[2]}', {w.integer()})"])


def rebound(w: Writer) -> str:
    names = [name for kind, name in w.own if kind == "int"]
    if not names:
        return "pass"
    forms = [
        "{0} = {1}",
        "{0} += {1}",
        "if {1} > 4:\n    {0} = {1}\nelse:\n    {0} = 2",
        "for {0} in (1, {1}):\n    pass",
    ]
    return w.pick([*forms, "del {0}\n{0} = 3"]).format(w.pick(names), w.integer())


def conditional(w: Writer) -> str:
    one, other, test = w.integer(), w.integer(), w.integer()
    name = w.bind("function", w.name("f"))
    two = [f"    def {name}(x):\n        return {result}" for result in (one, other)]
    return f"if {test} > 4:\n{two[0]}\nelse:\n{two[1]}"


def attempted(w: Writer) -> str:
    text, by = w.integer(), w.integer()
    name = w.bind("int", w.name("I"))
    return f"try:\n    {name} = {text} // {by}\nexcept ZeroDivisionError:\n    {name} = 0"


STATEMENTS: Mapping[str, tuple[Maker, tuple[str, ...]]] = {
    maker.__name__: (maker, kinds)
    for maker, kinds in (
        (number, ()),
        (fresh_list, ()),
        (fresh_dict, ()),
        (table_of_lists, ("list",)),
        (other_name, ("list",)),
        (either_name, ("list",)),
        (two_names, ("list",)),
        (function, ()),
        (counter, ()),
        (getter, ("list",)),
        (registrar, ("list",)),
        (decorated, ("register",)),
        (class_statement, ()),
        (registering_class, ("list",)),
        (instance, ("class",)),
        (class_change, ("class",)),
        (class_items_change, ("class",)),
        (object_change, ("object",)),
        (object_keeps_list, ("object", "list")),
        (list_change, ("list",)),
        (list_augmented, ("list",)),
        (alias_augmented, ("list",)),
        (function_with_locals, ("list",)),
        (getter_change, ("getter",)),
        (table_change, ("table",)),
        (table_keeps_list, ("table", "list")),
        (dict_change, ("dict",)),
        (called, ("function",)),
        (module_change, ("module",)),
        (rebound, ("int",)),
        (conditional, ()),
        (attempted, ()),
    )
}
