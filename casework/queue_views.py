"""Saved views: filters a person has given a name and comes back to. Each sees her own only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework.cases import Actor
from casework.errors import InvalidInput, NotFound
from casework.models import SavedView
from casework.privacy import clean
from casework.queue_filters import Filters

MAX_VIEWS = 20
MAX_NAME = 60


def views_of(session: Session, actor: Actor) -> list[SavedView]:
    """Return the views this person has saved, by name."""
    query = select(SavedView).where(SavedView.staff_id == actor.staff_id).order_by(SavedView.name, SavedView.id)
    return list(session.scalars(query))


def save(session: Session, name: str, filters: Filters, actor: Actor, now: datetime) -> SavedView:
    """Keep the filters under a name; a name or number searched for is kept masked.

    Raises InvalidInput when the name is missing, too long or used already, or there are as many as one person may have.
    """
    name = " ".join(clean(name).split())
    if not name:
        raise InvalidInput("Giv visningen et navn.")
    if len(name) > MAX_NAME:
        raise InvalidInput(f"Navnet er for langt. Skriv højst {MAX_NAME} tegn.")
    mine = select(func.count(SavedView.id)).where(SavedView.staff_id == actor.staff_id)
    if session.scalar(mine) >= MAX_VIEWS:
        raise InvalidInput(f"Du har allerede {MAX_VIEWS} visninger. Slet en, før du gemmer en ny.")
    view = SavedView(staff_id=actor.staff_id, name=name, filters=filters.kept(), created_at=now)
    try:
        with session.begin_nested():
            session.add(view)
            session.flush()
    except IntegrityError:
        raise InvalidInput(f"Du har allerede en visning, der hedder “{name}”. Vælg et andet navn.") from None
    return view


def remove(session: Session, view_id: int, actor: Actor) -> None:
    """Delete one of a person's own views. Raises NotFound for any other."""
    own = delete(SavedView).where(SavedView.id == view_id, SavedView.staff_id == actor.staff_id)
    if not session.execute(own).rowcount:
        raise NotFound("Visningen findes ikke længere.")
