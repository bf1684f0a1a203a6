"""Staff accounts and API tokens."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.conversations import hashed
from casework.enums import OPEN_STATUSES, ROLES
from casework.errors import InvalidInput, InvalidState, NotAllowed, NotFound
from casework.models import AccessEvent, ApiToken, Case, Staff
from casework.passwords import check_rules, hash_password, matches, temporary_password, unusable
from casework.privacy import clean
from casework.settings import current

PAGE_SIZE = 50
WRONG = "E-mail eller adgangskode er forkert."
LAST_ADMINISTRATOR = "Det er den sidste administrator. Giv først en anden rollen."


class Listed(NamedTuple):
    """A person in the list of accounts, with when she last signed in and how many open cases are hers."""

    person: Staff
    last_in: datetime | None
    open_cases: int


def add_staff(
    session: Session,
    *,
    email: str,
    name: str,
    role: str,
    password: str | None,
    now: datetime,
    demo: bool = False,
    temporary: bool = False,
    by_id: int | None = None,
) -> Staff:
    """Create an account; with a `temporary` password the person must choose her own first.

    With no password the person can only come in through the kommune's login. `by_id` is who does it, None for the
    command line. Raises InvalidInput when the role is unknown, the password against the rules, or the e-mail taken.
    """
    email, name = as_email(email), " ".join(clean(name).split())
    if role not in ROLES:
        raise InvalidInput(f"Rollen skal være en af: {', '.join(ROLES)}")
    if "@" not in email.strip("@") or len(email) > 200 or any(c.isspace() for c in email):
        raise InvalidInput("E-mailadressen kan ikke læses. Skriv den som navn@ltk.dk.")
    if len(name) > 200:
        raise InvalidInput("Navnet er for langt. Skriv højst 200 tegn.")
    if password is not None:
        check_rules(password, email=email, name=name)
    if session.scalar(select(Staff.id).where(Staff.email == email)):
        raise InvalidInput("Der er allerede en bruger med den e-mailadresse")
    person = Staff(
        email=email,
        name=name or email,
        role=role,
        password_hash=unusable() if password is None else hash_password(password),
        must_change_password=temporary,
        created_at=now,
        active=True,
        demo=demo,
    )
    session.add(person)
    session.flush()
    log(session, "oprettet", person, now, by_id=by_id, detail=role)
    return person


def sign_in(session: Session, email: str, password: str) -> Staff:
    """Return the person with this e-mail and password. Raises NotAllowed with the same words whatever is wrong.

    How often somebody may try is the matter of casework.sign_in.
    """
    person = session.scalar(select(Staff).where(Staff.email == as_email(email)))
    if not matches(person.password_hash if person else None, password) or not may_enter(person):
        raise NotAllowed(WRONG)
    return person


def as_email(text: str) -> str:
    """Return an e-mail as accounts keep it, without signs no database takes."""
    return clean(text).lower()


def may_enter(person: Staff | None) -> bool:
    """Return whether this account is open; one for demonstration never is in production."""
    return bool(person and person.active and not (person.demo and current().production))


def person_with_id(session: Session, staff_id: int) -> Staff | None:
    """Return a person whose account is open, or None."""
    person = session.get(Staff, staff_id)
    return person if may_enter(person) else None


def find(session: Session, *, staff_id: int | None = None, email: str | None = None) -> Staff:
    """Return an account, open or closed, by number or e-mail. Raises NotFound."""
    if staff_id is not None:
        person = session.get(Staff, staff_id)
    else:
        person = session.scalar(select(Staff).where(Staff.email == as_email(email or "")))
    if person is None:
        raise NotFound("Der er ingen bruger med den e-mailadresse." if email else "Brugeren findes ikke.")
    return person


def everyone(session: Session, page: int = 1) -> tuple[list[Listed], int]:
    """Return one page of accounts, the open ones first by name, and how many there are in all."""
    total = session.scalar(select(func.count(Staff.id)))
    last_in = (
        select(func.max(AccessEvent.at))
        .where(AccessEvent.staff_id == Staff.id, AccessEvent.kind == "ind")
        .scalar_subquery()
    )
    open_cases = (
        select(func.count(Case.id))
        .where(Case.assigned_to_id == Staff.id, Case.status.in_(OPEN_STATUSES))
        .scalar_subquery()
    )
    query = select(Staff, last_in, open_cases).order_by(Staff.active.desc(), func.lower(Staff.name), Staff.id)
    rows = session.execute(query.limit(PAGE_SIZE).offset((max(page, 1) - 1) * PAGE_SIZE))
    return [Listed(*row) for row in rows], total


def open_cases_of(session: Session, person: Staff) -> int:
    """Return how many open cases a person has taken."""
    query = select(func.count(Case.id)).where(Case.assigned_to_id == person.id, Case.status.in_(OPEN_STATUSES))
    return session.scalar(query)


def change_role(session: Session, person: Staff, role: str, now: datetime, *, by_id: int | None) -> None:
    """Give a person another role; her sessions end.

    Raises InvalidInput for an unknown role and InvalidState for one's own role, the last administrator's, and one that
    the kommune's login sets.
    """
    if role not in ROLES:
        raise InvalidInput("Vælg en rolle.")
    _not_oneself(person, by_id, "Du kan ikke ændre din egen rolle. Bed en anden administrator om det.")
    if person.oidc_managed:
        raise InvalidState("Rollen kommer fra kommunens login og ændres dér.")
    if role == person.role:
        raise InvalidState("Personen har allerede den rolle.")
    if person.role == "administrator":
        _keep_an_administrator(session, person)
    set_role(session, person, role, now, by_id=by_id)


def set_role(session: Session, person: Staff, role: str, now: datetime, *, by_id: int | None, detail: str = "") -> None:
    """Write the role and end the sessions; who may do so has been asked before."""
    log(session, "rolle", person, now, by_id=by_id, detail=detail or f"{person.role} → {role}")
    person.role = role
    end_sessions(person)


def close(session: Session, person: Staff, now: datetime, *, by_id: int | None) -> None:
    """Close an account; its sessions end, its traces stay. Raises InvalidState for one's own and the last admin's."""
    _not_oneself(person, by_id, "Du kan ikke lukke din egen konto. Bed en anden administrator om det.")
    if not person.active:
        raise InvalidState("Kontoen er allerede lukket.")
    if person.role == "administrator":
        _keep_an_administrator(session, person)
    person.active = False
    end_sessions(person)
    log(session, "lukket", person, now, by_id=by_id)


def reopen(session: Session, person: Staff, now: datetime, *, by_id: int | None) -> str | None:
    """Open a closed account again with a new temporary password, which is returned; None with the kommune's login."""
    if person.active:
        raise InvalidState("Kontoen er åben.")
    person.active = True
    log(session, "aabnet", person, now, by_id=by_id)
    return None if person.oidc_subject else new_temporary_password(session, person, now, by_id=by_id)


def new_temporary_password(session: Session, person: Staff, now: datetime, *, by_id: int | None) -> str:
    """Give a person who forgot hers a password to begin with and return it; her sessions end."""
    _not_oneself(person, by_id, "Skift din egen adgangskode under Min konto.")
    if not person.active:
        raise InvalidState("Kontoen er lukket. Åbn den først.")
    password = temporary_password()
    person.password_hash, person.must_change_password = hash_password(password), True
    end_sessions(person)
    log(session, "adgangskode", person, now, by_id=by_id, detail="midlertidig")
    return password


def choose_password(session: Session, person: Staff, password: str, repeated: str, now: datetime) -> None:
    """Let a person choose her own password; all her sessions end.

    Raises InvalidInput when it breaks a rule, is the one she has, or is typed differently the second time.
    """
    if password != repeated:
        raise InvalidInput("De to adgangskoder er ikke ens. Skriv den samme begge steder.")
    check_rules(password, email=person.email, name=person.name)
    if matches(person.password_hash, password):
        raise InvalidInput("Vælg en anden adgangskode end den, du har nu.")
    person.password_hash, person.must_change_password = hash_password(password), False
    end_sessions(person)
    log(session, "adgangskode", person, now)


def end_sessions(person: Staff) -> None:
    """End every session of a person: each carries the stamp it began with, and this makes a new one."""
    person.stamp = secrets.token_hex(16)


def log(
    session: Session, kind: str, person: Staff | None, now: datetime, *, by_id: int | None = None, detail: str = ""
) -> None:
    """Keep what was done to an account. `by_id` is who did it, when it was not the person or the command line."""
    person_id = person.id if person else None
    session.add(AccessEvent(at=now, kind=kind, staff_id=person_id, by_id=by_id, detail=detail))
    session.flush()


def _not_oneself(person: Staff, by_id: int | None, words: str) -> None:
    if person.id == by_id:
        raise InvalidState(words)


def _keep_an_administrator(session: Session, leaving: Staff) -> None:
    """Raise InvalidState when nobody else administers. The rows are locked: two may not leave at the same time."""
    query = select(Staff.id).where(Staff.role == "administrator", Staff.active).order_by(Staff.id).with_for_update()
    if not [staff_id for staff_id in session.scalars(query) if staff_id != leaving.id]:
        raise InvalidState(LAST_ADMINISTRATOR)


def create_token(session: Session, *, name: str, role: str, now: datetime) -> str:
    """Create an API token and return it; only its hash is kept. Raises InvalidInput for an unknown role."""
    if role not in ROLES:
        raise InvalidInput(f"Rollen skal være en af: {', '.join(ROLES)}")
    token = "vv_" + secrets.token_urlsafe(32)
    session.add(ApiToken(token_hash=hashed(token), name=name, role=role, created_at=now))
    return token


def token_holder(session: Session, token: str) -> ApiToken:
    """Return the API token in force. Raises NotAllowed for any other text."""
    found = session.scalar(select(ApiToken).where(ApiToken.token_hash == hashed(token), ApiToken.revoked_at.is_(None)))
    if found is None:
        raise NotAllowed("Nøglen til API'et mangler eller gælder ikke.")
    return found


def demo_users(session: Session) -> int:
    """Return how many active demonstration accounts there are."""
    return session.scalar(select(func.count(Staff.id)).where(Staff.demo, Staff.active))


def set_demo_user(
    session: Session, *, email: str, password: str, now: datetime, name: str = "Demo", role: str = "adviser"
) -> None:
    """Create a demonstration account, or give it a new password and the role again."""
    person = session.scalar(select(Staff).where(Staff.email == email))
    if person is None:
        add_staff(session, email=email, name=name, role=role, password=password, now=now, demo=True)
        return
    person.password_hash, person.active, person.role = hash_password(password), True, role
    person.must_change_password = False
    end_sessions(person)
