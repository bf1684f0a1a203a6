"""Messages between adviser and citizen: what she reads on the status page, what she writes there, and ready replies."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

import yaml
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import outbox
from casework.calendar import is_working_day, long_date
from casework.cases import MAX_TEXT, TAKEN, Actor, find, log, move, written
from casework.enums import MESSAGE_WAYS, OPEN_STATUSES
from casework.errors import InvalidInput, InvalidState
from casework.models import Case, Message
from casework.privacy import clean, email_in
from casework.settings import ROOT, current
from casework.urgency import short_unit

GAP = re.compile(r"\[skriv [^\]\n]+\]")  # what a ready reply leaves for a person to fill in
NEW_DATE = "{ny_dato}"
MAIL = "besked"  # in bot/mail.yml: there is something to read, not what


def reply(
    session: Session, reference: str, text: str, actor: Actor, now: datetime, *, way: str = "statusside", seen=None
) -> Message:
    """Answer the citizen; the case stays where it is. The first answer keeps the promise of ten working days.

    Raises InvalidInput when the text is empty, too long or has gaps left to fill, or `way` is unknown; InvalidState as
    `cases.move`.
    """
    text = _ready(text, "Skriv svaret til borgeren.", way)
    case = move(session, reference, allowed=TAKEN, seen=seen)
    case.answered_at = case.answered_at or now
    return _add(session, case, "svar", text, actor, now, way)


def ask_citizen(
    session: Session, reference: str, text: str, actor: Actor, now: datetime, *, way: str = "statusside", seen=None
) -> Message:
    """Ask the citizen something; the case waits for her. It counts as an answer, for she has heard from the adviser.

    Raises as `reply`.
    """
    text = _ready(text, "Skriv, hvad du vil vide af borgeren.", way)
    case = move(session, reference, allowed=TAKEN, seen=seen, status="afventer_borger")
    case.answered_at = case.answered_at or now
    return _add(session, case, "spoergsmaal", text, actor, now, way, event="spurgt_borger")


def delay(
    session: Session,
    reference: str,
    text: str,
    new_date: date | None,
    actor: Actor,
    now: datetime,
    today: date,
    *,
    way: str = "statusside",
    seen: int | None = None,
) -> Message:
    """Tell the citizen that the answer comes later, and when; `{ny_dato}` in the text becomes that day.

    Raises InvalidInput as `reply`, and when the day is missing, no working day, or no later than today or than what was
    promised before; InvalidState as `cases.move`.
    """
    if new_date is None:
        raise InvalidInput("Vælg den nye dato.")
    before = find(session, reference).respond_by
    if new_date <= max(before, today):
        raise InvalidInput(f"Den nye dato skal ligge efter {long_date(max(before, today))}.")
    if not is_working_day(new_date):
        raise InvalidInput(f"{long_date(new_date).capitalize()} er ikke en arbejdsdag. Vælg en anden dag.")
    told = long_date(new_date)
    text = _ready(text.replace(NEW_DATE, told), "Skriv til borgeren, hvorfor svaret kommer senere.", way)
    if told.split(" den ")[-1] not in text:
        raise InvalidInput(f"Skriv den nye dato i teksten ({told}), så borgeren kan se den.")
    case = move(session, reference, allowed=TAKEN, seen=seen, respond_by=new_date)
    said = f"Fra {long_date(before)} til {told}."
    return _add(session, case, "udskydelse", text, actor, now, way, event="udskudt", line=said)


def receive(
    session: Session,
    reference: str,
    text: str,
    now: datetime,
    *,
    actor: Actor | None = None,
    way: str = "statusside",
    seen: int | None = None,
) -> Message:
    """Keep what the citizen writes on her case, or what staff (`actor`) write down of what she said.

    A case that waited for her is worked on again, or waits for the department if that still owes an answer. Raises
    InvalidInput when the text is empty or too long, and InvalidState when the case is closed.
    """
    text = written(text, "Skriv din besked." if actor is None else "Skriv, hvad borgeren har svaret.")
    _check_way(way)
    if actor is None and find(session, reference).status not in OPEN_STATUSES:
        raise InvalidState("Sagen er lukket. Skriv en ny henvendelse, hvis der er mere at fortælle.")
    case = move(session, reference, allowed=OPEN_STATUSES, seen=seen)
    if case.status == "afventer_borger":
        case.status = "afventer_forvaltning" if any(q.answered_at is None for q in case.questions) else "i_gang"
    return _add(session, case, "borger", text, actor, now, way, event="borger_skrev")


def for_citizen(session: Session, case: Case, now: datetime) -> list[Message]:
    """Return the messages as the citizen sees them, oldest first, and note that she has now seen them.

    Only for whoever holds reference and code, or the conversation the case came from.
    """
    session.execute(
        update(Message)
        .where(Message.case_id == case.id, Message.kind != "borger", Message.seen_at.is_(None))
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(select(Message).where(Message.case_id == case.id).order_by(Message.id)))


def is_mailed(case: Case) -> bool:
    """Return whether the citizen gets a mail that there is something to read; else a person must tell her."""
    return bool(current().smtp and not case.anonymous and email_in(case.contact_value))


def refusal_message(session: Session, case: Case, text: str, actor: Actor, now: datetime, line: str) -> Message:
    """Tell the citizen that the case is not taken and who can help; `casework.refusal` sees to the rest."""
    case.answered_at = case.answered_at or now
    return _add(session, case, "afvisning", text, actor, now, "statusside", event="afvist", line=line)


def _add(session, case, kind, text, actor, now, way, *, event: str | None = None, line: str = "") -> Message:
    told = "" if way == "statusside" else f"{MESSAGE_WAYS[way]}."
    event = log(session, case, event or kind, actor, now, f"{line} {told}".strip())
    message = Message(
        case_id=case.id,
        event_id=event.id,
        at=now,
        kind=kind,
        way=way,
        text=text,
        staff_id=actor.staff_id if actor else None,
    )
    session.add(message)
    session.flush()
    session.expire(case, ["messages", "events"])
    if kind != "borger" and way == "statusside":
        outbox.queue(session, case, MAIL, now, key=f"{MAIL}:{message.id}")
    return message


def _ready(text: str, missing: str, way: str) -> str:
    """Return a text fit for the citizen. Raises InvalidInput as `reply`."""
    text = written(text, missing)
    gap = GAP.search(text)
    if gap:
        raise InvalidInput(f"Teksten er ikke færdig. Udfyld „{gap[0]}“, før du sender.")
    _check_way(way)
    return text


def _check_way(way: str) -> None:
    if way not in MESSAGE_WAYS:
        raise InvalidInput("Vælg, hvordan borgeren får besked.")


@lru_cache(maxsize=1)
def replies() -> dict[str, dict]:
    """Return the ready replies in order by id: label, use (svar, spoergsmaal, udskydelse, afvisning), text."""
    book = yaml.safe_load((ROOT / "bot" / "replies.yml").read_text(encoding="utf-8"))
    return {entry["id"]: entry for entry in book}


def replies_for(use: str) -> list[dict]:
    """Return the ready replies for one kind of message."""
    return [entry for entry in replies().values() if entry["use"] == use]


def ready_reply(key: str, case: Case, actor: Actor, **more: str) -> str:
    """Return a ready reply with what is known put in: number, dates, department, names.

    What is not known stands as [skriv …], which cannot be sent before a person has filled it in. Raises InvalidInput
    for an unknown id.
    """
    entry = replies().get(key)
    if entry is None:
        raise InvalidInput("Vælg en tekst på listen.")
    owing = next((q for q in case.questions if q.answered_at is None), None)
    known = {
        "hilsen": f"Hej {case.contact_name}" if case.contact_name and not case.anonymous else "Hej",
        "nummer": case.reference,
        "svardato": long_date(case.respond_by),
        "afdeling": short_unit(owing.unit if owing else case.unit),
        "afdelingens_dato": long_date(owing.due) if owing else "",
        "klagefrist": long_date(case.complaint_deadline) if case.complaint_deadline else "",
        "underskrift": actor.name,
        "ny_dato": NEW_DATE,
        **more,
    }
    text = re.sub(r"\{(\w+)\}", lambda m: known.get(m[1]) or f"[skriv {m[1].replace('_', ' ')}]", entry["text"])
    return clean(text)[:MAX_TEXT]
