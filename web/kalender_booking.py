"""Staff book a meeting on a citizen's behalf, from the calendar or from a case."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import flash, g, redirect, render_template, request, url_for

from casework import availability, cases, clock, meeting_calendar, meetings
from casework.db import session
from casework.enums import CONTACT_CHANNELS, MEETING_NEEDS
from casework.errors import CaseworkError, InvalidInput, NotFound
from casework.meetings import Wish
from web.access import staff_only
from web.kalender import Unusual, agreed_if_unusual, blueprint, for_staff, shared_words, status_of
from web.kalender_times import chosen_start, day_in, free_times
from web.submissions import submission_in

FIELDS = ("kind", "start", "dag", "klokken", "name", "channel", "value", "subject", "place", "reference", "alligevel")


@blueprint.get("/ny")
@staff_only("adviser")
def form():
    """Show the form; `sag` names the case it is about, `slags` and `start` what was chosen in the calendar."""
    given = {
        "kind": request.args.get("slags", ""),
        "start": request.args.get("start", "").replace(" ", "+"),  # a plus in an address is read as a space
        "reference": request.args.get("sag", "").strip().upper(),
        "fra": request.args.get("fra", ""),
        "submission": str(uuid.uuid4()),
        "needs": [],
    }
    return _form(given, prefill=True)


@blueprint.post("/ny")
@staff_only("adviser")
def book():
    """Book the meeting, or show the form again: with the times of another kind or day, or with what is wrong."""
    given = {name: request.form.get(name, "") for name in (*FIELDS, "fra", "submission")}
    given["needs"] = request.form.getlist("needs")
    if "vis" in request.form:
        return _form(given)
    try:
        with session() as db, db.begin():
            made = _booked(db, given)
    except Unusual as unusual:
        return _form(given, unusual=unusual, status=422)
    except CaseworkError as error:
        return _form(given, error=error, status=status_of(error))
    flash("Mødet er booket.", "success")
    if not meeting_calendar.is_mailed(made):
        flash("Borgeren får ikke besked af systemet. Fortæl borgeren dag, tid og sted.", "info")
    return redirect(url_for("kalender.appointment", number=made.id))


def _booked(db, given: dict):
    problems, start = {}, None
    try:
        start = chosen_start(given)
    except InvalidInput as error:
        problems |= error.fields or {"start": str(error)}
    if given["kind"] not in meeting_calendar.kind_names():
        problems["kind"] = "Vælg, hvad det er for et møde."
    if given["reference"]:
        try:
            cases.find(db, given["reference"])
        except NotFound:
            problems["reference"] = "Sagen findes ikke. Skriv dens nummer, for eksempel BR-2026-7K3M9."
    if not given["name"].strip():
        problems["name"] = "Skriv borgerens navn."
    if given["channel"] not in CONTACT_CHANNELS:
        problems["channel"] = "Vælg, hvordan borgeren kan nås."
    if not given["value"].strip():
        problems["value"] = "Skriv nummeret eller adressen."
    submission = submission_in(given["submission"])
    if submission is None:
        given["submission"] = str(uuid.uuid4())
        problems["name"] = "Siden var for gammel. Læs den igennem, og book igen."
    if problems:
        raise InvalidInput(fields=problems)
    agreed_if_unusual(db, given["kind"], start, given)
    wish = Wish(
        given["kind"],
        start,
        given["name"],
        given["channel"],
        given["value"],
        subject=given["subject"],
        needs=given["needs"],
        place=given["place"],
        reference=given["reference"].strip().upper() or None,
    )
    return meetings.book(db, wish, clock.now(), actor=g.actor, submission=f"personale:{submission}")


def _form(given: dict, *, prefill: bool = False, error=None, unusual=None, status: int = 200):
    now, today = clock.now(), clock.today()
    with session() as db, db.begin():
        kinds = availability.kinds(db)
        if given["kind"] not in meeting_calendar.kind_names():
            given["kind"] = kinds[0].kind if kinds else ""
        chosen = next((k for k in kinds if k.kind == given["kind"]), None)
        if prefill and given["reference"]:
            error = _from_case(db, given) or error
        since, wrong = day_in(given["fra"], _day_of(given["start"]) or today)
        problems = for_staff(getattr(error, "fields", {}))
        if wrong:
            problems["fra"] = wrong
        body = render_template(
            "kalender/ny.html",
            given=given,
            problems=problems,
            error=str(error) if error and not problems else "",
            unusual=str(unusual or ""),
            agreed=unusual.start.isoformat() if unusual else "",
            times=free_times(db, given["kind"], since, now) if chosen else [],
            since=since,
            kind=chosen,
            channels=CONTACT_CHANNELS,
            needs=MEETING_NEEDS,
            **shared_words(),
        )
    return body, status if not problems or status != 200 else 422


def _from_case(db, given: dict):
    """Fill in who the citizen of a case is and how she is reached, and log that it was shown; return what is wrong."""
    try:
        case = cases.read(db, given["reference"], g.actor, clock.now())
    except NotFound:
        return InvalidInput(fields={"reference": "Sagen findes ikke. Skriv dens nummer, for eksempel BR-2026-7K3M9."})
    if not case.anonymous:
        given |= {"name": case.contact_name or "", "channel": case.contact_channel, "value": case.contact_value or ""}
    return None


def _day_of(start: str):
    try:
        return datetime.fromisoformat(start).date()
    except ValueError:
        return None
