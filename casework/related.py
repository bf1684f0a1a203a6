"""Related cases: which others an adviser should know of when she reads one, and why."""

from __future__ import annotations

import hmac
import re
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.cases import Actor, find, log, move
from casework.enums import CASE_STATUSES
from casework.errors import InvalidInput
from casework.models import Case
from casework.settings import current

MAX_SHOWN = 20


def contact_hash(value: str | None) -> str | None:
    """Return what tells that two contacts are the same phone, e-mail or address, and nothing else; None for none.

    It is keyed, so that nobody can find a number by trying them all without the secret key.
    """
    plain = _plain(value or "")
    return hmac.new(current().derived_key("contact-hash"), plain.encode(), "sha256").hexdigest() if plain else None


def _plain(value: str) -> str:
    """Return a contact as it is compared: a Danish number without its country code, an e-mail in small letters."""
    value = " ".join(value.lower().split())
    if "@" in value or "(at)" in value:
        return value.replace("(at)", "@").replace(" ", "")
    digits = re.sub(r"\D", "", value)
    if re.fullmatch(r"[\d\s+().\-–/]+", value) and digits:
        return re.sub(r"^(?:0045|45)(?=\d{8}$)", "", digits)
    return re.sub(r"[^\w ]", "", value)


def related(session: Session, case: Case) -> list[tuple[Case, str]]:
    """Return other cases with why they are related, newest first: main and following cases, the same conversation, the
    same contact."""
    main = case.follows_id or case.id
    same = [Case.id == main, Case.follows_id == main]
    if case.conversation_id:
        same.append(Case.conversation_id == case.conversation_id)
    if case.contact_hash:
        same.append(Case.contact_hash == case.contact_hash)
    query = select(Case).where(or_(*same), Case.id != case.id).order_by(Case.id.desc()).limit(MAX_SHOWN)
    return [(other, _why(case, other)) for other in session.scalars(query)]


def _why(case: Case, other: Case) -> str:
    reasons = []
    if other.id == case.follows_id:
        reasons.append("hovedsag")
    elif other.follows_id == case.id:
        reasons.append("følgesag")
    elif case.follows_id and other.follows_id == case.follows_id:
        reasons.append("samme hovedsag")
    if case.conversation_id and other.conversation_id == case.conversation_id:
        reasons.append("samme samtale")
    if case.contact_hash and other.contact_hash == case.contact_hash:
        reasons.append("samme kontakt")
    return ", ".join(reasons)


def follow(
    session: Session, reference: str, main: str, actor: Actor, now: datetime, *, seen: int | None = None
) -> Case:
    """Register a case as following another, the main case (fact br-registrering-hovedsag); an empty `main` unties it.

    There is one level: what follows the chosen main case's own main follows that. Raises InvalidInput when the main
    case is the case itself or one that follows it, NotFound when there is none, and InvalidState as `cases.move`.
    """
    chosen = find(session, main) if main.strip() else None
    if chosen is not None and chosen.follows is not None:
        chosen = chosen.follows
    case = find(session, reference)
    if chosen is not None and chosen.id == case.id:
        raise InvalidInput("En sag kan ikke følge sig selv eller en sag, der følger den.")
    if chosen is not None and case.followers:
        raise InvalidInput("Andre sager følger denne. Knyt dem til den nye hovedsag først.")
    follows_id = chosen.id if chosen else None
    case = move(session, reference, allowed=tuple(CASE_STATUSES), seen=seen, follows_id=follows_id)
    log(session, case, "knyttet", actor, now, f"Følger {chosen.reference}." if chosen else "Følger ingen anden sag.")
    return case
