"""What a citizen does with her own case: opens it with reference and code, adds to it, corrects, takes it back."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import cases, messages, privacy
from casework.conversations import hashed
from casework.enums import CONTACT_CHANNELS, OPEN_STATUSES
from casework.errors import InvalidInput, InvalidState, TooManyTries
from casework.intake import plain_code
from casework.models import Case, CaseEvent, Message, WrongCode
from casework.related import contact_hash
from casework.sign_in import address_key

NOT_FOUND = "Vi kan ikke finde en sag med det nummer og den kode."
WAIT = "Der er prøvet for mange gange. Vent fem minutter, og prøv igen."
CHAT = "chat"  # all conversations are one place: a stranger has as many of them as she likes
# Who guesses waits; who has the receipt does not, for what strangers try elsewhere is not counted against her place.
# A place has FREE wrong tries in an hour at one reference, then one each five minutes. When CROWDED wrong tries have
# come from everywhere, it has one before it waits. Is that enough? A sign of the code has at most 9 chances in 256
# (intake._code), so the best guess is right (9/256)^10 = 2.9e-15 of the times. A million addresses at one reference,
# 12 tries an hour each, are right once in 1 / (1e6 * 12 * 2.9e-15) hours: more than 3,000 years.
FREE, CROWDED = 10, 50
SPACING = timedelta(minutes=5)
_REFERENCE = re.compile(r"\bBR[\s-]?(\d{4})[\s-]?([2-9A-HJKMNP-Z]{5})\b", re.IGNORECASE)


def reference_in(text: str) -> str | None:
    """Return the reference a text names, written as ours are, or None."""
    found = _REFERENCE.search(text)
    return f"BR-{found[1]}-{found[2].upper()}" if found else None


def open_case(session: Session, reference: str, code: str, now: datetime, *, place: str | None) -> Case | None:
    """Return the case a citizen names with reference and code, or None when one of them is wrong.

    `place` is the network address she comes from, or CHAT. The caller commits also when it is None: a wrong try is
    noted, and after some from one place nobody there may try this reference for a while. Raises TooManyTries then,
    whatever the code. A reference that exists and one that does not are treated the same.
    """
    reference = reference_in(reference) or reference.strip().upper()
    tried, where = hashed(reference), CHAT if place == CHAT else address_key(place)
    if _must_wait(session, tried, where, now):
        raise TooManyTries(WAIT)
    case = session.scalar(select(Case).where(Case.reference == reference))
    # Compared also when there is no case, so that the time it takes tells nothing.
    right = secrets.compare_digest(case.code_hash if case else hashed(""), hashed(plain_code(code)))
    if case is not None and right:
        return case
    session.execute(delete(WrongCode).where(WrongCode.at < now - timedelta(days=1)))
    session.add(WrongCode(at=now, reference_hash=tried, place_hash=where))
    return None


def _must_wait(session: Session, tried: str, where: str, now: datetime) -> bool:
    lately = (WrongCode.reference_hash == tried, WrongCode.at > now - timedelta(hours=1))
    everywhere = session.scalar(select(func.count(WrongCode.id)).where(*lately))
    here, last = session.execute(
        select(func.count(WrongCode.id), func.max(WrongCode.at)).where(*lately, WrongCode.place_hash == where)
    ).one()
    return here >= (1 if everywhere >= CROWDED else FREE) and last > now - SPACING


def of_conversation(session: Session, conversation_id: str) -> list[Case]:
    """Return the cases filed in a conversation, oldest first; whoever holds the conversation holds them."""
    return list(session.scalars(select(Case).where(Case.conversation_id == conversation_id).order_by(Case.id)))


def named(session: Session, references: list[str]) -> list[Case]:
    """Return cases by reference, oldest first, for somebody who has opened them already."""
    return list(session.scalars(select(Case).where(Case.reference.in_(references)).order_by(Case.id)))


def unread(session: Session, case: Case) -> int:
    """Return how many messages of the adviser the citizen has not yet had on the status page."""
    query = select(func.count(Message.id)).where(
        Message.case_id == case.id, Message.kind != "borger", Message.seen_at.is_(None)
    )
    return session.scalar(query)


def is_open(case: Case) -> bool:
    """Return whether the adviser still works on a case, so that it can be added to and withdrawn."""
    return case.status in OPEN_STATUSES


def add(session: Session, case: Case, text: str, now: datetime, *, submission: str) -> None:
    """Add what a citizen tells of the same subject to her open case: a line on it, never a new case
    (fact br-registrering-gentagelse).

    The same `submission` twice is one line. Raises InvalidInput when the text is empty or too long, and InvalidState
    when the case is closed.
    """
    if session.scalar(select(CaseEvent.id).where(CaseEvent.submission == submission)) is not None:
        return
    try:
        with session.begin_nested():
            message = messages.receive(session, case.reference, text, now)
            session.get(CaseEvent, message.event_id).submission = submission
            session.flush()
    except IntegrityError:  # the same, sent twice at once
        if session.scalar(select(CaseEvent.id).where(CaseEvent.submission == submission)) is None:
            raise


def resolved(session: Session, case: Case, text: str) -> str:
    """Return what was masked in a citizen's words put back, for her case; not where she is anonymous."""
    if case.anonymous or not case.conversation_id:
        return text
    return privacy.resolve(text, privacy.known_values(session, case.conversation_id)) or ""


def correct_contact(session: Session, case: Case, name: str, channel: str, value: str, now: datetime) -> None:
    """Change how the adviser reaches a citizen; an anonymous one who gives it is anonymous no longer.

    Raises InvalidInput when it cannot be used and InvalidState when the case is closed.
    """
    name, value = privacy.without_cpr(name), privacy.without_cpr(value)
    if channel not in CONTACT_CHANNELS or not value or privacy.CPR_REMOVED in value:
        raise InvalidInput("Skriv dit telefonnummer, din e-mail eller din adresse.")
    if not is_open(case):
        raise InvalidState("Sagen er lukket. Skriv en ny henvendelse, hvis der er mere at fortælle.")
    if (case.contact_name or "", case.contact_channel, case.contact_value) == (name, channel, value):
        return
    cases.move(
        session,
        case.reference,
        allowed=OPEN_STATUSES,
        contact_name=name or None,
        contact_channel=channel,
        contact_value=value,
        contact_hash=contact_hash(value),
        anonymous=False,
    )
    cases.log(session, case, "kontakt", None, now)


def withdraw(session: Session, case: Case, now: datetime) -> None:
    """Let a citizen take her case back. Twice is once; raises InvalidState when it is closed already."""
    if case.status == "tilbagetrukket":
        return
    if not is_open(case):
        raise InvalidState("Sagen er allerede afsluttet. Der er ikke noget at trække tilbage.")
    cases.withdraw(session, case.reference, now)
