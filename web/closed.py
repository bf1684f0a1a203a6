"""What citizens see of what staff have turned off: a notice on top of the pages it concerns, a page in place of the
form, and problem+json for the APIs. The words are those of the chat (bot/answers/drift.yml)."""

from __future__ import annotations

from flask import Response, render_template, request

from casework import clock, live, notices
from casework.answers import render
from casework.db import reading
from casework.errors import SwitchedOff
from web.errors import problem

LATER = 600  # seconds: when a program may ask again, where staff have not said
_CHAT = ("chat", "indlejret")
# On which blueprints' pages it is told that a part is off; the notice of staff stands on all of them.
_TOLD_ON = {
    "bot": _CHAT,
    "henvendelse": (*_CHAT, "henvendelse"),
    "moede": (*_CHAT, "moede", "own_meeting"),
}


def standing() -> notices.Standing:
    """Return what is in force, as pages tell of it."""
    return notices.shown(clock.now())


def told_here() -> list[dict]:
    """Return what the page being shown tells of parts that are off: id of the part and the words, in Markdown."""
    now = standing()
    return [
        {"part": n.part, "text": words(n.part, now)} for n in now.off if request.blueprint in _TOLD_ON.get(n.part, ())
    ]


def words(part: str, now: notices.Standing) -> str:
    """Return what is said of a part that is off, with the ways that are left, in Markdown."""
    return render(f"drift.{part}", now.words(part))["text"]


def in_short(part: str, now: notices.Standing) -> str:
    """Return the same in one plain paragraph."""
    return render(f"drift.{part}.kort", now.words(part))["text"]


def in_chat(conversation_id: str, *, person: bool) -> tuple[dict, str | None] | None:
    """Return what is said in place of an answer while the assistant is off, and the question that still waits for its
    answer; None when it is on. `person`: somebody is there to write with."""
    with reading() as db:
        now = notices.standing(db, clock.now())
        if now.is_open("bot"):
            return None
        awaiting = live.find(db, conversation_id).awaiting
    message = render("drift.bot", {**now.words("bot"), "i_samtale": True})
    if person:
        message["choices"] = [{"label": render("live.tilbud")["text"], "value": live.WAIT}]
    return message, awaiting


def why_down() -> str | None:
    """Return what a program is told that asked the assistant while it is off; None when it is on."""
    now = notices.now_off("bot", clock.now())
    return in_short("bot", now) if now else None


def page(part: str) -> tuple[str, int, dict[str, str]]:
    """Return the page that stands in place of what is off."""
    now = standing()
    return render_template("drift/lukket.html", part=part, text=words(part, now)), 503, _headers(part, now)


def refused(error: SwitchedOff):
    """Answer whoever asked for what is off, in the way she asked."""
    notices.forget()  # it may have been turned off this very second
    if not request.path.startswith("/api/"):
        return page(error.part)
    now = standing()
    response: Response = problem(503, in_short(error.part, now))
    response.headers.update(_headers(error.part, now))
    return response


def _headers(part: str, now: notices.Standing) -> dict[str, str]:
    about = now.in_force.get(part)
    left = (about.ends_at - clock.now()).total_seconds() if about and about.ends_at else LATER
    return {"Retry-After": str(max(1, int(left))), "Cache-Control": "no-store"}
