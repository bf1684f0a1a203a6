"""A citizen ends her conversation and has it deleted. What belongs to a case stays with the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import live, meetings
from casework.erasure import UPCOMING, forget_conversations
from casework.models import Case, Conversation


@dataclass(frozen=True)
class Ties:
    """What hangs on a conversation: the cases filed in it, whether staff must keep it, and how many meetings booked in
    it are to come. A meeting stays when the conversation goes."""

    references: tuple[str, ...] = ()
    preserved: bool = False
    meetings: int = 0

    @property
    def stays(self) -> bool:
        """Whether the conversation cannot be deleted by the citizen."""
        return bool(self.references) or self.preserved


def ties(session: Session, conversation: Conversation, now: datetime) -> Ties:
    """Return what hangs on a conversation."""
    query = select(Case.reference).where(Case.conversation_id == conversation.id).order_by(Case.id)
    booked = meetings.of_conversation(session, conversation.id)
    coming = sum(m.status in UPCOMING and m.start_at > now for m in booked)
    return Ties(tuple(session.scalars(query)), conversation.preserved_at is not None, coming)


def end(session: Session, conversation: Conversation, now: datetime) -> Ties:
    """Delete a conversation with all that was masked in it, and return what hung on it.

    With a case, or when staff must keep it, it stays, and the citizen only waits for nobody in it any more.
    """
    session.refresh(conversation, with_for_update=True)  # a case that is being filed is seen
    found = ties(session, conversation, now)
    if found.stays:
        live.stop_waiting(session, conversation)
    else:
        forget_conversations(session, [conversation.id])
    return found
