"""Reads what a citizen types to book a meeting: what was typed → a Wish, or what is wrong, field by field."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, timezone

from flask import request

from casework import clock, meetings_check, own_case, privacy
from casework.db import session
from casework.enums import MEETING_NEEDS
from casework.errors import InvalidInput, TooManyTries
from casework.meetings import Wish
from casework.models import Case
from web.moede_times import day_in, moment_in
from web.submissions import submission_in

FIELDS = ("day", "time", "place", "name", "channel", "value", "email", "subject", "reference", "code")  # as on the page
# What is asked of a kind; the rest of MEETING_NEEDS would make no sense there.
NEEDS = {
    "telefon": ("tolk", "hoerelse"),
    "bisidder": ("tolk", "koerestol", "hoerelse"),
}


def needs_of(kind: str) -> dict[str, str]:
    """Return the needs a form for this kind asks about, id to text."""
    return {key: MEETING_NEEDS[key] for key in NEEDS.get(kind, MEETING_NEEDS)}


def typed(given: dict) -> dict[str, str]:
    """Return what was typed, as the form shows it again: no CPR number goes back and forth."""
    text = {name: privacy.without_cpr(given.get(name, "")) for name in FIELDS}
    return {**text, **{f"need_{n}": "ja" for n in MEETING_NEEDS if given.get(f"need_{n}") == "ja"}}


def read(given: dict, kind: str, start: datetime | None, case: Case | None, known: dict[str, str]) -> Wish:
    """Return the wish in a form for a meeting of this kind at `start` about `case`, if there is one.

    Raises InvalidInput with `fields` in the order of the page, the problems `known` already among them.
    """
    text, problems = typed(given), {}
    email = text["email"] if kind == "telefon" else ""
    wish = Wish(
        kind=kind,
        start=start,
        name=text["name"],
        channel="telefon" if kind == "telefon" else text["channel"],
        value=", ".join(filter(None, [text["value"], email])),
        subject=text["subject"],
        needs=[need for need in needs_of(kind) if text.get(f"need_{need}")],
        place=text["place"],
        reference=case.reference if case else None,
    )
    try:
        meetings_check.checked(wish, {})
    except InvalidInput as error:
        problems = dict(error.fields)
    if email and not privacy.email_in(email):
        problems["email"] = "Mailadressen kan ikke læses. Skriv den som navn@eksempel.dk, eller lad feltet stå tomt."
    if kind == "bisidder":
        problems.pop("start", None)
        problems |= _of_day(text, start)
    raise_if_any({name: {**problems, **known}.get(name) for name in ("start", *FIELDS)})
    return wish


def raise_if_any(problems: dict[str, str | None]) -> None:
    """Raise InvalidInput with the fields that have a problem, if there are any."""
    found = {name: problem for name, problem in problems.items() if problem}
    if found:
        raise InvalidInput(fields=found)


def own_meeting_start(given: dict) -> datetime | None:
    """Return when the citizen's meeting with the kommune begins, from its day and time; None when unreadable.

    A time the clock jumps over is unreadable; of one it shows twice the first is meant.
    """
    day, time = own_day(given.get("day", "")), given.get("time", "").strip().replace(".", ":")
    if day is None:
        return None
    try:
        moment = datetime.strptime(f"{day.isoformat()} {time}", "%Y-%m-%d %H:%M").replace(tzinfo=clock.COPENHAGEN)
    except ValueError:
        return None
    there_and_back = moment.astimezone(timezone.utc).astimezone(clock.COPENHAGEN)
    return moment if there_and_back.replace(tzinfo=None) == moment.replace(tzinfo=None) else None


def own_day(text: str) -> date | None:
    """Return a day as the browser sends it, 2026-12-24, or as people write it, 24.12.2026 or 24/12-2026."""
    written = re.fullmatch(r"\s*(\d{1,2})[./\s-]+(\d{1,2})[./\s-]+(\d{4})\s*", text)
    return day_in(f"{written[3]}-{int(written[2]):02}-{int(written[1]):02}" if written else text)


def opened(given: dict) -> Case | None:
    """Return the case reference and code in a form open, None when neither was typed.

    Raises InvalidInput at `reference` when they do not fit: in the same words whatever is wrong, so that nobody learns
    whether there is such a case; and when somebody has tried too often.
    """
    reference, code = given.get("reference", "").strip(), given.get("code", "").strip()
    if not reference and not code:
        return None
    try:
        with session() as db, db.begin():
            case = own_case.open_case(db, reference, code, clock.now(), place=request.remote_addr)
    except TooManyTries as error:
        raise InvalidInput(fields={"reference": str(error)}) from None
    if case is None:
        raise InvalidInput(fields={"reference": own_case.NOT_FOUND})
    return case


def submission(given: dict) -> str:
    """Return what tells that the same form is sent twice."""
    return f"moede:{submission_in(given.get('submission')) or uuid.uuid4()}"


def chosen(given: dict) -> datetime | None:
    """Return the time chosen in a form."""
    return moment_in(given.get("start", ""))


def _of_day(text: dict, start: datetime | None) -> dict[str, str | None]:
    """Return what is wrong with day and time of the citizen's own meeting."""
    day = own_day(text["day"])
    if day is None:
        return {"day": "Skriv datoen for dit møde med kommunen, for eksempel 24.12.2026."}
    if start is None:
        return {"time": "Skriv klokkeslættet, for eksempel 13.30."}
    return {"day": "Mødet har været. Skriv en dato, der kommer."} if start <= clock.now() else {}
