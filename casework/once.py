"""A message that is sent twice is one turn: a browser that lost the answer sends it again under the same key.

A key is a random UUID the browser makes for each message. What is kept is a hash of key and message together, so that
another message under an old key, as after going back, is a turn of its own.
"""

from __future__ import annotations

import base64
import hmac
import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import conversations
from casework.conversations import hashed
from casework.errors import NotFound
from casework.models import Conversation, Turn


def key_in(text: str | None) -> str | None:
    """Return a key as it is compared, or None for anything that is no random UUID: it must not be guessable."""
    try:
        found = uuid.UUID(text or "")
    except ValueError:
        return None
    return str(found) if found.version == 4 else None


def token_for(key: str, secret: bytes) -> str:
    """Return the token of the conversation that begins with the message of this key: the citizen whose first answer
    was lost has no other way back to it."""
    return base64.urlsafe_b64encode(hmac.digest(secret, key.encode(), "sha256")).decode().rstrip("=")


def mark_of(key: str, text: str) -> str:
    """Return what a message sent under a key is recognised by."""
    return hashed(f"{key}\n{text}")


def open_or_start(session: Session, token: str, now: datetime) -> Conversation:
    """Return the conversation of a token made of a key, and begin it where it is the first message."""
    try:
        return conversations.find(session, token)
    except NotFound:
        return conversations.start(session, now, token)[0]


def find(session: Session, conversation_id: str, mark: str) -> Turn | None:
    """Return the turn of a message that has been sent before, or None."""
    return session.scalar(select(Turn).where(Turn.conversation_id == conversation_id, Turn.mark == mark))


def is_answered(turn: Turn) -> bool:
    """Return whether this message has had its answer; that the assistant was down is none."""
    return turn.reply is not None and not turn.reply.get("down")


def claim(session: Session, conversation: Conversation, mark: str, patience: timedelta, now: datetime) -> Turn | None:
    """Return the turn of this message where it must be answered anew: it failed, or whoever was at it is gone.

    None where there is no such turn. Raises BeingAnswered where it has been answered or another request is at it.
    """
    session.refresh(conversation, with_for_update=True)  # of two at once the other waits here
    turn = find(session, conversation.id, mark)
    if turn is None:
        return None
    if is_answered(turn) or (turn.reply is None and turn.at > now - patience):
        raise BeingAnswered
    turn.reply, turn.at = None, now
    session.flush()
    return turn


class BeingAnswered(Exception):
    """Another request is at this message, or has just answered it."""


def note_reply(session: Session, turn_id: int, said: list[Turn], **facts) -> None:
    """Keep which turns answered a message with a mark, and what else the reply told of."""
    turn = session.get(Turn, turn_id)
    if turn is not None and turn.mark:
        turn.reply = {"turns": [one.number for one in said], **{k: v for k, v in facts.items() if v}}


def reply_of(session: Session, turn: Turn) -> list[Turn]:
    """Return what was said in answer to a message, in order."""
    numbers = (turn.reply or {}).get("turns", [])
    query = select(Turn).where(Turn.conversation_id == turn.conversation_id, Turn.number.in_(numbers))
    return list(session.scalars(query.order_by(Turn.number)))
