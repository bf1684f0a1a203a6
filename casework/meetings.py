"""Meetings: booking, moving and cancelling a time with the adviser, and her own verbs, each checking where it starts.

The parts stand in modules of their own and are reached through this one: the time itself (meetings_time), what
citizens write (meetings_check) and finding a meeting (meetings_read).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import availability, cases, meeting_mail, privacy
from casework import meetings_check as check
from casework import meetings_time as its_time
from casework.calendar import long_date
from casework.cases import Actor
from casework.clock import COPENHAGEN
from casework.enums import MEETING_EVENT_KINDS, MEETING_KINDS, MEETING_STATUSES
from casework.errors import InvalidInput, InvalidState, SlotTaken
from casework.meetings_check import Wish
from casework.meetings_read import (  # noqa: F401
    UPCOMING,
    as_json,
    between,
    end_of,
    find,
    find_id,
    in_chat,
    of_case,
    of_conversation,
    start_of,
    upcoming_of_case,
    waiting,
)
from casework.meetings_time import HOLD_FOR, find_held, held_in, hold, release, release_expired  # noqa: F401
from casework.models import Case, Conversation
from casework.models_meetings import Appointment, AppointmentEvent
from casework.related import contact_hash

ON_REQUEST = ("andet_sted", "bisidder")  # the adviser says yes or no to these
MOST_ALTERNATIVES = 5
OVER = "Mødet er allerede gået i gang eller slut. Ring til borgerrådgiveren i stedet."


def book(
    session: Session,
    wish: Wish,
    now: datetime,
    *,
    held: str | None = None,
    conversation_id: str | None = None,
    actor: Actor | None = None,
    submission: str | None = None,
) -> Appointment:
    """Book a meeting, or ask for one where the adviser decides (ON_REQUEST), and return it.

    `held` is the code of a hold: it becomes the meeting. `submission` names the very form: twice is one meeting. With
    `actor` staff book for the citizen: then it is agreed at once, at any time to come that is free, also outside the
    hours and beyond the daily maximum. Raises SlotTaken, and InvalidInput with `fields`.
    """
    before = _by_submission(session, submission)
    if before is not None:
        return before
    values = privacy.known_values(session, conversation_id) if conversation_id else {}
    wish = check.checked(wish, values)
    about = availability.kind_of(session, wish.kind)
    case = check.case_of(session, wish.reference, conversation_id, actor)
    status = "anmodet" if wish.kind in ON_REQUEST and actor is None else "aftalt"
    columns = {
        "status": status,
        "held_until": None,
        "submission": submission,
        "name": wish.name,
        "channel": wish.channel,
        "value": wish.value,
        "contact_hash": contact_hash(wish.value),
        "subject": _subject(wish, case),
        "needs": list(wish.needs),
        "wished_place": wish.place or None,
        "case_id": case.id if case else None,
        "conversation_id": conversation_id,
        "booked_by_id": actor.staff_id if actor else None,
        "test": _is_test(session, case, conversation_id),
    }
    try:
        appointment = _from_hold(session, held, wish, columns, now)
        if appointment is None:
            its_time.release(session, held or "", now)
            its_time.release_expired(session, now)
            _refuse(session, wish.kind, wish.start, now, actor)
            appointment = its_time.new(wish.kind, wish.start, about, now, **columns)
            its_time.put(session, appointment, about, most=None if actor else about.daily_most)
    except SlotTaken:
        before = _by_submission(session, submission)  # the same form, sent twice at once
        if before is None:
            raise
        return before
    kind = "anmodet" if status == "anmodet" else "booket"
    return _tell(session, appointment, kind, now, actor)


def _by_submission(session: Session, submission: str | None) -> Appointment | None:
    if not submission:
        return None
    return session.scalar(select(Appointment).where(Appointment.submission == submission))


def _from_hold(session: Session, code: str | None, wish: Wish, columns: dict, now: datetime) -> Appointment | None:
    """Return the hold made into the meeting, or None when it is of another time, or has run out and is gone."""
    found = its_time.find_held(session, code, now)
    if found is None or (found.kind, found.start_at) != (wish.kind, check.utc(wish.start)):
        return None
    try:
        with session.begin_nested():
            query = update(Appointment).where(Appointment.id == found.id, Appointment.status == "holdt")
            case_id = columns["case_id"] or found.case_id  # a hold may already be about a case
            won = session.execute(
                query.values(**{**columns, "case_id": case_id}).execution_options(synchronize_session=False)
            ).rowcount
    except IntegrityError as error:  # the submission: the same form, sent twice at once
        raise its_time.taken(wish.kind) from error
    if not won:
        return None
    session.refresh(found)
    return found


def _refuse(session: Session, kind: str, start: datetime, now: datetime, actor: Actor | None, ignore=None) -> None:
    """Raise SlotTaken or InvalidInput unless the time can be had; staff may have any that is to come."""
    if actor is None:
        its_time.refuse_unless_free(session, kind, start, now, ignore=ignore)
        return
    wrong = availability.past(start, now) or availability.odd_minute(start)
    if wrong:
        raise InvalidInput(fields={"start": wrong})


def _subject(wish: Wish, case: Case | None) -> str:
    """Return the subject; a case number that leads to no case is kept for the adviser to read."""
    lost = wish.reference.strip() if wish.reference and case is None else ""
    return " ".join(filter(None, [wish.subject, f"(Borgeren skrev sagsnummer {lost}.)" if lost else ""]))


def _is_test(session: Session, case: Case | None, conversation_id: str | None) -> bool:
    talk = session.get(Conversation, conversation_id) if conversation_id else None
    return bool((case and case.test) or (talk and talk.test))


def move(
    session: Session,
    appointment: Appointment,
    start: datetime,
    now: datetime,
    *,
    actor: Actor | None = None,
    seen: int | None = None,
) -> Appointment:
    """Move a meeting to another time, and return it; to the same time is nothing.

    What the adviser decides on (ON_REQUEST) is asked for anew when the citizen moves it, but a time she herself offered
    is agreed when the citizen takes it. `seen` is the version on the screen. Raises SlotTaken, InvalidInput with
    `fields` when the time is not offered, and InvalidState when the meeting is over or cancelled.
    """
    if start.tzinfo is None:
        raise InvalidInput(fields={"start": "Vælg en dag og et tidspunkt."})
    start = start.astimezone(COPENHAGEN)
    offered = appointment.status == "afvist" and check.utc(start) in [check.utc(at) for at in offers(appointment)]
    if appointment.status in UPCOMING and check.utc(start) == appointment.start_at:
        return appointment
    allowed = (*UPCOMING, "afvist") if offered or actor else UPCOMING
    _not_begun(appointment, now, actor)
    if appointment.status not in allowed:
        raise InvalidState(_why_not(appointment))
    about = availability.kind_of(session, appointment.kind)
    its_time.release_expired(session, now)
    _refuse(session, appointment.kind, start, now, actor or (_ADVISER if offered else None), ignore=appointment)
    asks = actor is None and appointment.kind in ON_REQUEST and not offered
    columns = {
        **its_time.times(start, about),
        "status": "anmodet" if asks else "aftalt",
        "sequence": Appointment.sequence + 1,
        "reason": "",
        "alternatives": [],
    }
    try:
        with session.begin_nested():
            _change(session, appointment, allowed, seen, **columns)
            its_time.give_back(session, appointment, place=not _same_place(appointment))
            its_time.take(session, appointment, about, most=None if actor or offered else about.daily_most)
    except (IntegrityError, SlotTaken) as error:
        session.refresh(appointment)
        if isinstance(error, IntegrityError):
            raise its_time.taken(appointment.kind) from error
        raise
    return _tell(session, appointment, "flyttet", now, actor)


_ADVISER = Actor("", "adviser")  # a time she offered need not be within her hours


def _same_place(appointment: Appointment) -> bool:
    """Return whether the place an appointment has among those of a day is still of its day."""
    return (appointment.place_on_day or "").startswith(f"{appointment.kind}:{appointment.day.isoformat()}:")


def offers(appointment: Appointment) -> list[datetime]:
    """Return the times the adviser offered when she declined, on the clock in Copenhagen."""
    return [datetime.fromisoformat(at).astimezone(COPENHAGEN) for at in appointment.alternatives or []]


def cancel(
    session: Session,
    appointment: Appointment,
    now: datetime,
    *,
    actor: Actor | None = None,
    reason: str = "",
    seen: int | None = None,
) -> Appointment:
    """Cancel a meeting that is asked for or agreed, give its time free, and return it; twice is once.

    Staff's reason is told to the citizen; hers is masked. Raises InvalidState when it is over, or has begun and it is
    not staff who cancel.
    """
    if appointment.status == "aflyst":
        return appointment
    _not_begun(appointment, now, actor)
    if actor is None:
        reason = check.masked(reason)[: check.MOST["reason"]]
    else:
        reason = privacy.without_cpr(reason)[: check.MOST["reason"]]
    _change(session, appointment, UPCOMING, seen, status="aflyst", reason=reason, sequence=Appointment.sequence + 1)
    its_time.give_back(session, appointment)
    return _tell(session, appointment, "aflyst", now, actor, reason)


def cancel_of_case(session: Session, case: Case, now: datetime, *, actor: Actor | None = None, reason: str = "") -> int:
    """Cancel the meetings of a case that are to come, and return how many."""
    found = upcoming_of_case(session, case, now)
    for appointment in found:
        cancel(session, appointment, now, actor=actor, reason=reason)
    return len(found)


def accept(
    session: Session, appointment: Appointment, now: datetime, actor: Actor, place: str = "", *, seen: int | None = None
) -> Appointment:
    """Say yes to a request, and return it. `place` is where, as the citizen is told; it must be nobody's home.

    Raises InvalidState when nothing is asked for (any longer).
    """
    place = " ".join(privacy.without_cpr(place).split())[: check.MOST["place"]]
    _not_begun(appointment, now, None)
    values = {"place": place} if place else {}
    _change(session, appointment, ("anmodet",), seen, status="aftalt", sequence=Appointment.sequence + 1, **values)
    return _tell(session, appointment, "aftalt", now, actor)


def decline(
    session: Session,
    appointment: Appointment,
    now: datetime,
    actor: Actor,
    reason: str,
    alternatives: Collection[datetime] = (),
    *,
    seen: int | None = None,
) -> Appointment:
    """Say no to a request, give its time free, and return it. The citizen reads the reason and may take one of the
    `alternatives` (they are not held).

    Raises InvalidInput with `fields` (reason, alternatives), and InvalidState when nothing is asked for.
    """
    reason = check.shown(reason, "Skriv, hvorfor du siger nej. Borgeren læser det.")
    times = sorted({check.utc(at) for at in alternatives})
    if len(times) > MOST_ALTERNATIVES or any(availability.past(at, now) or availability.odd_minute(at) for at in times):
        text = f"Foreslå højst {MOST_ALTERNATIVES} tider, der kommer, på hele fem minutter."
        raise InvalidInput(fields={"alternatives": text})
    offered = [at.astimezone(COPENHAGEN).isoformat() for at in times]
    columns = {"status": "afvist", "reason": reason, "alternatives": offered, "sequence": Appointment.sequence + 1}
    _change(session, appointment, ("anmodet",), seen, **columns)
    its_time.give_back(session, appointment)
    return _tell(session, appointment, "afvist", now, actor, reason)


def mark(
    session: Session, appointment: Appointment, status: str, now: datetime, actor: Actor, *, seen: int | None = None
) -> Appointment:
    """Note that a meeting was held (gennemfoert) or that the citizen did not come (udeblevet), once it has begun;
    "aftalt" takes such a mark away again. Nobody is told.

    Raises InvalidInput for any other status, and InvalidState before it has begun or where it was never agreed.
    """
    if status not in ("gennemfoert", "udeblevet", "aftalt"):
        raise InvalidInput(fields={"status": "Vælg, om mødet blev holdt, eller om borgeren ikke kom."})
    if appointment.status == status:
        return appointment
    if appointment.start_at > now:
        raise InvalidState("Mødet er ikke begyndt endnu. Sæt kryds, når det er.")
    _change(session, appointment, ("aftalt", "gennemfoert", "udeblevet"), seen, status=status)
    return _log(session, appointment, "genoptaget" if status == "aftalt" else status, now, actor)


def correct(
    session: Session, appointment: Appointment, now: datetime, actor: Actor, *, seen: int | None = None, **values
) -> Appointment:
    """Change some of name, channel, value, subject, needs, wished_place and place, and return the meeting.

    `place` is what the citizen is told. Raises InvalidInput with `fields`, and InvalidState once it is cleared away.
    """
    old = {name: getattr(appointment, name) for name in ("name", "channel", "value", "subject", "needs")}
    unknown = set(values) - {*old, "wished_place", "place"}
    if unknown:
        raise TypeError(f"no such fields: {', '.join(sorted(unknown))}")
    wrong: dict[str, str] = {}
    new = {**old, "wished_place": appointment.wished_place or "", "place": appointment.place, **values}
    by_phone = appointment.kind == "telefon"
    columns = check.person(new["name"], new["channel"], new["value"], {}, wrong, by_phone=by_phone)
    told = check.about(new["subject"], new["needs"], new["wished_place"], {}, wrong)
    if wrong:
        raise InvalidInput(fields=wrong)
    if appointment.anonymised_at is not None:
        raise InvalidState("Oplysningerne om mødet er slettet.")
    place = " ".join(privacy.without_cpr(new["place"]).split())[: check.MOST["place"]]
    columns |= {"subject": told["subject"], "needs": told["needs"], "wished_place": told["place"] or None}
    columns |= {"place": place, "contact_hash": contact_hash(columns["value"])}
    changed = [name for name, value in columns.items() if getattr(appointment, name) != value]
    if not changed:
        return appointment
    _change(session, appointment, tuple(s for s in MEETING_STATUSES if s != "holdt"), seen, **columns)
    if "value" in changed and appointment.status == "aftalt" and appointment.start_at > now:
        meeting_mail.remind(session, appointment, now)
    return _log(session, appointment, "rettet", now, actor)


def _not_begun(appointment: Appointment, now: datetime, actor: Actor | None) -> None:
    if actor is None and appointment.status in UPCOMING and appointment.start_at <= now:
        raise InvalidState(OVER)


def _why_not(appointment: Appointment) -> str:
    status = MEETING_STATUSES[appointment.status].lower()
    return f"Det kan man ikke, når mødet står som: {status}. Book et nyt i stedet."


def _change(session: Session, appointment: Appointment, allowed: tuple[str, ...], seen: int | None, **values) -> None:
    """Change a meeting that stands in one of the `allowed` statuses; of two at once one wins, the other is told."""
    conditions = [Appointment.id == appointment.id, Appointment.status.in_(allowed)]
    if seen is not None:
        conditions.append(Appointment.version == seen)
    query = update(Appointment).where(*conditions).values(version=Appointment.version + 1, **values)
    won = session.execute(query.execution_options(synchronize_session=False)).rowcount
    session.refresh(appointment)
    if not won:
        if appointment.status in allowed:
            raise InvalidState("Mødet er ændret, siden du åbnede det. Se, hvordan det er nu, og prøv igen.")
        raise InvalidState(_why_not(appointment))


def _tell(
    session: Session, appointment: Appointment, kind: str, now: datetime, actor: Actor | None, text: str = ""
) -> Appointment:
    """Write down what happened and queue the mail to the citizen, in the same transaction."""
    _log(session, appointment, kind, now, actor, text)
    meeting_mail.tell(session, appointment, kind, now)
    return appointment


def _log(
    session: Session, appointment: Appointment, kind: str, now: datetime, actor: Actor | None, text: str = ""
) -> Appointment:
    when = f"{long_date(appointment.day)} kl. {start_of(appointment):%H.%M}"
    event = AppointmentEvent(
        appointment_id=appointment.id,
        at=now,
        kind=kind,
        staff_id=actor.staff_id if actor else None,
        text=text or (f"Til {when}." if kind == "flyttet" else ""),
    )
    session.add(event)
    if appointment.case_id is not None:
        what = f"{MEETING_KINDS[appointment.kind]} {when}: {MEETING_EVENT_KINDS[kind].lower()}."
        cases.log(session, session.get(Case, appointment.case_id), "moede", actor, now, what)
    session.flush()
    session.expire(appointment, ["events"])
    return appointment
