"""Outgoing mail: written in the same transaction as what it tells of, so that neither is without the other."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from casework.cases import Actor
from casework.errors import InvalidInput
from casework.mail_text import Attachment, to_department, written
from casework.models import Appointment, Case, Heartbeat, OutgoingMail
from casework.privacy import email_in
from casework.settings import current

RECEIPT = "kvittering"
MAX_ADDRESS = 200
BEAT = "mail"
# After each try that failed: growing pauses, about two days in all, then it is given up.
PAUSES = tuple(timedelta(seconds=s) for s in (15, 60, 300, 1800, 7200, 21600, 43200, 86400))
CLAIM_LASTS = timedelta(minutes=10)  # who has had a mail for longer than that has died


@dataclass(frozen=True)
class Claimed:
    """A mail one process has taken for itself, ready to be handed over."""

    id: int
    claim: str
    key: str
    recipient: str
    subject: str
    text: str
    attachment: Attachment | None = None
    reply_to: str | None = None  # the person who wrote it; else it is sent by the system itself


def queue(session: Session, case: Case, kind: str, now: datetime, *, key: str | None = None) -> bool:
    """Queue a mail about a case to the address the citizen gave; return whether one is (or was already) on its way.

    Nothing is queued without a mail server, for an anonymous case, or where no address was given. `kind` is an entry of
    bot/mail.yml; `key` names the very thing that is told, so that it is told once (by default: this kind once a case).
    """
    address = None if case.anonymous else email_in(case.contact_value)
    if not (current().smtp and address):
        return False
    _add(session, key or f"{kind}:{case.reference}", kind, now, now, case_id=case.id, recipient=address)
    return True


def queue_meeting(
    session: Session, appointment: Appointment, kind: str, now: datetime, *, due_at: datetime | None = None
) -> bool:
    """Queue a mail about a meeting, now or for later; return whether one is (or was already) on its way.

    Each kind is told once for each change of the meeting. Nothing is queued without a mail server or an address. The
    address is looked up when the mail is sent: one that was corrected or erased meanwhile is not written to.
    """
    if not (current().smtp and email_in(appointment.value)):
        return False
    key = f"{kind}:{appointment.uid}:{appointment.sequence}"
    _add(session, key, kind, now, due_at or now, appointment_id=appointment.id)
    return True


def drop(session: Session, appointment: Appointment, kinds: Collection[str] | None = None) -> int:
    """Take back what is queued about a meeting (of some kinds) and not yet being handed over; return how many."""
    unsent = [OutgoingMail.appointment_id == appointment.id, OutgoingMail.state.in_(("venter", "taget"))]
    if kinds is not None:
        unsent.append(OutgoingMail.kind.in_(kinds))
    return session.execute(delete(OutgoingMail).where(*unsent).execution_options(synchronize_session="fetch")).rowcount


def _add(session: Session, key: str, kind: str, now: datetime, due_at: datetime, **values) -> None:
    if session.scalar(select(OutgoingMail.id).where(OutgoingMail.key == key)) is None:
        waiting = {"state": "venter", "attempts": 0, "created_at": now, "due_at": due_at, "problem": ""}
        session.add(OutgoingMail(key=key, kind=kind, **waiting, **values))


def queue_written(
    session: Session,
    case: Case,
    kind: str,
    text: str,
    address: str,
    actor: Actor,
    now: datetime,
    *,
    key: str,
    due: date,
) -> None:
    """Queue a mail a person has written to somebody she has chosen, about something due; replies go to her.

    The text is kept encrypted until it has been handed over or given up. Raises InvalidInput when there is no mail
    server or the address is not one address.
    """
    if not current().smtp:
        raise InvalidInput("Systemet har ingen mailserver. Send selv teksten med sikker post.")
    session.add(
        OutgoingMail(
            key=key,
            kind=kind,
            case_id=case.id,
            recipient=address_of(address),
            text=to_department(kind, text, due, case),
            staff_id=actor.staff_id,
            state="venter",
            attempts=0,
            created_at=now,
            due_at=now,
            problem="",
        )
    )


def address_of(text: str) -> str:
    """Return the one e-mail address a field holds. Raises InvalidInput."""
    address = text.strip()
    if len(address) > MAX_ADDRESS or not re.fullmatch(r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", address):
        raise InvalidInput("Mailadressen kan ikke læses. Skriv én adresse, for eksempel navn@ltk.dk.")
    return address


def written_about(session: Session, case: Case) -> dict[str, OutgoingMail]:
    """Return by key the mails people have written about a case, the oldest first."""
    query = select(OutgoingMail).where(OutgoingMail.case_id == case.id, OutgoingMail.staff_id.is_not(None))
    return {mail.key: mail for mail in session.scalars(query.order_by(OutgoingMail.id))}


def is_queued(session: Session, case: Case, kind: str = RECEIPT) -> bool:
    """Return whether a mail of this kind has been queued about a case."""
    query = select(OutgoingMail.id).where(OutgoingMail.case_id == case.id, OutgoingMail.kind == kind).limit(1)
    return session.scalar(query) is not None


def claim(session: Session, now: datetime) -> Claimed | None:
    """Take the mail that has waited longest for this process alone; None when none is due. Commit before handing over.

    What another process took and never came back for is due again, unless it may have been handed over already: then
    nobody knows, and it is never sent a second time.
    """
    stale = OutgoingMail.claimed_at < now - CLAIM_LASTS
    lost = {"state": "uvist", "problem": "afbrudt", "claim": None, "text": None}
    _change(session, [OutgoingMail.state == "afleveres", stale], **lost)
    _change(session, [OutgoingMail.state == "taget", stale], state="venter", claim=None)
    due = [OutgoingMail.state == "venter", OutgoingMail.due_at <= now]
    while True:
        found = session.scalar(
            select(OutgoingMail.id).where(*due).order_by(OutgoingMail.due_at, OutgoingMail.id).limit(1)
        )
        if found is None:
            return None
        token = str(uuid.uuid4())
        values = {"state": "taget", "claim": token, "claimed_at": now, "attempts": OutgoingMail.attempts + 1}
        if not _change(session, [OutgoingMail.id == found, *due], **values):
            continue
        mail = session.get(OutgoingMail, found, populate_existing=True)
        text = written(mail, now)
        if text is not None:
            return Claimed(mail.id, mail.claim, mail.key, *text)
        session.delete(mail)  # nobody has any use for it now
        session.flush()


def handing_over(session: Session, mail: Claimed, now: datetime) -> bool:
    """Note that the text is about to be handed over; False when the mail is no longer ours. Commit before doing so."""
    return _change(session, _ours(mail, "taget"), state="afleveres", claimed_at=now)


def sent(session: Session, mail: Claimed, now: datetime) -> None:
    """Note that the server has taken it; address and text are kept no longer."""
    values = {"state": "sendt", "sent_at": now, "recipient": None, "text": None, "problem": "", "claim": None}
    _change(session, _ours(mail, "afleveres"), **values)


def unknown(session: Session, mail: Claimed, problem: str) -> None:
    """Note that the server may or may not have taken it: it is not sent again."""
    _change(session, _ours(mail, "afleveres"), state="uvist", problem=problem[:80], claim=None, text=None)


def failed(session: Session, mail: Claimed, now: datetime, problem: str, *, for_good: bool = False) -> None:
    """Note that the server did not take it: it is due again after a longer pause than the last, or given up."""
    tries = session.scalar(select(OutgoingMail.attempts).where(OutgoingMail.id == mail.id)) or 1
    given_up = for_good or tries > len(PAUSES)
    values = {"state": "opgivet", "text": None} if given_up else {"state": "venter", "due_at": now + PAUSES[tries - 1]}
    _change(session, _ours(mail, "taget", "afleveres"), problem=problem[:80], claim=None, **values)


def hold_back(session: Session, now: datetime) -> list[str]:
    """Let no mail go that may have gone already, in a database read back from a backup; return what they are about.

    What was due by now, or was being sent, may have reached its reader after the backup was made: a person must look.
    What is not due yet has not been sent, and waits for its day.
    """
    perhaps = or_(
        OutgoingMail.state.in_(("taget", "afleveres")), (OutgoingMail.state == "venter") & (OutgoingMail.due_at <= now)
    )
    query = select(OutgoingMail.id, func.coalesce(Case.reference, "et møde")).select_from(OutgoingMail)
    found = session.execute(query.outerjoin(Case, OutgoingMail.case_id == Case.id).where(perhaps)).all()
    for number, _ in sorted(found):
        _change(session, [OutgoingMail.id == number], state="uvist", problem="gendannet", claim=None, text=None)
    return list(dict.fromkeys(about for _, about in sorted(found)))


def counts(session: Session) -> dict[str, int]:
    """Return how many mails stand in each state."""
    return dict(session.execute(select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)).all())


def beat(session: Session, now: datetime) -> None:
    """Note that the process that sends mail is alive."""
    found = session.get(Heartbeat, BEAT)
    if found is None:
        session.add(Heartbeat(name=BEAT, at=now))
    else:
        found.at = now


def last_beat(session: Session) -> datetime | None:
    """Return when the process that sends mail was last alive; None when it never was."""
    return session.scalar(select(Heartbeat.at).where(Heartbeat.name == BEAT))


def stuck(session: Session, state: str, *, since: datetime | None = None, before: datetime | None = None) -> list[str]:
    """Return what the mails in a state are about, queued since or before a moment, the oldest first: the references of
    cases, and "et møde" for meetings without one."""
    query = select(func.coalesce(Case.reference, "et møde")).select_from(OutgoingMail)
    query = query.outerjoin(Case, OutgoingMail.case_id == Case.id)
    query = query.where(OutgoingMail.state == state)
    if since:
        query = query.where(OutgoingMail.created_at >= since)
    if before:
        overdue = or_(OutgoingMail.attempts > 0, OutgoingMail.due_at < before)  # a reminder waits for its day
        query = query.where(OutgoingMail.created_at < before, overdue)
    return list(dict.fromkeys(session.scalars(query.order_by(OutgoingMail.id))))


def _ours(mail: Claimed, *states: str) -> list:
    return [OutgoingMail.id == mail.id, OutgoingMail.claim == mail.claim, OutgoingMail.state.in_(states)]


def _change(session: Session, conditions: list, **values) -> bool:
    statement = update(OutgoingMail).where(*conditions).values(**values)
    return session.execute(statement.execution_options(synchronize_session=False)).rowcount > 0
