"""Outgoing mail: written in the same transaction as what it tells of, so that neither is without the other."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from casework.mail_text import Attachment, written
from casework.models import Appointment, Case, OutgoingMail
from casework.privacy import email_in
from casework.settings import current

RECEIPT = "kvittering"
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
    _change(session, [OutgoingMail.state == "afleveres", stale], state="uvist", problem="afbrudt", claim=None)
    _change(session, [OutgoingMail.state == "taget", stale], state="venter", claim=None)
    due = [OutgoingMail.state == "venter", OutgoingMail.due_at <= now]
    while True:
        found = session.scalar(select(OutgoingMail.id).where(*due).order_by(OutgoingMail.due_at).limit(1))
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
    """Note that the server has taken it; the address is kept no longer."""
    _change(session, _ours(mail, "afleveres"), state="sendt", sent_at=now, recipient=None, problem="", claim=None)


def unknown(session: Session, mail: Claimed, problem: str) -> None:
    """Note that the server may or may not have taken it: it is not sent again."""
    _change(session, _ours(mail, "afleveres"), state="uvist", problem=problem[:80], claim=None)


def failed(session: Session, mail: Claimed, now: datetime, problem: str, *, for_good: bool = False) -> None:
    """Note that the server did not take it: it is due again after a longer pause than the last, or given up."""
    tries = session.scalar(select(OutgoingMail.attempts).where(OutgoingMail.id == mail.id)) or 1
    given_up = for_good or tries > len(PAUSES)
    values = {"state": "opgivet"} if given_up else {"state": "venter", "due_at": now + PAUSES[tries - 1]}
    _change(session, _ours(mail, "taget", "afleveres"), problem=problem[:80], claim=None, **values)


def counts(session: Session) -> dict[str, int]:
    """Return how many mails stand in each state."""
    return dict(session.execute(select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)).all())


def _ours(mail: Claimed, *states: str) -> list:
    return [OutgoingMail.id == mail.id, OutgoingMail.claim == mail.claim, OutgoingMail.state.in_(states)]


def _change(session: Session, conditions: list, **values) -> bool:
    statement = update(OutgoingMail).where(*conditions).values(**values)
    return session.execute(statement.execution_options(synchronize_session=False)).rowcount > 0
