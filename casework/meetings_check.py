"""What somebody writes when she books: is it enough to meet her, and is nothing in it that must not be kept."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import own_case, privacy
from casework.cases import Actor
from casework.clock import COPENHAGEN
from casework.enums import CONTACT_CHANNELS, MEETING_KINDS, MEETING_NEEDS, OPEN_STATUSES
from casework.errors import InvalidInput
from casework.models import Case

MOST = {"name": 120, "value": 300, "subject": 1_000, "place": 300, "reason": 1_000}
_CONTACT = {
    "telefon": "Skriv dit telefonnummer med otte cifre.",
    "e-mail": "Skriv din mailadresse, for eksempel navn@eksempel.dk.",
    "brev": "Skriv din adresse.",
}


@dataclass(frozen=True)
class Wish:
    """What a citizen asks for. `start` is a moment with its zone, `needs` are ids of MEETING_NEEDS.

    `value` is how she is reached by `channel` (CONTACT_CHANNELS); it may hold a phone number and a mail address.
    `place` is where she wants to meet (andet_sted), or meets the kommune (bisidder). `reference` is her case.
    """

    kind: str
    start: datetime
    name: str
    channel: str
    value: str
    subject: str = ""
    needs: Collection[str] = ()
    place: str = ""
    reference: str | None = None


def checked(wish: Wish, values: dict[str, str]) -> Wish:
    """Return a wish as it is kept: without CPR numbers, the subject masked, privacy tokens (`values`) put back in
    name, contact and place only. Raises InvalidInput with `fields` for each field that cannot be used."""
    wrong: dict[str, str] = {}
    if wish.kind not in MEETING_KINDS:
        wrong["kind"] = "Vælg, hvordan du vil mødes."
    if not isinstance(wish.start, datetime) or wish.start.tzinfo is None:
        wrong["start"] = "Vælg en dag og et tidspunkt."
    kept = {
        **person(wish.name, wish.channel, wish.value, values, wrong, by_phone=wish.kind == "telefon"),
        **about(wish.subject, wish.needs, wish.place, values, wrong),
    }
    if wish.kind in ("andet_sted", "bisidder") and not kept["place"]:
        wrong["place"] = "Skriv, hvor I skal mødes." if wish.kind == "andet_sted" else "Skriv, hvor mødet er."
    if wish.reference and wish.reference.strip() and own_case.reference_in(wish.reference) is None:
        wrong["reference"] = "Et sagsnummer ser sådan ud: BR-2026-7K3M9. Ret det, eller lad feltet stå tomt."
    if wrong:
        raise InvalidInput(fields=wrong)
    return replace(wish, start=wish.start.astimezone(COPENHAGEN), **kept)


def person(
    name: str, channel: str, value: str, values: dict[str, str], wrong: dict[str, str], *, by_phone: bool
) -> dict:
    """Return name and contact as they are kept, noting in `wrong` what cannot be used, field by field."""
    name, value = (_line(privacy.resolve(text or "", values)) for text in (name, value))
    if not name or not re.search(r"\w", name) or privacy.CPR_REMOVED in name:
        wrong["name"] = "Skriv dit navn."
    if channel not in CONTACT_CHANNELS:
        wrong["channel"] = "Vælg, hvordan borgerrådgiveren får fat i dig."
    elif not value or privacy.CPR_REMOVED in value:
        wrong["value"] = _CONTACT[channel]
    elif channel == "telefon" and not _has_phone(value):
        wrong["value"] = _CONTACT["telefon"]
    elif channel == "e-mail" and privacy.email_in(value) is None:
        wrong["value"] = _CONTACT["e-mail"]
    elif by_phone and not _has_phone(value):
        wrong["value"] = "Borgerrådgiveren skal ringe til dig. Skriv også dit telefonnummer."
    _not_too_long({"name": name, "value": value}, wrong)
    return {"name": name, "channel": channel, "value": value}


def about(subject: str, needs: Collection[str], place: str, values: dict[str, str], wrong: dict[str, str]) -> dict:
    """Return subject, needs and place as they are kept, noting in `wrong` what cannot be used."""
    subject, place = masked(subject), _line(privacy.resolve(place or "", values))
    if isinstance(needs, str) or any(need not in MEETING_NEEDS for need in needs or ()):
        wrong["needs"] = "Vælg blandt de muligheder, der står."
        needs = ()
    _not_too_long({"subject": subject, "place": place}, wrong)
    return {"subject": subject, "needs": [need for need in MEETING_NEEDS if need in (needs or ())], "place": place}


def masked(text: str | None) -> str:
    """Return what somebody wrote with personal data masked."""
    return privacy.mask(privacy.clean(text or "")).text


def shown(text: str | None, missing: str) -> str:
    """Return what staff write for the citizen to read. Raises InvalidInput (reason) when it is empty or too long."""
    text, wrong = privacy.without_cpr(text or ""), {}
    if not text:
        raise InvalidInput(fields={"reason": missing})
    _not_too_long({"reason": text}, wrong)
    if wrong:
        raise InvalidInput(fields=wrong)
    return text


def _line(text: str | None) -> str:
    return " ".join(privacy.without_cpr(text or "").split())


def _has_phone(value: str) -> bool:
    return any(len(re.sub(r"\D", "", part)) >= 8 for part in re.findall(r"[\d\s+().\-–/]+", value))


def _not_too_long(texts: dict[str, str], wrong: dict[str, str]) -> None:
    for name, text in texts.items():
        if len(text) > MOST[name]:
            wrong[name] = f"Teksten er for lang. Skriv højst {MOST[name]} tegn."


def case_of(session: Session, reference: str | None, conversation_id: str | None, actor: Actor | None) -> Case | None:
    """Return the case a meeting is about, or None.

    A citizen who names a number that is not there is not told so: nobody learns from here which cases exist. Without a
    number it is the latest open case of the conversation, but never an anonymous one: a booking has a name. Raises
    InvalidInput with `fields` when staff name a case that is not there.
    """
    reference = own_case.reference_in(reference or "")
    if reference is not None:
        case = session.scalar(select(Case).where(Case.reference == reference, Case.anonymised_at.is_(None)))
        if case is None and actor is not None:
            raise InvalidInput(fields={"reference": "Den sag findes ikke."})
        return case
    if not conversation_id:
        return None
    mine = select(Case).where(
        Case.conversation_id == conversation_id, Case.status.in_(OPEN_STATUSES), Case.anonymous.is_(False)
    )
    return session.scalar(mine.order_by(Case.id.desc()).limit(1))


def utc(moment: datetime) -> datetime:
    """Return a moment in UTC, as it is kept."""
    return moment.astimezone(timezone.utc)
