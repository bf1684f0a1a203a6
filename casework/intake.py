"""Intake: turns a citizen's answers into a case the adviser can act on."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import danger, drafts, notices, outbox, privacy
from casework.competence import assess
from casework.conversations import hashed
from casework.directory import center_of
from casework.enums import AUTHORITIES, CONTACT_CHANNELS, NEEDS
from casework.errors import InvalidInput
from casework.frister import svarfrist
from casework.klage import klagefrist_for
from casework.models import Case, CaseEvent
from casework.related import contact_hash
from casework.urgency import priority_of

_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that are mistaken for another when read aloud
MAX_TEXT = 8_000


@dataclass
class Intake:
    """What a citizen has answered. Text may hold privacy tokens; they are resolved when the case is filed.

    `departments` are those she named, the main one first, each with whether the adviser may talk to it; `unit` and
    `consent_forward` follow from them. `exceptions`: why something over a year old should be taken up (EXCEPTIONS).
    """

    story: str
    wish: str | None = None
    unit: str | None = None
    omraade: str | None = None
    topic: str | None = None
    decision_date: date | None = None
    from_letter: bool = False
    since: str | None = None
    since_date: date | None = None
    ongoing: bool | None = None
    exceptions: dict[str, str] = field(default_factory=dict)
    prior_dialogue: str | None = None
    needs: str | None = None
    on_behalf_of: str | None = None
    contact_name: str | None = None
    contact_channel: str | None = None
    contact_value: str | None = None
    anonymous: bool = False
    consent_forward: bool = False
    departments: list[dict] = field(default_factory=list)
    with_drafts: bool = False  # the letters drafted in the conversation go along


@dataclass(frozen=True)
class Receipt:
    """What the citizen gets: the only place where `code` is shown. `mailed`: a mail with the number is on its way."""

    reference: str
    code: str
    respond_by: date
    complaint_deadline: date | None
    mailed: bool = False
    follows: str | None = None

    def as_json(self) -> dict:
        """Return the fields the chat API shows as `handoff`."""
        return {
            "reference": self.reference,
            "code": self.code,
            "respond_by": self.respond_by.isoformat(),
            "status_url": "/status",
        }


def file_case(
    session: Session,
    intake: Intake,
    *,
    submission: str,
    now: datetime,
    today: date,
    conversation_id: str | None = None,
    code_key: bytes,
    follows: Case | None = None,
) -> Receipt:
    """Store the case, queue its mail and return its receipt.

    `submission` names this very form: filing it twice (double click, retry, lost reply) returns the first receipt.
    `code_key` is the secret the code is derived from, so that a repeated filing can show the same code although only
    its hash is kept. `follows` is an earlier case of the same citizen: a new subject becomes a case that follows the
    main one (fact br-registrering-hovedsag) and is reached the same way. Raises InvalidInput when the story is missing
    or too long, the contact cannot be used, or one of the two would be anonymous and the other not, and SwitchedOff
    while staff have turned this off.
    """
    main = (follows.follows or follows) if follows is not None else None
    intake = _as_the_main(intake, main)
    _check(intake)
    code = _code(code_key, submission)
    existing = _by_submission(session, submission, code)
    if existing:
        return existing
    notices.refuse_if_off(session, "henvendelse", now)
    deadline = klagefrist_for(intake.decision_date, intake.omraade, today, from_letter=intake.from_letter)
    values = privacy.known_values(session, conversation_id) if conversation_id else {}
    alarms = danger.alarms(session, conversation_id) if conversation_id else danger.Alarms([], [])
    urgent = bool(alarms.standing)
    contact = None if intake.anonymous else privacy.resolve(intake.contact_value, values)
    case = Case(
        reference=_reference(session, today.year),
        code_hash=hashed(plain_code(code)),
        submission=submission,
        created_at=now,
        respond_by=svarfrist(today, today).date,
        status="ny",
        priority=priority_of(urgent, deadline.date if deadline else None, today),
        topic=intake.topic,
        omraade=intake.omraade,
        unit=intake.unit,
        center=center_of(intake.unit, today),
        decision_date=intake.decision_date,
        complaint_deadline=deadline.date if deadline else None,
        contact_name=None if intake.anonymous else privacy.resolve(intake.contact_name, values),
        contact_channel=None if intake.anonymous else intake.contact_channel,
        contact_value=contact,
        contact_hash=contact_hash(contact),
        danger=urgent,
        anonymous=intake.anonymous,
        consent_forward=intake.consent_forward or any(d["consent"] for d in intake.departments),
        departments=intake.departments or _one_department(intake),
        competence=assess(
            unit=intake.unit,
            topic=intake.topic,
            decided=intake.decision_date,
            happened=None if intake.ongoing else intake.since_date,
            spoken_with_department=bool(intake.prior_dialogue) and not said_no(intake.prior_dialogue),
            today=today,
        ),
        summary=_summary(intake.story),
        story=intake.story,
        wish=intake.wish,
        since=intake.since,
        since_date=intake.since_date,
        ongoing=intake.ongoing,
        exceptions=intake.exceptions or None,
        prior_dialogue=intake.prior_dialogue,
        needs=intake.needs,
        on_behalf_of=privacy.resolve(intake.on_behalf_of, values),
        follows_id=main.id if main else None,
        conversation_id=conversation_id,
    )
    try:
        with session.begin_nested():
            session.add(case)
            session.flush()
            session.add(CaseEvent(case_id=case.id, at=now, kind="oprettet", text=""))
            if alarms.denied:
                session.add(CaseEvent(case_id=case.id, at=now, kind=danger.LOWERED, text=danger.DENIED))
            if main:
                session.add(CaseEvent(case_id=main.id, at=now, kind="foelgesag", text=f"{case.reference}."))
            if intake.with_drafts and conversation_id and not intake.anonymous:
                drafts.attach(session, case, conversation_id, now)
            outbox.queue(session, case, outbox.RECEIPT, now)
    except IntegrityError:
        existing = _by_submission(session, submission, code)
        if existing is None:
            raise
        return existing
    return _receipt(session, case, code)


def codes_of(session: Session, conversation_id: str, code_key: bytes) -> dict[str, str]:
    """Return reference → code of the cases filed in a conversation, oldest first, for the citizen who holds it."""
    rows = session.execute(
        select(Case.reference, Case.submission).where(Case.conversation_id == conversation_id).order_by(Case.id)
    )
    return {reference: _code(code_key, submission) for reference, submission in rows}


def needs_text(needs: Collection[str], language: str | None = None, more: str | None = None) -> str | None:
    """Return what a citizen needs (ids of NEEDS) as the adviser reads it; None when it is nothing."""
    told = [
        f"Tolk: {language}" if need == "tolk" and language else NEEDS[need]
        for need in NEEDS
        if need in needs and need != "skriver"
    ]
    return ". ".join([*told, *([more.strip().rstrip(".")] if (more or "").strip() else [])]) or None


def on_behalf_text(who: str | None, authority: str | None) -> str | None:
    """Return whom somebody writes for and with what authority (an id of AUTHORITIES), as the adviser reads it."""
    return ", ".join(filter(None, [who, AUTHORITIES.get(authority or "")])) or None


def said_no(text: str) -> bool:
    """Return whether an answer begins with a no."""
    return bool(re.match(r"^\W*(?:nej|næ|ikke endnu|aldrig)\b", text, re.IGNORECASE))


def _as_the_main(intake: Intake, main: Case | None) -> Intake:
    """Return the intake reached as its main case is: an anonymous citizen stays so, a known one is known already."""
    if main is None or main.anonymous == intake.anonymous:
        return intake
    if main.anonymous:
        raise InvalidInput(
            "Din første henvendelse er anonym. Vil du skrive med navn, så begynd en ny henvendelse for sig."
        )
    raise InvalidInput(
        "Borgerrådgiveren kender dit navn fra den første henvendelse. Vil du være anonym, så begynd en ny for sig."
    )


def _one_department(intake: Intake) -> list[dict] | None:
    return [{"unit": intake.unit, "consent": intake.consent_forward}] if intake.unit else None


def _check(intake: Intake) -> None:
    if not intake.story.strip():
        raise InvalidInput("Skriv, hvad der er sket.")
    long = (intake.story, intake.wish, intake.since, intake.prior_dialogue, intake.needs, *intake.exceptions.values())
    if any(len(text or "") > MAX_TEXT for text in long):
        raise InvalidInput(f"Teksten er for lang. Skriv højst {MAX_TEXT} tegn, og fortæl resten, når I taler sammen.")
    if intake.anonymous:
        return
    if intake.contact_channel not in CONTACT_CHANNELS or not (intake.contact_value or "").strip():
        raise InvalidInput("Skriv, hvordan borgerrådgiveren kan få fat i dig, eller vælg at være anonym.")


def _by_submission(session: Session, submission: str, code: str) -> Receipt | None:
    case = session.scalar(select(Case).where(Case.submission == submission))
    return _receipt(session, case, code) if case else None


def _receipt(session: Session, case: Case, code: str) -> Receipt:
    main = session.get(Case, case.follows_id) if case.follows_id else None
    mailed = outbox.is_queued(session, case)
    return Receipt(
        case.reference, code, case.respond_by, case.complaint_deadline, mailed, main.reference if main else None
    )


def _reference(session: Session, year: int) -> str:
    while True:
        reference = f"BR-{year}-" + "".join(secrets.choice(_SIGNS) for _ in range(5))
        if session.scalar(select(Case.id).where(Case.reference == reference)) is None:
            return reference


def _code(key: bytes, submission: str) -> str:
    """Return the code of a submission: ten signs in two groups, unguessable without the key."""
    digest = hmac.new(key, submission.encode(), "sha256").digest()
    signs = "".join(_SIGNS[byte % len(_SIGNS)] for byte in digest[:10]).lower()
    return f"{signs[:5]}-{signs[5:]}"


def plain_code(code: str) -> str:
    """Return the signs of a code only: people leave the hyphen out or write capitals."""
    return "".join(sign for sign in code.lower() if sign.isalnum())


def _summary(story: str) -> str:
    first = " ".join(story.split())
    return first if len(first) <= 160 else first[:157].rsplit(" ", 1)[0] + " …"
