"""Who may try to sign in, and when: a wait that grows with each failure, the same for every process.

An attempt is kept as refused before anything is verified, so that many at once, in whatever process, count each other.
It becomes something else when it succeeds. Nobody is shut out for good: the wait has an end, tries while waiting do not
lengthen it, and from an address where the account has lately been signed in, strangers' failures do not count.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from casework.errors import NotAllowed
from casework.models import AccessEvent, Staff
from casework.passwords import hash_password, outdated
from casework.settings import current
from casework.staff import as_email

FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS = 5, 20
COUNTED_FOR_ACCOUNT, COUNTED_FOR_ADDRESS = timedelta(hours=24), timedelta(hours=1)
FIRST_WAIT, LONGEST_WAIT = 5, 300  # seconds
# An attempt may have read the clock before one that counted ahead of it: what is a little ahead is no future.
AHEAD = timedelta(minutes=1)
KNOWN_ADDRESS = timedelta(days=30)  # and the keyed hashes of addresses are kept no longer


class TooSoon(NotAllowed):
    """Too many failures; `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        minutes = -(-seconds // 60)
        wait = f"{seconds} sekunder" if seconds <= 60 else f"{minutes} minutter"
        super().__init__(f"Der har været for mange forsøg. Vent {wait}, og prøv igen.")
        self.seconds = seconds


def account_key(email: str) -> str:
    """Return what is kept of the e-mail of an attempt: what was typed may be anything, even a password."""
    return _keyed(as_email(email))


def address_key(address: str | None) -> str:
    """Return what is kept of the address of an attempt; of IPv6 the network a household or office has."""
    try:
        found = ip_address(address or "")
        return _keyed(str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found))
    except ValueError:
        return _keyed("ukendt")


def _keyed(value: str) -> str:
    return hmac.new(current().derived_key("sign-in"), value.encode(), sha256).hexdigest()


def begin(session: Session, email: str, address: str | None, now: datetime, detail: str = "adgangskode") -> int:
    """Keep an attempt as refused and return its number; commit before verifying anything. Raises TooSoon."""
    account, place = account_key(email), address_key(address)
    _one_at_a_time(session, account, place)
    wait = max(_wait_of_account(session, account, place, now), _wait_of_address(session, place, now))
    if wait:
        raise TooSoon(wait)
    session.execute(
        update(AccessEvent)
        .where(AccessEvent.address_key.is_not(None), AccessEvent.at < now - KNOWN_ADDRESS)
        .values(address_key=None, account_key=None)
        .execution_options(synchronize_session=False)
    )
    staff_id = session.scalar(select(Staff.id).where(Staff.email == as_email(email)))
    attempt = AccessEvent(
        at=now, kind="afvist", staff_id=staff_id, detail=detail, account_key=account, address_key=place
    )
    session.add(attempt)
    session.flush()
    return attempt.id


def refused(session: Session, address: str | None, now: datetime, *, staff_id: int | None, detail: str) -> None:
    """Keep that somebody was refused otherwise than by a wrong password."""
    session.add(
        AccessEvent(at=now, kind="afvist", staff_id=staff_id, detail=detail[:200], address_key=address_key(address))
    )


def passed(session: Session, attempt: int, person: Staff, password: str | None = None) -> None:
    """Say that the attempt was right, though more is asked for before the person is in."""
    kept = session.get(AccessEvent, attempt)
    kept.kind, kept.staff_id, kept.detail = "videre", person.id, ""
    if password is not None and outdated(person.password_hash):
        person.password_hash = hash_password(password)


def withdrawn(session: Session, attempt: int) -> None:
    """Forget an attempt by somebody who is in already and was right."""
    session.delete(session.get(AccessEvent, attempt))


def entered(session: Session, person: Staff, address: str | None, now: datetime, detail: str) -> None:
    """Keep that a person is in; her failures so far count no more."""
    session.add(
        AccessEvent(
            at=now,
            kind="ind",
            staff_id=person.id,
            detail=detail,
            account_key=account_key(person.email),
            address_key=address_key(address),
        )
    )


def _one_at_a_time(session: Session, account: str, place: str) -> None:
    """Let attempts on one account, or from one address, count one after the other. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        for key in (account, place):
            session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": int(key[:15], 16)})


def _wait_of_account(session: Session, account: str, place: str, now: datetime) -> int:
    mine = [AccessEvent.account_key == account, AccessEvent.at <= now + AHEAD]
    known = session.scalar(
        select(func.count(AccessEvent.id)).where(
            *mine, AccessEvent.kind == "ind", AccessEvent.address_key == place, AccessEvent.at > now - KNOWN_ADDRESS
        )
    )
    if known:
        mine.append(AccessEvent.address_key == place)
    last_in = session.scalar(select(func.max(AccessEvent.id)).where(*mine, AccessEvent.kind == "ind")) or 0
    failures = (*mine, AccessEvent.id > last_in, AccessEvent.at > now - COUNTED_FOR_ACCOUNT)
    return _wait(session, failures, FREE_FOR_ACCOUNT, now)


def _wait_of_address(session: Session, place: str, now: datetime) -> int:
    failures = (
        AccessEvent.address_key == place,
        AccessEvent.at > now - COUNTED_FOR_ADDRESS,
        AccessEvent.at <= now + AHEAD,
    )
    return _wait(session, failures, FREE_FOR_ADDRESS, now)


def _wait(session: Session, which: tuple, free: int, now: datetime) -> int:
    """Return the seconds still to wait: 5, 10, 20 … after the free ones, at most five minutes from the last one."""
    query = select(func.count(AccessEvent.id), func.max(AccessEvent.at)).where(AccessEvent.kind == "afvist", *which)
    failures, last = session.execute(query).one()
    if failures < free:
        return 0
    delay = min(FIRST_WAIT * 2 ** min(failures - free, 10), LONGEST_WAIT)
    return max(0, -int(-(delay - (now - last).total_seconds()) // 1))
