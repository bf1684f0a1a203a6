"""Letters drafted in the chat that go along with a case, where the citizen says so."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import privacy
from casework.clock import COPENHAGEN
from casework.errors import InvalidInput, NotFound
from casework.letters import Letter, compose, letters
from casework.models import Case, CaseDraft, KeptLetter


def of_conversation(session: Session, conversation_id: str) -> list[KeptLetter]:
    """Return the latest draft of each kind written in a conversation, oldest first."""
    query = select(KeptLetter).where(KeptLetter.conversation_id == conversation_id).order_by(KeptLetter.id)
    latest = {kept.kind: kept for kept in session.scalars(query) if kept.kind in letters()}
    return sorted(latest.values(), key=lambda kept: kept.id)


def titles(session: Session, conversation_id: str) -> list[str]:
    """Return what those drafts are called, as a citizen reads it."""
    return [letters()[kept.kind]["title"] for kept in of_conversation(session, conversation_id)]


def attach(session: Session, case: Case, conversation_id: str, now: datetime) -> int:
    """Put the finished drafts of a conversation on a case, her personal values in them, and return how many.

    The conversation's own drafts go after a quiet day; those on the case stay as long as the case does. Not for an
    anonymous case: a letter is signed.
    """
    values = privacy.known_values(session, conversation_id)
    found = 0
    for kept in of_conversation(session, conversation_id):
        given = {key: privacy.resolve(text, values) for key, text in json.loads(kept.given).items()}
        try:
            letter = compose(kept.kind, given, kept.created_at.astimezone(COPENHAGEN).date())
        except InvalidInput:  # something is still missing in it
            continue
        text = json.dumps({**asdict(letter), "day": letter.day.isoformat()}, ensure_ascii=False)
        session.add(CaseDraft(case_id=case.id, kind=kept.kind, text=text, created_at=now))
        found += 1
    return found


def of_case(session: Session, case: Case) -> list[tuple[int, Letter]]:
    """Return number and letter of each draft on a case, as it was written."""
    query = select(CaseDraft).where(CaseDraft.case_id == case.id).order_by(CaseDraft.id)
    return [(draft.id, _letter(draft)) for draft in session.scalars(query)]


def find(session: Session, case: Case, number: int) -> Letter:
    """Return one draft on a case. Raises NotFound."""
    draft = session.get(CaseDraft, number)
    if draft is None or draft.case_id != case.id:
        raise NotFound("Udkastet findes ikke på sagen.")
    return _letter(draft)


def _letter(draft: CaseDraft) -> Letter:
    kept = json.loads(draft.text)
    return Letter(**{**kept, "day": date.fromisoformat(kept["day"])})
