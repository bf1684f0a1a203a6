"""Reads the one-page intake: what was typed → an Intake, or what is wrong, field by field."""

from __future__ import annotations

from datetime import date

from casework import clock, privacy
from casework.enums import AUTHORITIES, CONTACT_CHANNELS, EXCEPTIONS, NEEDS
from casework.intake import MAX_TEXT, Intake, needs_text, on_behalf_text
from casework.models import Case
from casework.since import since_in
from casework.taxonomy import taxonomy

LONG = ("story", "wish", "prior_dialogue", "since", "needs_more", *EXCEPTIONS)
SHORT = ("contact_name", "contact_value", "language", "behalf")
DEPARTMENTS = (("unit", "consent_forward"), ("unit2", "consent2"), ("unit3", "consent3"))


class InvalidForm(Exception):
    """What was typed cannot be used; `problems` says why, field by field, in the order of the page."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def read(given: dict, main: Case | None = None) -> Intake:
    """Return what was typed as an Intake. CPR numbers are dropped; all else a citizen writes reaches the adviser.

    `main` is the case the new one follows: how the citizen is reached is known from it. Raises InvalidForm.
    """
    text = {name: privacy.without_cpr(given.get(name, "")) for name in (*LONG, *SHORT)}
    decided, wrong_day = _day(given.get("decision_date", ""))
    problems = {
        "story": _of_story(text["story"]),
        "unit": _unknown(given, taxonomy()["units"], *(unit for unit, _ in DEPARTMENTS)),
        "omraade": _unknown(given, taxonomy()["omraader"], "omraade"),
        "decision_date": wrong_day,
        "authority": _unknown(given, AUTHORITIES, "authority"),
        "contact_value": None if main else _of_contact(given, text),
        **{name: _too_long(text[name]) for name in LONG if name != "story"},
    }
    problems = {name: problem for name, problem in problems.items() if problem}
    if problems:
        raise InvalidForm(problems)
    said, departments = given.get("decision"), _departments(given)
    since = text["since"] or None
    return Intake(
        story=text["story"],
        wish=text["wish"] or None,
        prior_dialogue=text["prior_dialogue"] or None,
        unit=departments[0]["unit"] if departments else None,
        departments=departments,
        consent_forward=given.get("consent_forward") == "ja",
        omraade=given.get("omraade") or None,
        topic="henvendelse.opret",
        decision_date=None if said == "nej" else decided,
        from_letter=given.get("from_letter") == "ja",
        since=since,
        since_date=since_in(since, clock.today()) if since else None,
        ongoing={"ja": True, "nej": False}.get(given.get("ongoing", "")),
        exceptions={key: text[key] for key in EXCEPTIONS if text[key]},
        needs=needs_text([n for n in NEEDS if given.get(f"need_{n}") == "ja"], text["language"], text["needs_more"]),
        on_behalf_of=on_behalf_text(text["behalf"], given.get("authority")),
        **_reached(given, text, main),
    )


def _reached(given: dict, text: dict, main: Case | None) -> dict:
    if main:
        return {
            "contact_name": main.contact_name,
            "contact_channel": main.contact_channel,
            "contact_value": main.contact_value,
            "anonymous": main.anonymous,
        }
    return {
        "contact_name": text["contact_name"] or None,
        "contact_channel": given.get("contact_channel") or None,
        "contact_value": text["contact_value"] or None,
        "anonymous": given.get("anonymous") == "ja",
    }


def _departments(given: dict) -> list[dict]:
    found: dict[str, bool] = {}
    for unit, consent in DEPARTMENTS:
        if given.get(unit):
            found[given[unit]] = found.get(given[unit], False) or given.get(consent) == "ja"
    return [{"unit": unit, "consent": consent} for unit, consent in found.items()]


def _of_story(text: str) -> str | None:
    return _too_long(text) if text.strip() else "Skriv, hvad der er sket."


def _of_contact(given: dict, text: dict) -> str | None:
    if given.get("anonymous") == "ja":
        return None
    if given.get("contact_channel") not in CONTACT_CHANNELS or not text["contact_value"]:
        return "Skriv, hvordan borgerrådgiveren kan få fat i dig, eller vælg at være anonym."
    if given["contact_channel"] == "e-mail" and not privacy.email_in(text["contact_value"]):
        return "Mailadressen kan ikke læses. Skriv den som navn@eksempel.dk, eller vælg telefon eller brev."
    return None


def _unknown(given: dict, known, *fields: str) -> str | None:
    return None if all(given.get(f, "") in ("", *known) for f in fields) else "Vælg på listen."


def _too_long(text: str) -> str | None:
    if len(text) <= MAX_TEXT:
        return None
    return f"Teksten er for lang. Skriv højst {MAX_TEXT} tegn, og fortæl resten, når I taler sammen."


def _day(value: str) -> tuple[date | None, str | None]:
    if not value.strip():
        return None, None
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        return None, "Datoen for afgørelsen kan ikke læses. Skriv den som 2026-11-03, eller lad feltet stå tomt."
    return (None, "Datoen for afgørelsen ligger i fremtiden.") if day > clock.today() else (day, None)
