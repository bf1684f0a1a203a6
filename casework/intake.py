"""Intake: turns a citizen's answers into a case the adviser can act on."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import privacy
from casework.cases import priority_of
from casework.competence import assess
from casework.conversations import hashed, spoke_of_danger
from casework.directory import center_of
from casework.enums import CONTACT_CHANNELS
from casework.errors import InvalidInput, NotFound
from casework.frister import svarfrist
from casework.klage import klagefrist_for
from casework.models import Case, CaseEvent

_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that are mistaken for another when read aloud
MAX_TEXT = 8_000


@dataclass
class Intake:
    """What a citizen has answered. Text may hold privacy tokens; they are resolved when the case is filed."""

    story: str
    wish: str | None = None
    unit: str | None = None
    omraade: str | None = None
    topic: str | None = None
    decision_date: date | None = None
    prior_dialogue: str | None = None
    needs: str | None = None
    contact_name: str | None = None
    contact_channel: str | None = None
    contact_value: str | None = None
    anonymous: bool = False
    consent_forward: bool = False


@dataclass(frozen=True)
class Receipt:
    """What the citizen gets: the only place where `code` is shown."""

    reference: str
    code: str
    respond_by: date
    complaint_deadline: date | None

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
) -> Receipt:
    """Store the case and return its receipt.

    `submission` names this very form: filing it twice (double click, retry, lost reply) returns the first receipt.
    `code_key` is the secret the code is derived from, so that a repeated filing can show the same code although only
    its hash is kept. Raises InvalidInput when the story is missing or too long, or the contact cannot be used.
    """
    _check(intake)
    code = _code(code_key, submission)
    existing = _by_submission(session, submission, code)
    if existing:
        return existing
    deadline = klagefrist_for(intake.decision_date, intake.omraade, today)
    values = privacy.known_values(session, conversation_id) if conversation_id else {}
    urgent = bool(conversation_id) and spoke_of_danger(session, conversation_id)
    case = Case(
        reference=_reference(session, today.year),
        code_hash=hashed(_plain(code)),
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
        contact_value=None if intake.anonymous else privacy.resolve(intake.contact_value, values),
        anonymous=intake.anonymous,
        consent_forward=intake.consent_forward,
        competence=assess(
            unit=intake.unit,
            topic=intake.topic,
            decided=intake.decision_date,
            spoken_with_department=bool(intake.prior_dialogue) and not _said_no(intake.prior_dialogue),
            today=today,
        ),
        summary=_summary(intake.story),
        story=intake.story,
        wish=intake.wish,
        prior_dialogue=intake.prior_dialogue,
        needs=intake.needs,
        conversation_id=conversation_id,
    )
    try:
        with session.begin_nested():
            session.add(case)
            session.flush()
            session.add(CaseEvent(case_id=case.id, at=now, kind="oprettet", text=""))
    except IntegrityError:
        existing = _by_submission(session, submission, code)
        if existing is None:
            raise
        return existing
    return Receipt(case.reference, code, case.respond_by, case.complaint_deadline)


def find_by_code(session: Session, reference: str, code: str) -> Case:
    """Return the case a citizen names with reference and code.

    Raises NotFound with the same words whether the reference or the code is wrong.
    """
    case = session.scalar(select(Case).where(Case.reference == reference.strip().upper()))
    given = hashed(_plain(code))
    if case is None or not secrets.compare_digest(case.code_hash, given):
        raise NotFound("Vi kan ikke finde en sag med det nummer og den kode.")
    return case


def code_of(session: Session, conversation_id: str, code_key: bytes) -> str | None:
    """Return the code of the latest case filed in a conversation, for the citizen who holds that conversation."""
    submission = session.scalar(
        select(Case.submission).where(Case.conversation_id == conversation_id).order_by(Case.id.desc()).limit(1)
    )
    return _code(code_key, submission) if submission else None


def _check(intake: Intake) -> None:
    if not intake.story.strip():
        raise InvalidInput("Skriv, hvad der er sket.")
    if any(len(text or "") > MAX_TEXT for text in (intake.story, intake.wish, intake.prior_dialogue, intake.needs)):
        raise InvalidInput(f"Teksten er for lang. Skriv højst {MAX_TEXT} tegn, og fortæl resten, når I taler sammen.")
    if intake.anonymous:
        return
    if intake.contact_channel not in CONTACT_CHANNELS or not (intake.contact_value or "").strip():
        raise InvalidInput("Skriv, hvordan borgerrådgiveren kan få fat i dig, eller vælg at være anonym.")


def _by_submission(session: Session, submission: str, code: str) -> Receipt | None:
    case = session.scalar(select(Case).where(Case.submission == submission))
    return Receipt(case.reference, code, case.respond_by, case.complaint_deadline) if case else None


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


def _plain(code: str) -> str:
    """Return the signs of a code only: people leave the hyphen out or write capitals."""
    return "".join(sign for sign in code.lower() if sign.isalnum())


def _summary(story: str) -> str:
    first = " ".join(story.split())
    return first if len(first) <= 160 else first[:157].rsplit(" ", 1)[0] + " …"


def _said_no(text: str) -> bool:
    return bool(re.match(r"^\W*(?:nej|næ|ikke endnu|aldrig)\b", text, re.IGNORECASE))
