"""One person's data: the administrator finds it, hands it out and erases it. Nothing personal stands in an address."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for

from casework import clock, person
from casework.calendar import short_time
from casework.db import reading, session
from casework.enums import PERSON_ACTS
from casework.errors import InvalidInput, InvalidState
from web.access import staff_only

blueprint = Blueprint("person", __name__, url_prefix="/personale/indsigt")
SURE = "SLET"


@blueprint.app_template_filter("iso_moment")
def _iso_moment(iso: str) -> str:
    return short_time(datetime.fromisoformat(iso))


@blueprint.get("/")
@staff_only("administrator")
def form():
    """Show the search and the log."""
    return _form()


@blueprint.post("/")
@staff_only("administrator")
def search():
    """Show everything held about the person; each case, conversation and meeting shown is logged as read."""
    reference, contact = request.form.get("reference", ""), request.form.get("contact", "")
    try:
        with session() as db, db.begin():
            found = person.search(db, g.actor, clock.now(), reference=reference, contact=contact)
            data = person.held(db, found, g.actor, clock.now())
            return _found(db, found, data)
    except InvalidInput as error:
        return _form(str(error), reference=reference, contact=contact), 422


@blueprint.post("/hent")
@staff_only("administrator")
def fetch():
    """Hand out what was chosen as a ZIP."""
    try:
        with session() as db, db.begin():
            found = _chosen(db)
            if not found:
                raise InvalidInput("Vælg, hvad der skal hentes.")
            content = person.export(db, found, g.actor, clock.now())
    except InvalidInput as error:
        return _form(str(error)), 422
    return send_file(BytesIO(content), "application/zip", as_attachment=True, download_name="indsigt.zip")


@blueprint.post("/slet")
@staff_only("administrator")
def erase():
    """Ask once more with a list of what goes, and then erase it."""
    reason = request.form.get("reason", "")
    try:
        with session() as db, db.begin():
            found = _chosen(db)
            sure = request.form.get("sure", "").strip().upper() == SURE
            if not sure or person.why_not(db, found, clock.now()):
                return _confirm(db, found, reason)
            person.erase(db, found, reason, g.actor, clock.now())
    except (InvalidInput, InvalidState) as error:
        return _form(str(error)), 422
    flash("Det valgte er slettet. Sagernes registrering til statistik er der stadig, uden tekst og kontakt.", "success")
    return redirect(url_for("person.form"))


def _chosen(db) -> person.Holdings:
    meetings = [int(number) for number in request.form.getlist("moede") if number.isdecimal() and len(number) < 10]
    return person.chosen(db, request.form.getlist("sag"), request.form.getlist("samtale"), meetings)


def _form(error: str = "", **given):
    with reading() as db:
        return render_template("retention/person.html", error=error, given=given, log=person.log(db), acts=PERSON_ACTS)


def _found(db, found: person.Holdings, data: dict):
    why_not = person.why_not(db, found, clock.now())
    return render_template("retention/person_found.html", found=found, data=data, why_not=why_not)


def _confirm(db, found: person.Holdings, reason: str):
    """Return the second question; the first answer must have held a reason and something to erase."""
    if not found:
        raise InvalidInput("Vælg, hvad der skal slettes.")
    if not reason.strip():
        raise InvalidInput("Skriv, hvorfor det skal slettes. Søg igen, og udfyld begrundelsen.")
    asked = "sure" in request.form
    page = render_template(
        "retention/person_erase.html",
        found=found,
        reason=reason,
        why_not=person.why_not(db, found, clock.now()),
        error=f"Skriv {SURE} for at slette." if asked else "",
        sure=SURE,
    )
    return page, (422 if asked else 200)
