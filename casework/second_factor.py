"""The second factor: codes from an app on the phone (RFC 6238), and codes on paper for when it is lost."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime
from hashlib import sha256

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from casework.errors import InvalidInput, InvalidState, NotAllowed
from casework.models import RecoveryCode, Staff
from casework.settings import current
from casework.staff import end_sessions, log

ISSUER = "Vejviser"
RECOVERY_CODES = 10
STEP_SECONDS = 30
DRIFT = 1  # steps a phone's clock may be off
COMPULSORY = ("adviser", "administrator")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
WRONG = "Koden er forkert eller allerede brugt. Vent på næste kode i appen, eller brug en genoprettelseskode."


def required(role: str) -> bool:
    """Return whether somebody with this role must have a second factor (setting VEJVISER_TOTP)."""
    return current().totp_required and role in COMPULSORY


def enrolled(person: Staff) -> bool:
    """Return whether a code is asked for when this person signs in."""
    return person.totp_confirmed_at is not None


def new_secret(person: Staff) -> str:
    """Give a person a new secret to put into her app and return it; it counts for nothing until `confirm`.

    Raises InvalidState when she has a second factor: a secret in force is never shown again.
    """
    if enrolled(person):
        raise InvalidState("Du har allerede totrinslogin.")
    person.totp_secret, person.totp_last_step = pyotp.random_base32(), None
    return person.totp_secret


def address(person: Staff) -> str:
    """Return the otpauth address that the QR code holds."""
    return pyotp.TOTP(person.totp_secret).provisioning_uri(name=person.email, issuer_name=ISSUER)


def confirm(session: Session, person: Staff, code: str, seconds: int, now: datetime) -> list[str]:
    """Turn the second factor on when `code` shows that the app has the secret, and return the recovery codes.

    They are shown this once. All sessions end. Raises InvalidInput for a wrong code, InvalidState when there is nothing
    to confirm.
    """
    if enrolled(person) or not person.totp_secret:
        raise InvalidState("Totrinslogin er ikke ved at blive slået til. Begynd forfra.")
    if not _use_step(session, person, code, seconds):
        raise InvalidInput("Koden passer ikke. Vent på næste kode i appen, og prøv igen. Står telefonens ur rigtigt?")
    person.totp_confirmed_at = now
    end_sessions(person)
    log(session, "totrin", person, now)
    return _new_codes(session, person)


def verify(session: Session, person: Staff, code: str, seconds: int, now: datetime) -> str:
    """Use up a code of the app or from paper and return which it was: "kode" or "genoprettelseskode".

    Raises NotAllowed with the same words whatever is wrong. Each code works once, in whatever process.
    """
    if enrolled(person):
        if _use_step(session, person, code, seconds):
            return "kode"
        if _use_recovery_code(session, person, code, now):
            return "genoprettelseskode"
    raise NotAllowed(WRONG)


def codes_left(session: Session, person: Staff) -> int:
    """Return how many recovery codes have not been used."""
    query = select(func.count(RecoveryCode.id)).where(RecoveryCode.staff_id == person.id)
    return session.scalar(query.where(RecoveryCode.used_at.is_(None)))


def renew_codes(session: Session, person: Staff, now: datetime) -> list[str]:
    """Return ten new recovery codes; the old ones no longer work. A code has been asked for before."""
    log(session, "totrin_koder", person, now)
    return _new_codes(session, person)


def remove(session: Session, person: Staff, now: datetime, *, by_id: int | None = None) -> None:
    """Take the second factor away; all sessions end. `by_id` is the administrator who resets another's.

    Raises InvalidState when there is none, and when administrators would reset their own without a code.
    """
    if by_id == person.id:
        raise InvalidState("Fjern dit eget totrinslogin under Min konto.")
    if not enrolled(person) and not person.totp_secret:
        raise InvalidState("Personen har ikke totrinslogin.")
    person.totp_secret = person.totp_confirmed_at = person.totp_last_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == person.id))
    end_sessions(person)
    log(session, "totrin_fjernet", person, now, by_id=by_id)


def _use_step(session: Session, person: Staff, code: str, seconds: int) -> bool:
    """Return whether `code` is right now, give or take a step, and newer than the last one used; it is used then."""
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return False
    totp, now_step = pyotp.TOTP(person.totp_secret), seconds // STEP_SECONDS
    steps = range(now_step - DRIFT, now_step + DRIFT + 1)
    fitting = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), digits)]
    if not fitting:
        return False
    used = session.execute(
        update(Staff)
        .where(Staff.id == person.id, or_(Staff.totp_last_step.is_(None), Staff.totp_last_step < fitting[-1]))
        .values(totp_last_step=fitting[-1])
        .execution_options(synchronize_session=False)
    ).rowcount
    session.refresh(person, ["totp_last_step"])
    return bool(used)


def _use_recovery_code(session: Session, person: Staff, code: str, now: datetime) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.staff_id == person.id,
            RecoveryCode.code_hash == _kept(person, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    ).rowcount
    return bool(used)


def _new_codes(session: Session, person: Staff) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == person.id))
    drawn = ("".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES))
    codes = [f"{code[:5]}-{code[5:]}" for code in drawn]
    session.add_all(RecoveryCode(staff_id=person.id, code_hash=_kept(person, code)) for code in codes)
    session.flush()
    return codes


def _kept(person: Staff, code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).lower()
    key = current().derived_key("recovery-codes")
    return hmac.new(key, f"{person.id}:{plain}".encode(), sha256).hexdigest()
