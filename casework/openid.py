"""The kommune's own login (OpenID Connect): who may come in by what it says of them, and with which role.

That the token is genuine has been verified before (web/oidc.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.enums import ROLES
from casework.errors import NotAllowed
from casework.models import Staff
from casework.staff import add_staff, as_email, log, may_enter, set_role

NO_ACCESS = "Kommunens login gik godt, men du har ikke adgang til Vejviser. Bed en administrator om at oprette dig."
HIGHEST_FIRST = tuple(reversed(ROLES))


def role_in(claims: Mapping, path: str, roles: Mapping[str, str]) -> str | None:
    """Return the highest role the claim at `path` gives by the mapping `roles`, or None.

    The claim may be one value or a list. `path` is the claim's name, or names divided by full stops.
    """
    value = claims.get(path)
    if value is None:
        value = claims
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    given = {roles[v] for v in values if isinstance(v, str) and v in roles}
    return next((role for role in HIGHEST_FIRST if role in given), None)


def admit(session: Session, claims: Mapping, now: datetime, *, role_claim: str, roles: Mapping[str, str]) -> Staff:
    """Return whom the claims of a verified token let in. Raises NotAllowed.

    Somebody seen before is known by issuer and subject. Else an account with the same e-mail is taken over when the
    login vouches for the address (`email_verified`). Else one is made when the claims give a role. An account made so
    follows the claims at every sign-in; one made by hand keeps its role.
    """
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    if not subject.isprintable() or not 0 < len(subject) <= 255:
        raise NotAllowed(NO_ACCESS)
    role = role_in(claims, role_claim, roles)
    email = as_email(str(claims.get("email") or ""))
    person = session.scalar(select(Staff).where(Staff.oidc_issuer == issuer, Staff.oidc_subject == subject))
    if person is None:
        person = _with_email(session, email, claims)
        if person is None:
            person = _new(session, claims, email, role, now)
        person.oidc_issuer, person.oidc_subject = issuer, subject
    if not may_enter(person) or person.demo:
        raise NotAllowed(NO_ACCESS)
    if person.oidc_managed:
        if role is None:
            raise NotAllowed(NO_ACCESS)
        if role != person.role:
            detail = f"{person.role} → {role} (kommunens login)"
            set_role(session, person, role, now, by_id=None, detail=detail)
    session.flush()
    return person


def _with_email(session: Session, email: str, claims: Mapping) -> Staff | None:
    """Return the account with this e-mail. Raises NotAllowed when it is not certain that it is the same person."""
    person = session.scalar(select(Staff).where(Staff.email == email)) if email else None
    if person is not None and (claims.get("email_verified") is not True or person.oidc_subject):
        raise NotAllowed(NO_ACCESS)
    return person


def _new(session: Session, claims: Mapping, email: str, role: str | None, now: datetime) -> Staff:
    if role is None or not email:
        raise NotAllowed(NO_ACCESS)
    name = str(claims.get("name") or email)[:200]
    person = add_staff(session, email=email, name=name, role=role, password=None, now=now)
    person.oidc_managed = True
    log(session, "rolle", person, now, detail=f"{role} (kommunens login)")
    return person
