"""Conversations: a citizen's talk with the assistant, turn by turn, behind an unguessable token."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import danger, privacy
from casework.errors import NotFound
from casework.models import Conversation, Turn

NAME_QUESTIONS = ("contact_name", "behalf", "navn")  # of the intake and of a letter
CODE_QUESTIONS = ("case_code", "meeting_code")  # of the dialogues about a case and about a meeting
# Words no name is made of, and somebody who does something else than being called so.
_CRY = re.compile(
    r"\b(?:hjælp|hjaelp|ikke|vil|dø|død|doe|dør|ihjel|selvmord\w*|livet|leve|lever|piller\w*|overdosis|hæng\w*|skær\w*|"
    r"slår|slaar|slog|slået|banker|tæ(?:sk|v)\w*|spark\w*|kvæl\w*|dræb\w*|tru(?:er|et|ede)|vold\w*|kniv\w*|pistol\w*|"
    r"våben|gevær\w*|økse|blod\w*|bange|låst|låser|gemmer|krænke\w*|misbrug\w*|rører|sove|sover|gaden|hjemløs|smidt|"
    r"kommer|står|ligger|svarer|trækker|mit liv|eget liv|stop|annuller|fortryd)\b|"
    r"(?-i:\b(?:[Jj]eg|han|hun)\s+(?!hedder\b|er\b|kaldes\b|bliver kaldt\b|og\b)[a-zæøå])",
    re.IGNORECASE,
)


def hashed(secret: str) -> str:
    """Return what is kept of a secret: enough to recognise it, too little to use it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def start(session: Session, now: datetime, token: str | None = None) -> tuple[Conversation, str]:
    """Begin a conversation and return it with its token, which is shown this once only."""
    token = token or secrets.token_urlsafe(32)
    conversation = Conversation(
        id=str(uuid.uuid4()), token_hash=hashed(token), created_at=now, last_at=now, turn_count=0
    )
    session.add(conversation)
    session.flush()
    return conversation, token


def find(session: Session, token: str) -> Conversation:
    """Return the conversation `token` opens. Raises NotFound for any other text."""
    conversation = session.scalar(select(Conversation).where(Conversation.token_hash == hashed(token)))
    if conversation is None:
        raise NotFound("Samtalen findes ikke. Begynd en ny.")
    return conversation


def hear(session: Session, conversation: Conversation, text: str, now: datetime, *, mark: str | None = None) -> Turn:
    """Keep what the citizen said, masked, and return the turn; its `text` is what may be sent on.

    `mark` is what the same message sent again is recognised by (casework.once). The answer to "what is your name?" is
    a name as a whole. A choice keeps its label, which is what the citizen saw.
    """
    text = privacy.clean(text)
    known = privacy.known_values(session, conversation.id)
    choice = _chosen(session, conversation, text)
    masked = masked_answer(text, None if choice else conversation.awaiting, known)
    privacy.remember(session, conversation.id, masked.values)
    noted = {"value": choice["value"] if choice else None, "answers": conversation.awaiting}
    turn = _add(session, conversation, "citizen", choice["label"] if choice else masked.text, now)
    turn.content = {name: said for name, said in noted.items() if said} or None
    turn.mark = mark
    return turn


def masked_answer(text: str, question: str | None, known: dict[str, str] | None = None) -> privacy.Masked:
    """Return the answer to a question as it is kept and sent on. What is asked for a name is one as a whole, unless it
    asks something or may be a cry for help: that must be heard whatever was asked."""
    if question in NAME_QUESTIONS and "?" not in text and len(text.split()) <= 8 and not _CRY.search(text):
        return privacy.mask_whole(text, "navn", known)
    return privacy.mask_code(text, known) if question in CODE_QUESTIONS else privacy.mask(text, known)


def meaning(turn: Turn) -> str:
    """Return what a citizen's turn sends on: the value behind a choice, else the masked text."""
    return (turn.content or {}).get("value") or turn.text


def say(
    session: Session, conversation: Conversation, messages: list[dict], now: datetime, *, awaiting: str | None = None
) -> list[Turn]:
    """Keep what the assistant answered, message by message."""
    turns = [
        _add(
            session, conversation, "assistant", message["text"], now, {k: v for k, v in message.items() if k != "text"}
        )
        for message in messages
    ]
    conversation.awaiting = awaiting  # after the turns: adding one reads the row afresh
    return turns


def add_staff_turn(session: Session, conversation: Conversation, text: str, now: datetime, name: str) -> Turn:
    """Keep what a person wrote to the citizen; `text` is masked, `name` is shown with it."""
    return _add(session, conversation, "staff", text, now, {"name": name})


def turns_after(session: Session, conversation_id: str, number: int) -> list[Turn]:
    """Return what assistant and staff have said after the turn with this number."""
    query = select(Turn).where(Turn.conversation_id == conversation_id, Turn.number > number, Turn.who != "citizen")
    return list(session.scalars(query.order_by(Turn.number)))


def note_understanding(session: Session, turn_id: int, topic: str | None, confidence: float) -> None:
    """Note on a citizen's turn what it was taken to mean. Danger makes the cases of the conversation urgent at once;
    see casework/danger.py."""
    session.execute(update(Turn).where(Turn.id == turn_id).values(topic=topic, confidence=confidence))
    danger.note(session, session.get(Turn, turn_id, populate_existing=True))


def latest_answer(session: Session, conversation_id: str) -> dict | None:
    """Return what is kept of the latest message that answered something: the answer's id, what it was filled with, and
    whether it asked if it was understood."""
    recent = session.scalars(
        select(Turn.content)
        .where(Turn.conversation_id == conversation_id, Turn.who == "assistant")
        .order_by(Turn.number.desc())
        .limit(8)
    )
    return next((content for content in recent if (content or {}).get("answer")), None)


def words_met(session: Session, conversation_id: str) -> frozenset[str]:
    """Return the legal words this conversation has explained."""
    contents = session.scalars(
        select(Turn.content).where(Turn.conversation_id == conversation_id, Turn.who == "assistant")
    )
    return frozenset(word for content in contents for word in (content or {}).get("words", []))


def transcript(session: Session, conversation_id: str) -> list[Turn]:
    """Return all turns in order."""
    return list(session.scalars(select(Turn).where(Turn.conversation_id == conversation_id).order_by(Turn.number)))


def _add(session: Session, conversation: Conversation, who: str, text: str, now: datetime, content=None) -> Turn:
    session.refresh(conversation, with_for_update=True)  # two messages at once must not get the same number
    conversation.turn_count += 1
    conversation.last_at = now
    turn = Turn(
        conversation_id=conversation.id, number=conversation.turn_count, at=now, who=who, text=text, content=content
    )
    session.add(turn)
    session.flush()
    return turn


def _chosen(session: Session, conversation: Conversation, text: str) -> dict | None:
    """Return the choice that `text` is: by its value among those shown lately, by its label among the latest ones."""
    recent = session.scalars(
        select(Turn.content)
        .where(Turn.conversation_id == conversation.id, Turn.who == "assistant")
        .order_by(Turn.number.desc())
        .limit(6)
    )
    shown = [(content or {}).get("choices", []) for content in recent]
    latest = next((choices for choices in shown if choices), [])
    typed = text.strip(" .!").casefold()
    named = (
        choice
        for choice in latest
        if choice["label"].casefold() == typed or (danger.GO_ON in choice["value"] and danger.denies(text))
    )
    pressed = (choice for choices in shown for choice in choices if choice["value"] == text)
    return next(pressed, None) or next(named, None)
