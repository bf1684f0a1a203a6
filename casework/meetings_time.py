"""The adviser's time as rows in the database: who has which piece of it, and how many meetings a day has.

Two bookings cannot have the same piece, nor the same place among those a day may have: unique keys see to that,
however many try at once.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta, timezone

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import availability
from casework.clock import COPENHAGEN
from casework.conversations import hashed
from casework.errors import InvalidInput, SlotTaken
from casework.intake import plain_code
from casework.models_meetings import Appointment, AppointmentSlice, MeetingKind

HOLD_FOR = timedelta(minutes=10)
FULL = "Den dag er lige blevet fyldt. Vælg en anden."
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that are mistaken for another when read aloud
_QUIETLY = {"execution_options": {"synchronize_session": False}}


def new(kind: str, start: datetime, about: MeetingKind, now: datetime, **values) -> Appointment:
    """Return an appointment with a code nobody can guess, not yet in the database and without any time taken."""
    code = "".join(secrets.choice(_SIGNS) for _ in range(20))
    return Appointment(
        kind=kind,
        code=code,
        code_hash=hashed(plain_code(code)),
        uid=f"{uuid.uuid4()}@vejviser",
        created_at=now,
        **times(start, about),
        **values,
    )


def times(start: datetime, about: MeetingKind) -> dict:
    """Return the columns that say when a meeting of this kind is that begins at `start`."""
    end = availability.plus(start, about.minutes)
    return {
        "start_at": start.astimezone(timezone.utc),
        "end_at": end.astimezone(timezone.utc),
        "day": start.astimezone(COPENHAGEN).date(),
    }


def take(session: Session, appointment: Appointment, about: MeetingKind, *, most: int | None) -> None:
    """Take the time of an appointment that is in the database and has none, buffers included.

    `most` is how many of the kind a day may have; None where staff may have as many as they like. Call it inside
    `session.begin_nested()`. Raises IntegrityError when somebody has any of the time, and SlotTaken when the day is
    full. The pieces are taken in order, so that two never wait for each other.
    """
    pieces = availability.slices_of(about, appointment.start_at, appointment.end_at)
    session.execute(insert(AppointmentSlice), [{"at": at, "appointment_id": appointment.id} for at in pieces])
    _take_place(session, appointment, most)


def _take_place(session: Session, appointment: Appointment, most: int | None) -> None:
    start = f"{appointment.kind}:{appointment.day.isoformat()}:"
    if (appointment.place_on_day or "").startswith(start):
        return
    used = set(session.scalars(select(Appointment.place_on_day).where(Appointment.place_on_day.like(f"{start}%"))))
    number = 0
    while most is None or number < most:
        number += 1
        if f"{start}{number}" in used:
            continue
        try:
            with session.begin_nested():
                _set(session, appointment, place_on_day=f"{start}{number}")
            return
        except IntegrityError:  # somebody else's, this very moment
            continue
    raise SlotTaken(FULL)


def give_back(session: Session, appointment: Appointment, *, place: bool = True) -> None:
    """Give the time of an appointment free, and its place among those the day may have unless `place` is False."""
    mine = delete(AppointmentSlice).where(AppointmentSlice.appointment_id == appointment.id)
    session.execute(mine, **_QUIETLY)
    if place:
        _set(session, appointment, place_on_day=None)


def _set(session: Session, appointment: Appointment, **values) -> None:
    session.execute(update(Appointment).where(Appointment.id == appointment.id).values(**values), **_QUIETLY)
    session.refresh(appointment, list(values))


def hold(
    session: Session, kind: str, start: datetime, now: datetime, *, conversation_id: str | None = None
) -> Appointment:
    """Keep a time for HOLD_FOR while the citizen completes, and return it; its `code` is what `book` takes.

    A conversation has one hold: a new one releases the old, and the same time again is kept afresh. Raises SlotTaken
    when somebody has it, and InvalidInput with `fields` when it is not offered.
    """
    release_expired(session, now)
    about = availability.kind_of(session, kind)
    if conversation_id:
        mine = session.scalars(
            select(Appointment).where(Appointment.conversation_id == conversation_id, Appointment.status == "holdt")
        ).all()
        for old in mine:
            if old.kind == kind and old.start_at == start.astimezone(timezone.utc):
                _set(session, old, held_until=now + HOLD_FOR)
                return old
            _drop(session, [old.id])
    refuse_unless_free(session, kind, start, now)
    held = new(kind, start, about, now, status="holdt", held_until=now + HOLD_FOR, conversation_id=conversation_id)
    put(session, held, about, most=about.daily_most)
    return held


def refuse_unless_free(
    session: Session, kind: str, start: datetime, now: datetime, *, ignore: Appointment | None = None
) -> None:
    """Raise SlotTaken when somebody has a time, and InvalidInput with `fields` when it is not offered at all."""
    why = availability.why_not(session, kind, start, now, ignore=ignore)
    if why == availability.TAKEN:
        raise taken(kind)
    if why:
        raise InvalidInput(fields={"start": why})


def taken(kind: str) -> SlotTaken:
    """Return what to tell somebody whose time another has; a meeting with the kommune she cannot move herself."""
    if kind == "bisidder":
        return SlotTaken("Borgerrådgiveren er optaget på det tidspunkt. Vælg et andet, eller ring, så I finder en vej.")
    return SlotTaken()


def put(session: Session, appointment: Appointment, about: MeetingKind, *, most: int | None) -> None:
    """Write a new appointment with its time, wholly or not at all. Raises SlotTaken."""
    try:
        with session.begin_nested():
            session.add(appointment)
            session.flush()
            take(session, appointment, about, most=most)
    except IntegrityError as error:
        raise taken(appointment.kind) from error


def find_held(session: Session, code: str | None, now: datetime) -> Appointment | None:
    """Return what is held under a code and still is, or None."""
    if not code:
        return None
    query = select(Appointment).where(Appointment.code_hash == hashed(plain_code(code)), Appointment.status == "holdt")
    found = session.scalar(query)
    return found if found is not None and found.held_until > now else None


def held_in(session: Session, conversation_id: str, now: datetime) -> Appointment | None:
    """Return what a conversation holds, or None."""
    query = select(Appointment).where(
        Appointment.conversation_id == conversation_id, Appointment.status == "holdt", Appointment.held_until > now
    )
    return session.scalar(query.order_by(Appointment.id.desc()).limit(1))


def release(session: Session, code: str, now: datetime) -> None:
    """Give a held time free. Nothing happens when nothing is held under the code."""
    found = find_held(session, code, now)
    if found is not None:
        _drop(session, [found.id])


def release_expired(session: Session, now: datetime) -> int:
    """Give free what has been held too long, and return how many."""
    query = select(Appointment.id).where(Appointment.status == "holdt", Appointment.held_until <= now)
    return _drop(session, session.scalars(query.order_by(Appointment.id)).all(), Appointment.held_until <= now)


def _drop(session: Session, ids: list[int], *conditions) -> int:
    """Delete holds with the time they had; one that somebody has just made a booking of is left alone."""
    gone = 0
    for number in ids:
        query = delete(Appointment).where(Appointment.id == number, Appointment.status == "holdt", *conditions)
        if session.execute(query, **_QUIETLY).rowcount:
            gone += 1
            row = session.identity_map.get(session.identity_key(Appointment, number))
            if row is not None:
                session.expunge(row)
    return gone
