"""The plain form that works without the assistant, and the status page."""

from __future__ import annotations

import uuid
from datetime import date

from flask import Blueprint, render_template, request

from casework import clock, privacy
from casework.db import reading, session
from casework.enums import CONTACT_CHANNELS
from casework.errors import InvalidInput, NotFound
from casework.intake import Intake, Receipt, file_case, find_by_code
from casework.settings import current
from casework.taxonomy import taxonomy
from web import metrics
from web.access import public
from web.limits import limiter

blueprint = Blueprint("henvendelse", __name__)
TEXT_FIELDS = ("story", "wish", "prior_dialogue", "contact_name", "contact_value")


@blueprint.get("/henvendelse")
@public
def form():
    """Show the empty form."""
    return _form({"submission": str(uuid.uuid4())})


@blueprint.post("/henvendelse")
@limiter.limit("20 per minute")
@public
def send():
    """File the case and show the receipt, or the form again with what is wrong. Sending twice makes one case."""
    given = request.form.to_dict()
    try:
        intake = _intake(given)
        with session() as db, db.begin():
            receipt = file_case(
                db,
                intake,
                submission=_submission(given),
                now=clock.now(),
                today=clock.today(),
                code_key=current().derived_key("case-code"),
            )
    except InvalidInput as error:
        return _form(given, str(error)), 422
    metrics.cases_filed.inc()
    return _receipt(receipt, intake)


def _receipt(receipt: Receipt, intake: Intake):
    return render_template("henvendelse/receipt.html", receipt=receipt, intake=intake)


def _form(given: dict, error: str | None = None):
    units = {key: name for key, name in taxonomy()["units"].items() if key.startswith("ltk.")}
    return render_template(
        "henvendelse/form.html",
        given=given,
        error=error,
        units=units,
        omraader=taxonomy()["omraader"],
        channels=CONTACT_CHANNELS,
        today=clock.today().isoformat(),
    )


def _submission(given: dict) -> str:
    try:
        return f"form:{uuid.UUID(given.get('submission', ''))}"
    except ValueError:
        raise InvalidInput("Siden var for gammel. Opdater siden, og send igen.") from None


def _intake(given: dict) -> Intake:
    """Read the form. CPR numbers are dropped here; the rest a citizen writes to the adviser reaches her."""
    text = {name: privacy.without_cpr(given.get(name, "")) for name in TEXT_FIELDS}
    unit, omraade = given.get("unit") or None, given.get("omraade") or None
    if unit not in (None, *taxonomy()["units"]) or omraade not in (None, *taxonomy()["omraader"]):
        raise InvalidInput("Vælg afdeling og område på listen.")
    return Intake(
        story=text["story"],
        wish=text["wish"] or None,
        prior_dialogue=text["prior_dialogue"] or None,
        unit=unit,
        omraade=omraade,
        topic="henvendelse.opret",
        decision_date=_day(given.get("decision_date", "")),
        contact_name=text["contact_name"] or None,
        contact_channel=given.get("contact_channel") or None,
        contact_value=text["contact_value"] or None,
        anonymous=given.get("anonymous") == "ja",
        consent_forward=given.get("consent_forward") == "ja",
    )


def _day(value: str) -> date | None:
    if not value.strip():
        return None
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        raise InvalidInput(
            "Datoen for afgørelsen kan ikke læses. Skriv den som 2026-11-03, eller lad feltet stå tomt."
        ) from None
    if day > clock.today():
        raise InvalidInput("Datoen for afgørelsen ligger i fremtiden.")
    return day


@blueprint.get("/status")
@public
def status_form():
    """Ask for reference and code."""
    return render_template("henvendelse/status.html", case=None, error=None, reference="")


@blueprint.post("/status")
@limiter.limit("10 per minute; 60 per hour")
@public
def status():
    """Show where the case is. A wrong number and a wrong code look the same."""
    reference = request.form.get("reference", "")
    try:
        with reading() as db:
            case = find_by_code(db, reference, request.form.get("code", ""))
    except NotFound as error:
        return render_template("henvendelse/status.html", case=None, error=str(error), reference=reference), 404
    return render_template("henvendelse/status.html", case=case, error=None, reference=reference)
