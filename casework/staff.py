"""Staff accounts and API tokens."""

from __future__ import annotations

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.conversations import hashed
from casework.enums import ROLES
from casework.errors import InvalidInput, NotAllowed
from casework.models import ApiToken, Staff

_hasher = PasswordHasher()
# Verified when the e-mail is unknown, so that the time a refusal takes does not tell who has an account.
_NOBODY = _hasher.hash(secrets.token_hex(16))
MIN_PASSWORD = 12


def add_staff(
    session: Session, *, email: str, name: str, role: str, password: str, now: datetime, demo: bool = False
) -> Staff:
    """Create an account. Raises InvalidInput when the role is unknown, the password short or the e-mail taken."""
    email = email.strip().lower()
    if role not in ROLES:
        raise InvalidInput(f"Rollen skal være en af: {', '.join(ROLES)}")
    if len(password) < MIN_PASSWORD:
        raise InvalidInput(f"Adgangskoden skal være på mindst {MIN_PASSWORD} tegn")
    if "@" not in email:
        raise InvalidInput("E-mailadressen mangler et @")
    if session.scalar(select(Staff.id).where(Staff.email == email)):
        raise InvalidInput("Der er allerede en bruger med den e-mailadresse")
    person = Staff(
        email=email,
        name=name.strip() or email,
        role=role,
        password_hash=_hasher.hash(password),
        created_at=now,
        active=True,
        demo=demo,
    )
    session.add(person)
    session.flush()
    return person


def sign_in(session: Session, email: str, password: str) -> Staff:
    """Return the person with this e-mail and password. Raises NotAllowed with the same words whatever is wrong."""
    person = session.scalar(select(Staff).where(Staff.email == email.strip().lower()))
    try:
        _hasher.verify(person.password_hash if person else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        person = None
    if person is None or not person.active:
        raise NotAllowed("E-mail eller adgangskode er forkert.")
    if _hasher.check_needs_rehash(person.password_hash):
        person.password_hash = _hasher.hash(password)
    return person


def person_with_id(session: Session, staff_id: int) -> Staff | None:
    """Return an active person, or None."""
    person = session.get(Staff, staff_id)
    return person if person and person.active else None


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
    """Create a demonstration account, or give it a new password."""
    person = session.scalar(select(Staff).where(Staff.email == email))
    if person is None:
        add_staff(session, email=email, name=name, role=role, password=password, now=now, demo=True)
    else:
        person.password_hash, person.active = _hasher.hash(password), True
