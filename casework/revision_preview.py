"""How a text looks to the citizen before it is in force: an answer in each of its variants, a unit, a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jinja2 import TemplateError, nodes

from casework import answers as engine
from casework import texts
from casework.errors import NotFound
from casework.overlay import trying
from casework.taxonomy import label, taxonomy

MAX_VIEWS = 24
CANDIDATES = 3
UNIT_ANSWER, EXTERNAL_ANSWER, MAIN_NUMBER_ANSWER = "vejvisning.afdeling", "vejvisning.ekstern", "forstod_ikke"
CANNOT_FILL = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, NotFound)
_LOOKED_UP = {"vej", "omraade_navn", "enhed", "hovednummer", "omraade", "unit"}


class View(NamedTuple):
    """One way a citizen may meet a text: when, the message of the chat, and the one that says it more simply."""

    title: str
    message: dict
    plain: dict | None

    @property
    def text(self) -> str:
        """All that is read."""
        return self.message["text"] + (f"\n\n{self.plain['text']}" if self.plain else "")


class Sample(str):
    """Stands for what is filled in when a citizen asks: the name in brackets.

    Where there may be many there is one of it; beside a number it is the larger.
    """

    def __new__(cls, name: str) -> Sample:
        return super().__new__(cls, f"[{name}]")

    def __iter__(self) -> Iterator[str]:
        return iter([str(self)])

    def items(self) -> list[tuple[str, str]]:
        return [(str(self), Sample("betydning"))]

    def __lt__(self, other: object) -> bool:
        return str(self) < other if isinstance(other, str) else False

    def __gt__(self, other: object) -> bool:
        return str(self) > other if isinstance(other, str) else True

    __le__, __ge__ = __lt__, __gt__

    def __getattr__(self, name: str) -> Sample:
        if name.startswith("_"):
            raise AttributeError(name)
        return Sample(name)


def views(key: str, body: dict, *, omraade: str = "", unit: str = "") -> list[View]:
    """Return each way a citizen may meet the answer `key` if it read `body`, the plainest first.

    `omraade` and `unit` say which area and unit to show it for where it makes a difference. Raises one of CANNOT_FILL
    when a template cannot be filled in, or the answer is gone from the files.
    """
    names, shown, asked = _names(body)
    known = {name: Sample(name) for name in shown - _LOOKED_UP}
    if body.get("choices_from") == "candidates":
        known["candidates"] = list(engine.choice_labels())[:CANDIDATES]
    cases = [("Som den er", {})]
    if {"vej", "omraade_navn"} & names:
        omraade = omraade if omraade in taxonomy()["omraader"] else next(iter(taxonomy()["omraader"]))
        cases.append((f"Når sagen handler om: {label('omraader', omraade)}", {"omraade": omraade}))
    if "enhed" in names:
        unit = unit if unit in taxonomy()["units"] else next(iter(taxonomy()["units"]))
        cases.append((f"Når afdelingen er: {label('units', unit)}", {"unit": unit}))
    for name, value in asked:
        if value is not None:
            cases.append((f"Når {name} er {value}", {name: value}))
        elif name in shown:
            cases.append((f"Når {name} ikke er kendt", {name: None}))
        else:
            cases.append((f"Når {name} gælder", {name: Sample(name)}))
    for variant in body.get("omraader") or []:
        areas = [variant["for"]] if isinstance(variant["for"], str) else variant["for"]
        title = "Kun for: " + ", ".join(label("omraader", area) for area in areas)
        cases.append((title, {"omraade": areas[0]}))
    sources = [source for source in body.get("sources") or [] if source in engine.sources()]
    with trying("svar", key, {**body, "sources": sources}):
        return [View(title, *_said(key, {**known, **values})) for title, values in cases[:MAX_VIEWS]]


def depends_on(body: dict) -> set[str]:
    """Return which of omraade and unit an answer says something of, so that one may choose which to see it for."""
    names = _names(body)[0]
    asked = {"omraade": {"vej", "omraade_navn"}, "unit": {"enhed"}}
    return {name for name, signs in asked.items() if signs & names}


def unit_view(key: str, body: dict) -> View:
    """Return what a citizen is told who asks for this unit; for the main number, an answer that shows it."""
    values = {"unit": key}
    answer = EXTERNAL_ANSWER if key.startswith("ekstern.") else UNIT_ANSWER
    if key == texts.MAIN_NUMBER:
        answer, values = MAIN_NUMBER_ANSWER, {}
    with trying("enhed", key, body):
        return View("Som den er", {**engine.render(answer, values), "choices": [], "sources": []}, None)


def source_view(key: str, body: dict) -> View:
    """Return a message whose one source is this, as it is listed under an answer."""
    with trying("kilde", key, body):
        source = engine.sources()[key]
        listed = {"title": source["title"], "url": source["url"], "as_of": str(source["checked"])}
    return View("Som den er", {"text": "", "choices": [], "sources": [listed], "urgent": False}, None)


def _said(key: str, values: dict) -> tuple[dict, dict | None]:
    """Return an answer as the message of the chat it becomes, and as the simpler one, if it has one."""
    try:
        plain = engine.render_plain(key, values)
    except NotFound:
        plain = None
    return engine.render(key, values), plain


def _names(body: dict) -> tuple[set[str], set[str], list[tuple[str, object]]]:
    """Return the names an answer's templates use, those it shows, and each that decides what is said with the value.

    Where it is only asked whether a name is there, the value is None. Area and unit are looked up instead.
    """
    names: set[str] = set()
    shown: set[str] = set()
    asked: list[tuple[str, object]] = []
    for text in _texts(body):
        parsed = engine._templates.parse(text)
        tests = [choice.test for choice in parsed.find_all((nodes.If, nodes.CondExpr))]
        in_tests = {id(name) for test in tests for name in [test, *test.find_all(nodes.Name)]}
        used = [name for name in parsed.find_all(nodes.Name) if name.ctx == "load"]
        names |= {name.name for name in used}
        shown |= {name.name for name in used if id(name) not in in_tests}
        asked += [found for test in tests for found in _asked(test)]
    asked += [(choice["if"], None) for choice in body.get("choices") or [] if choice.get("if")]
    return names, shown, [found for found in dict.fromkeys(asked) if found[0] not in _LOOKED_UP]


def _asked(test: nodes.Node) -> Iterator[tuple[str, object]]:
    """Yield name and value of each thing a condition asks for; None where it only asks whether the name is there."""
    if isinstance(test, nodes.Name):
        yield test.name, None
    elif isinstance(test, nodes.Compare) and isinstance(test.expr, nodes.Name):
        yield from ((test.expr.name, op.expr.value) for op in test.ops if isinstance(op.expr, nodes.Const))
    else:
        for part in test.iter_child_nodes():
            yield from _asked(part)


def _texts(body: dict) -> Iterator[str]:
    for field in (*texts.ANSWER_FIELDS, "steps_title"):
        value = body.get(field) or []
        yield from [value] if isinstance(value, str) else value
    for variant in body.get("omraader") or []:
        yield from _texts(variant)
