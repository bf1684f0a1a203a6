"""Live: a citizen who waits is answered by a person in the same chat; meanwhile the assistant is silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import conversations, privacy
from casework.answers import render
from casework.cases import Actor
from casework.errors import InvalidInput, InvalidState, NotFound
from casework.models import Conversation, ConversationRead, Staff, Turn

OPEN_FOR = timedelta(minutes=30)  # without a sign of life from the staff page the chat counts as closed
QUIET_FOR = timedelta(minutes=10)  # a person who has not written for so long is not there any more
WAITS_FOR = timedelta(hours=2)  # who has not written for so long does not wait any more
MAX_TEXT = 4_000
WAIT = "live:vent"  # what pressing "Skriv med borgerrådgiveren nu" sends
NO_LONGER_WAITS = "live:nej"


def open_chat(session: Session, staff_id: int, now: datetime) -> None:
    """Note that this person can answer in the chat from now on, or still can."""
    session.execute(update(Staff).where(Staff.id == staff_id).values(chat_open_at=now))


def still_there(session: Session, staff_id: int, now: datetime) -> None:
    """Renew the sign of life of a person whose chat is open; it does not open it."""
    renew = update(Staff).where(Staff.id == staff_id, Staff.chat_open_at.is_not(None)).values(chat_open_at=now)
    session.execute(renew)


def close_chat(session: Session, staff_id: int) -> None:
    """Note that this person cannot answer in the chat any more."""
    session.execute(update(Staff).where(Staff.id == staff_id).values(chat_open_at=None))


def is_open(session: Session, staff_id: int, now: datetime) -> bool:
    """Return whether this person's chat is open."""
    opened = session.scalar(select(Staff.chat_open_at).where(Staff.id == staff_id))
    return opened is not None and opened > now - OPEN_FOR


def somebody_is_there(session: Session, now: datetime) -> bool:
    """Return whether anybody can answer in the chat now."""
    there = select(Staff.id).where(Staff.active, Staff.chat_open_at > now - OPEN_FOR).limit(1)
    return session.scalar(there) is not None


def wait(session: Session, conversation: Conversation, now: datetime) -> None:
    """Let the citizen wait for a person; the assistant goes on answering until one comes."""
    if conversation.waiting_since is None:
        conversation.waiting_since = now


def stop_waiting(session: Session, conversation: Conversation) -> None:
    """Let the citizen wait no longer."""
    conversation.waiting_since = None


def waiting(session: Session, now: datetime) -> list[Conversation]:
    """Return the conversations that wait for a person, the longest waiting first."""
    query = select(Conversation).where(
        Conversation.waiting_since.is_not(None), Conversation.staff_id.is_(None), Conversation.last_at > now - WAITS_FOR
    )
    return list(session.scalars(query.order_by(Conversation.waiting_since)))


def held_by_staff(session: Session) -> list[Conversation]:
    """Return the conversations a person is in, the latest first."""
    query = select(Conversation).where(Conversation.staff_id.is_not(None))
    return list(session.scalars(query.order_by(Conversation.last_at.desc())))


def join(session: Session, conversation_id: str, actor: Actor, now: datetime) -> Conversation:
    """Let `actor` answer in this conversation. Of two who join at once one wins; the other gets InvalidState."""
    won = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.staff_id.is_(None))
        .values(staff_id=actor.staff_id, staff_at=now, waiting_since=None)
        .execution_options(synchronize_session=False)
    ).rowcount
    conversation = find(session, conversation_id)
    session.refresh(conversation)
    if not won:
        raise InvalidState(f"{conversation.staff.name} skriver allerede med borgeren.")
    _announce(session, conversation, "live.begyndt", now, {"navn": actor.name})
    return conversation


def say(session: Session, conversation_id: str, text: str, actor: Actor, now: datetime) -> Turn:
    """Keep what a person writes to the citizen, masked like everything else in a conversation.

    Raises InvalidInput for empty or long text and InvalidState when the conversation is not theirs.
    """
    text = privacy.clean(text)
    if not text:
        raise InvalidInput("Skriv noget først.")
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"Skriv højst {MAX_TEXT} tegn ad gangen.")
    conversation = _own(session, conversation_id, actor)
    masked = privacy.mask(text, privacy.known_values(session, conversation.id))
    privacy.remember(session, conversation.id, masked.values)
    conversation.staff_at = now
    session.flush()  # adding a turn reads the row afresh
    return conversations.add_staff_turn(session, conversation, masked.text, now, actor.name)


def hand_back(session: Session, conversation_id: str, actor: Actor, now: datetime) -> None:
    """Let the assistant answer again. Raises InvalidState when the conversation is not theirs."""
    _leave(session, _own(session, conversation_id, actor), now, "live.slut")


def is_silent(session: Session, conversation: Conversation, now: datetime) -> bool:
    """Return whether the assistant must keep quiet because a person is writing.

    A person who has been quiet for long is gone: the assistant says so and answers again.
    """
    if conversation.staff_id is None:
        return False
    if conversation.staff_at > now - QUIET_FOR:
        return True
    _leave(session, conversation, now, "live.forladt")
    return False


def state(conversation: Conversation) -> str:
    """Return "person", "venter" or an empty text."""
    return "person" if conversation.staff_id else "venter" if conversation.waiting_since else ""


def read(session: Session, conversation_id: str, actor: Actor, now: datetime) -> Conversation:
    """Return a conversation and log that `actor` opened it. Raises NotFound.

    Who writes in it sees the page again after each line: that is one opening until she has been away for a while.
    """
    conversation = find(session, conversation_id)
    again = conversation.staff_id == actor.staff_id and has_opened(session, conversation_id, actor, now - QUIET_FOR)
    if not again:
        session.add(ConversationRead(at=now, conversation_id=conversation_id, staff_id=actor.staff_id))
        session.flush()
    return conversation


def has_opened(session: Session, conversation_id: str, actor: Actor, since: datetime) -> bool:
    """Return whether it is logged that `actor` has opened the conversation since then."""
    query = select(ConversationRead.id).where(
        ConversationRead.conversation_id == conversation_id,
        ConversationRead.staff_id == actor.staff_id,
        ConversationRead.at >= since,
    )
    return session.scalar(query.limit(1)) is not None


def find(session: Session, conversation_id: str) -> Conversation:
    """Return a conversation by its id. Raises NotFound. Who shows it to staff calls `read`."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("Samtalen findes ikke.")
    return conversation


def _own(session: Session, conversation_id: str, actor: Actor) -> Conversation:
    conversation = find(session, conversation_id)
    if conversation.staff_id is None:
        raise InvalidState("Samtalen er givet tilbage til assistenten. Tag den igen for at skrive.")
    if conversation.staff_id != actor.staff_id:
        raise InvalidState(f"Det er {conversation.staff.name}, der skriver med borgeren.")
    return conversation


def _leave(session: Session, conversation: Conversation, now: datetime, key: str) -> None:
    name = conversation.staff.name
    conversation.staff_id, conversation.staff_at = None, None
    session.flush()  # adding a turn reads the row afresh
    _announce(session, conversation, key, now, {"navn": name})


def _announce(session: Session, conversation: Conversation, key: str, now: datetime, values: dict) -> None:
    conversations.say(session, conversation, [render(key, values)], now)
