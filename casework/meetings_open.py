"""Opening a meeting in a conversation it was not booked in: with the code of the confirmation, and not by guessing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casework import meetings_read
from casework.conversations import hashed
from casework.errors import NotFound, TooManyTries
from casework.models import Appointment, WrongCode

WRONG_AN_HOUR = 10  # a code has twenty signs; this only keeps a conversation from being used for trying them
WAIT = "Der er prøvet for mange gange. Vent en time, og prøv igen."


def open_meeting(session: Session, code: str, conversation_id: str, now: datetime) -> Appointment | None:
    """Return the meeting a code opens, or None, the same for whatever is wrong with it.

    The caller commits also when it is None: a wrong try is noted, and after some in an hour this conversation may not
    try any more. Raises TooManyTries then.
    """
    tried = hashed(f"moede:{conversation_id}")
    recent = select(func.count(WrongCode.id)).where(
        WrongCode.reference_hash == tried, WrongCode.at > now - timedelta(hours=1)
    )
    if session.scalar(recent) >= WRONG_AN_HOUR:
        raise TooManyTries(WAIT)
    try:
        return meetings_read.find(session, code)
    except NotFound:
        session.execute(delete(WrongCode).where(WrongCode.at < now - timedelta(days=1)))
        session.add(WrongCode(at=now, reference_hash=tried, place_hash=""))
        return None
