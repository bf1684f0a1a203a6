"""What the assistant says: finds an answer in bot/answers and fills it in."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

import yaml
from jinja2 import ChainableUndefined
from jinja2.sandbox import SandboxedEnvironment

from casework.calendar import long_date
from casework.competence import grounds
from casework.directory import main_number, unit_entry
from casework.errors import NotFound
from casework.frister import KIND_OF_TOPIC, Frist
from casework.keeping import in_words
from casework.overlay import overlay
from casework.settings import ROOT
from casework.taxonomy import label, taxonomy
from casework.texts import merge

CALCULATE = "dato:regn"
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_templates = SandboxedEnvironment(undefined=ChainableUndefined, autoescape=False)
_templates.filters["forstort"] = lambda text: text[:1].upper() + text[1:]
_templates.filters["afdeling"] = lambda unit: label("units", unit).split(":")[0]
_templates.filters["omraade"] = lambda key: label("omraader", key)


def answers() -> dict[str, dict]:
    """Return every answer by id, with the theme (file) it stands in and what staff have changed since."""
    return _with_edits("svar", _answer_files())


def sources() -> dict[str, dict]:
    """Return the source register by fact id, all files of bot/sources, with what staff have confirmed since."""
    return _with_edits("kilde", _source_files())


@lru_cache(maxsize=1)
def _answer_files() -> dict[str, dict]:
    found = {}
    for path in sorted((ROOT / "bot" / "answers").glob("*.yml")):
        for key, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found[key] = {**entry, "theme": path.stem}
    return found


@lru_cache(maxsize=1)
def _source_files() -> dict[str, dict]:
    found = {}
    for path in sorted((ROOT / "bot" / "sources").glob("*.yml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _with_edits(kind: str, entries: dict[str, dict]) -> dict[str, dict]:
    edits = overlay().get(kind)
    if not edits:
        return entries
    return entries | {key: merge(entries[key], fields) for key, fields in edits.items() if key in entries}


@lru_cache(maxsize=1)
def choice_labels() -> dict[str, str]:
    """Return what each topic is called on a button."""
    return yaml.safe_load((ROOT / "bot" / "choices.yml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def klageveje() -> dict[str, dict]:
    """Return the complaint guide by omraade."""
    guide = yaml.safe_load((ROOT / "bot" / "klageveje.yml").read_text(encoding="utf-8"))
    return {key: entry for key, entry in guide.items() if not key.startswith("_")}


def entry_for(key: str, omraade: str | None = None) -> dict:
    """Return an answer as it reads in one legal area. Raises NotFound when there is no such answer."""
    entry = answers().get(key)
    if entry is None:
        raise NotFound(f"Der er intet svar med navnet {key}")
    own = next((o for o in entry.get("omraader", []) if omraade in o["for"]), {})
    return {**entry, **own, "id": key}


def is_guidance(key: str) -> bool:
    """Return whether an answer explains something, so that one may ask whether it was understood."""
    entry = answers().get(key, {})
    return bool(entry.get("plain")) and not entry.get("urgent")


def render(key: str, values: dict | None = None) -> dict:
    """Return one message of the chat API: text (Markdown), choices, sources, and `urgent`.

    `values` fill the templates; `omraade` and `unit` bring the complaint guide and the directory along. Raises
    NotFound when there is no such answer.
    """
    values = values or {}
    entry = entry_for(key, values.get("omraade"))
    values = _with_lookups(values)
    parts = [_fill(entry["short"], values)]
    steps = _steps(entry.get("steps"), values)
    if steps:
        parts.append("\n".join(filter(None, [_fill(entry.get("steps_title", ""), values), "", steps])))
    parts.append(_fill(entry.get("next", ""), values))
    return _message(entry, parts, _choices(entry, values), values)


def render_plain(key: str, values: dict | None = None) -> dict:
    """Return the shorter and plainer version of an answer as a message. Raises NotFound when it has none."""
    values = values or {}
    entry = entry_for(key, values.get("omraade"))
    if not entry.get("plain"):
        raise NotFound(f"{key} har ingen kort udgave")
    values = _with_lookups(values)
    return _message(entry, [_fill(entry["plain"], values)], [], values)


def _message(entry: dict, parts: list[str], choices: list[dict], values: dict) -> dict:
    unit = values.get("enhed", {}).get("sources", []) if "enhed" in entry["short"] else []
    cited = [*entry.get("sources", []), *_guide_sources(entry, values), *unit, *values.get("sources", [])]
    return {
        "text": "\n\n".join(part.strip() for part in parts if part.strip()),
        "choices": choices,
        "sources": _sources(cited),
        "urgent": bool(entry.get("urgent")),
    }


def sum_lines(frist: Frist) -> list[str]:
    """Return the steps of a deadline's sum in Danish, one sentence or two each."""
    words = answers()["trin"]
    return [_fill(words[key], {k: _readable(v) for k, v in values.items()}) for key, values in frist.steps]


def _with_lookups(values: dict) -> dict:
    values = {key: _readable(value) for key, value in values.items() if value is not None}
    values["hovednummer"], values["telefon"] = _main_number_line(), main_number()["phone"]
    values["gemmes"] = in_words()
    if values.get("omraade") in klageveje():
        values["vej"] = klageveje()[values["omraade"]]
        values["omraade_navn"] = label("omraader", values["omraade"])
    unit = unit_entry(values.get("unit"))
    if unit:
        values["enhed"] = {**unit, "contact": _contact_line(unit)}
    return values


def _readable(value):
    """Return dates as Danes say them; dates come from Rasa as ISO text."""
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        value = date.fromisoformat(value)
    return long_date(value) if isinstance(value, date) else value


def _fill(template: str, values: dict) -> str:
    return _compiled(template).render(values).strip()


@lru_cache(maxsize=2_000)
def _compiled(template: str):
    return _templates.from_string(template)


def _steps(steps: list[str] | str | None, values: dict) -> str:
    if isinstance(steps, str):
        return "\n".join(line.strip() for line in _fill(steps, values).splitlines() if line.strip())
    return "\n".join(f"- {_fill(step, values)}" for step in steps or [])


def _choices(entry: dict, values: dict) -> list[dict]:
    found = []
    if entry.get("choices_from") == "candidates":
        found = [{"label": choice_labels()[topic], "value": f"emne:{topic}"} for topic in values.get("candidates", [])]
    elif entry.get("choices_from") == "competence":
        found = [
            {"label": ground["label"], "value": f"emne:borgerraadgiver.kan punkt:{ground['id']}"}
            for ground in grounds()
            if ground["within"] != "yes"
        ]
    elif entry.get("choices_from") in values:
        found = values[entry["choices_from"]]
    elif entry.get("choices_from") == "omraader" or (entry.get("ask_omraade") and not values.get("vej")):
        topic = f"emne:{entry['id']} " if entry.get("ask_omraade") else ""
        found = [{"label": name, "value": f"{topic}omraade:{key}"} for key, name in taxonomy()["omraader"].items()]
    for choice in entry.get("choices", []):
        if "if" in choice and not values.get(choice["if"]):
            continue
        found.append({"label": choice["label"], "value": choice_value(choice)})
    return found


def choice_value(choice: dict) -> str:
    """Return what pressing a choice of the answer files sends. A date that has its own dialogue is asked for there."""
    if choice.get("value"):
        return choice["value"]
    topic, extra = choice["topic"], choice.get("with", "")
    if extra == CALCULATE and topic not in KIND_OF_TOPIC:
        return f"emne:{'aktindsigt.frist' if topic.startswith('aktindsigt') else 'klage.frist'}"
    return f"emne:{topic} {extra}".strip()


def _guide_sources(entry: dict, values: dict) -> list[str]:
    """Return the sources of the complaint guide for answers that quote it; others have nothing to do with them."""
    return values.get("vej", {}).get("sources", []) if entry.get("uses_guide") else []


def _sources(ids: list[str]) -> list[dict]:
    """Return title, url and as_of of each source once; two facts from one paragraph are one source."""
    found: dict[tuple[str, str], dict] = {}
    known = sources()
    for key in ids:
        source = known[key]
        shown = {"title": source["title"], "url": source["url"], "as_of": _iso(source["checked"])}
        found.setdefault((source["title"], source["url"]), shown)
    return list(found.values())


def _iso(day: date | str) -> str:
    return day if isinstance(day, str) else day.isoformat()


def _main_number_line() -> str:
    return _fill(answers()["kontakt.hovednummer"]["short"], {"nummer": main_number()})


def _contact_line(unit: dict) -> str:
    """Return how to reach a unit; what is not known is left out and the main number given."""
    values = {"enhed": unit, "i_kommunen": unit["id"].startswith("ltk."), "hovednummer": _main_number_line()}
    return _fill(answers()["kontakt.enhed"]["short"], values)
