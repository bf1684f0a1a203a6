"""The usual course of a case: its steps, which one a topic tells of, and the same in words."""

from __future__ import annotations

from functools import lru_cache

import yaml
from jinja2.sandbox import SandboxedEnvironment

from casework.answers import sources
from casework.settings import ROOT

_templates = SandboxedEnvironment(autoescape=False)


@lru_cache(maxsize=1)
def course() -> dict:
    """Return bot/course.yml: `steps` in their order, each with its `number`, and what holds for all of them.

    The steps from klage to ankestyrelsen are those of the social area (retssikkerhedsloven kap. 10); `notes` says so.
    """
    found = yaml.safe_load((ROOT / "bot" / "course.yml").read_text(encoding="utf-8"))
    for number, step in enumerate(found["steps"], start=1):
        step["number"] = number
    return found


def step(here: str | None) -> dict | None:
    """Return the step with this id, or None when there is none."""
    return next((found for found in course()["steps"] if found["id"] == here), None)


def step_for(topic: str | None) -> str | None:
    """Return the id of the step a citizen who asks about `topic` is at, or None when the topic does not tell."""
    return course()["here_by_topic"].get(topic or "")


def describe(here: str | None = None, *, link: bool = True) -> str:
    """Return in Markdown where a citizen at the step `here` is, what comes next and when they hear.

    Without a step, or with an unknown one, the whole course in one line a step. `link` leads on to the drawing.
    """
    found = step(here)
    following = course()["steps"][found["number"] :] if found else []
    parts = [_fill(course()["described"], here=found, next=following[0] if following else None)]
    if link:
        parts.append(_fill(course()["on_drawing"], here=found))
    return "\n\n".join(parts)


def drawing_alt(here: str | None = None) -> str:
    """Return what a screen reader says of the drawing with the step `here` marked."""
    return _fill(course()["drawing"]["alt"], here=step(here))


def sources_of(entry: dict) -> list[dict]:
    """Return title, url and day of check of what a step or a note rests on; two facts of one page are one source."""
    found: dict[tuple[str, str], dict] = {}
    register = sources()
    for source in (register[key] for key in entry["sources"]):
        found.setdefault((source["title"], source["url"]), source)
    return [{"title": s["title"], "url": s["url"], "checked": s["checked"]} for s in found.values()]


def _fill(template: str, **values) -> str:
    words = {name: course()[name] for name in ("steps", "notes", "intro")}
    return _templates.from_string(template).render(**words, **values).strip()
