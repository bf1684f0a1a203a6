"""Whether a citizen got an answer: three choices and, if she likes, a few words. Nothing waits for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import privacy
from casework.enums import FEEDBACK
from casework.errors import InvalidInput
from casework.models import Conversation, Feedback

MAX_WORD = 500


def give(session: Session, conversation: Conversation, verdict: str, word: str, now: datetime) -> Feedback:
    """Keep what the citizen says of this conversation, the words masked, and return it; a later answer replaces it.

    Without new words the earlier ones stay. Raises InvalidInput for another answer than the three, and for long words.
    """
    if verdict not in FEEDBACK:
        raise InvalidInput("Vælg ja, delvist eller nej.")
    word = privacy.clean(word)
    if len(word) > MAX_WORD:
        raise InvalidInput(f"Skriv højst {MAX_WORD} tegn.")
    session.refresh(conversation, with_for_update=True)  # two answers at once are one
    found = of(session, conversation.id)
    if found is None:
        found = Feedback(conversation_id=conversation.id, at=now, verdict=verdict, word="")
        session.add(found)
    found.at, found.verdict = now, verdict
    if word:
        found.word = privacy.mask(word).text
    session.flush()
    return found


def of(session: Session, conversation_id: str) -> Feedback | None:
    """Return what the citizen has said of a conversation, or None."""
    return session.scalar(select(Feedback).where(Feedback.conversation_id == conversation_id))
