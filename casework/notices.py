"""What staff tell citizens of service trouble, and the switches that turn a part off: the assistant, the hand-off, the
booking.

How a part stands is the latest row of it in the database, so every process follows at once. Whatever is about to do
something asks afresh (`standing`, `refuse_if_off`); pages that only tell of it may be a few seconds late (`shown`).
Staff are never refused: they can file and book while citizens cannot.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from casework import privacy
from casework.calendar import long_time
from casework.cases import Actor
from casework.db import reading
from casework.enums import SERVICE_PARTS
from casework.errors import InvalidInput, InvalidState, SwitchedOff
from casework.models_drift import ServiceNotice

log = logging.getLogger(__name__)

KEPT_SECONDS = 2.0  # how late a page may be in telling of a change made in another process
MOST_TEXT = 500
MOST_REASON = 1_000
MOST_AHEAD = timedelta(days=60)
ACTS_SHOWN = 50
OUTDATED = "En kollega har ændret det imens. Se, hvordan det står nu, og prøv igen."


class Notice(NamedTuple):
    """What is in force of one part. `text` is for citizens, `reason` and `who` for staff only."""

    part: str
    text: str
    reason: str
    since: datetime
    who: str
    ends_at: datetime | None
    number: int


@dataclass(frozen=True)
class Standing:
    """What is in force: the notice that is shown, and the parts that are off."""

    in_force: dict[str, Notice] = field(default_factory=dict)

    @property
    def notice(self) -> Notice | None:
        """What staff tell citizens of service trouble."""
        return self.in_force.get("opslag")

    @property
    def off(self) -> list[Notice]:
        """The parts that are off, in the order of SERVICE_PARTS."""
        return [self.in_force[part] for part in SERVICE_PARTS if part != "opslag" and part in self.in_force]

    def is_open(self, part: str) -> bool:
        """Return whether citizens can use this part."""
        return part not in self.in_force

    def words(self, part: str) -> dict:
        """Return what the answer `drift.<part>` is filled with: the words of staff, and the ways that are left."""
        about = self.in_force.get(part)
        return {
            "besked": about.text if about else "",
            "igen": long_time(about.ends_at) if about and about.ends_at else None,
            "kan_chatte": self.is_open("bot"),
            "kan_skrive": self.is_open("henvendelse"),
            "kan_booke": self.is_open("moede"),
        }


def standing(session: Session, now: datetime) -> Standing:
    """Return what is in force at this moment."""
    return _at(_latest(session), now)


def now_off(part: str, now: datetime) -> Standing | None:
    """Return how everything stands when this part is off, else None. Asks the database afresh."""
    with reading() as db:
        found = standing(db, now)
    return None if found.is_open(part) else found


def refuse_if_off(session: Session, part: str, now: datetime) -> None:
    """Raise SwitchedOff with the words of staff when this part is off."""
    found = standing(session, now)
    if not found.is_open(part):
        raise SwitchedOff(part, found.in_force[part].text)


class _Known:
    """What this process saw last, and until when that is good enough."""

    seen: dict[str, Notice] = {}
    until = 0.0


def shown(now: datetime) -> Standing:
    """Return what is in force, at most KEPT_SECONDS late; what was seen last when the database cannot be asked."""
    if time.monotonic() >= _Known.until:
        try:
            with reading() as db:
                _Known.seen = _latest(db)
        except SQLAlchemyError as error:
            log.warning("service notices cannot be read: %s", type(error).__name__)
        _Known.until = time.monotonic() + KEPT_SECONDS
    return _at(_Known.seen, now)


def forget() -> None:
    """Let the next page ask the database."""
    _Known.until = 0.0


def _latest(session: Session) -> dict[str, Notice]:
    """Return the latest act of each part that put something in force, whether it has ended by itself or not."""
    rows = session.scalars(_latest_acts().options(joinedload(ServiceNotice.staff)))
    return {
        row.part: Notice(row.part, row.text, row.reason, row.at, row.staff.name, row.ends_at, row.number)
        for row in rows
        if row.in_force
    }


def _latest_acts():
    last = select(ServiceNotice.part, func.max(ServiceNotice.number).label("number")).group_by(ServiceNotice.part)
    last = last.subquery()
    return select(ServiceNotice).join(
        last, (ServiceNotice.part == last.c.part) & (ServiceNotice.number == last.c.number)
    )


def _at(found: dict[str, Notice], now: datetime) -> Standing:
    return Standing({part: n for part, n in found.items() if n.ends_at is None or n.ends_at > now})


def numbers(session: Session) -> dict[str, int]:
    """Return the number of the latest act of each part; 0 where nothing was ever done."""
    last = session.execute(select(ServiceNotice.part, func.max(ServiceNotice.number)).group_by(ServiceNotice.part))
    return {**dict.fromkeys(SERVICE_PARTS, 0), **dict(last.all())}


def acts(session: Session) -> list[ServiceNotice]:
    """Return the latest acts on all parts, the newest first."""
    query = select(ServiceNotice).options(joinedload(ServiceNotice.staff)).order_by(ServiceNotice.id.desc())
    return list(session.scalars(query.limit(ACTS_SHOWN)))


def put(
    session: Session,
    part: str,
    actor: Actor,
    now: datetime,
    *,
    text: str,
    reason: str,
    ends_at: datetime | None = None,
    seen: int | None = None,
) -> ServiceNotice:
    """Put up the notice, or turn a part off; done again it changes the words. Returns the act.

    `seen` is the number of the act on the screen. Raises InvalidInput with `fields`, and InvalidState when a colleague
    was faster.
    """
    text, reason, wrong = privacy.without_cpr(text or ""), privacy.without_cpr(reason or ""), {}
    if not text:
        wrong["text"] = "Skriv, hvad borgerne skal vide."
    elif len(text) > MOST_TEXT:
        wrong["text"] = f"Teksten er for lang. Skriv højst {MOST_TEXT} tegn."
    if not reason:
        wrong["reason"] = "Skriv, hvorfor."
    elif len(reason) > MOST_REASON:
        wrong["reason"] = f"Begrundelsen er for lang. Skriv højst {MOST_REASON} tegn."
    if ends_at is not None and not now < ends_at <= now + MOST_AHEAD:
        wrong["ends_at"] = f"Vælg et tidspunkt, der ikke er gået, og højst {MOST_AHEAD.days} dage frem."
    if wrong:
        raise InvalidInput(fields=wrong)
    return _act(session, part, actor, now, seen, in_force=True, text=text, reason=reason, ends_at=ends_at)


def end(
    session: Session, part: str, actor: Actor, now: datetime, *, reason: str = "", seen: int | None = None
) -> ServiceNotice | None:
    """Take the notice down, or turn a part on again, and return the act; None when there is nothing to end.

    Raises InvalidState when a colleague was faster, and InvalidInput (reason) when it is too long.
    """
    if standing(session, now).is_open(part):
        return None
    reason = privacy.without_cpr(reason or "")
    if len(reason) > MOST_REASON:
        raise InvalidInput(fields={"reason": f"Begrundelsen er for lang. Skriv højst {MOST_REASON} tegn."})
    return _act(session, part, actor, now, seen, in_force=False, text="", reason=reason, ends_at=None)


def _act(session: Session, part: str, actor: Actor, now: datetime, seen: int | None, **values) -> ServiceNotice:
    last = numbers(session)[part]
    if seen is not None and seen != last:
        raise InvalidState(OUTDATED)
    done = ServiceNotice(part=part, number=last + 1, at=now, staff_id=actor.staff_id, **values)
    try:
        with session.begin_nested():
            session.add(done)
    except IntegrityError as error:  # two at the very same moment
        raise InvalidState(OUTDATED) from error
    event.listen(session, "after_commit", lambda _: forget(), once=True)
    return done
