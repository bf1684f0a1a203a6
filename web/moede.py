"""Booking a meeting with the adviser: choose how, choose a time, say who you are, and the receipt.

The time is held while the citizen fills in. The number and code of her case go with the forms, never in an address.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for

from casework import availability, clock, meeting_visit, meetings, notices
from casework.db import reading, session
from casework.enums import CONTACT_CHANNELS, MEETING_KINDS
from casework.errors import InvalidInput, NotFound, SlotTaken, SwitchedOff
from casework.models import Case
from casework.models_meetings import Appointment
from casework.settings import current
from web import moede_form
from web.access import public
from web.limits import guesses, limiter
from web.moede_times import day_in, day_name, short_day, span, times
from web.submissions import submission_in

blueprint = Blueprint("moede", __name__)
PART = "moede"  # of those staff can turn off


@blueprint.after_request
def _private(response):
    """Keep the pages behind a code, and what was typed, out of caches and search engines."""
    if request.method == "POST" or request.endpoint != "moede.choose":
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.record_once
def _words(state) -> None:
    """Give all templates the ways a meeting's kind and time are written."""
    words = {"span": span, "day_name": day_name, "short_day": short_day, "meeting_kinds": MEETING_KINDS}
    state.app.jinja_env.globals.update(words, copenhagen=clock.COPENHAGEN)


@blueprint.get("/moede")
@public
def choose():
    """Show the kinds of meetings; with `slags` its free times, from the week of `uge` on."""
    return _choose(request.args.to_dict(), None)


@blueprint.post("/moede")
@limiter.limit("30 per minute")
@guesses
@public
def choose_for_case():
    """The same with the number and code of a case, which the meeting will be about."""
    try:
        case = moede_form.opened(request.form)
    except InvalidInput as error:
        return _kinds({}, None, str(error)), 404
    return _choose(request.form.to_dict(), case)


@blueprint.post("/moede/tid")
@limiter.limit("30 per minute; 120 per hour")
@guesses
@public
def hold():
    """Hold the chosen time and go on to the form, or show the times again when it is gone."""
    given, now = request.form.to_dict(), clock.now()
    start, visit = moede_form.chosen(given), _visit(given)
    try:
        case = moede_form.opened(given)
    except InvalidInput as error:
        return _kinds({}, None, str(error)), 404
    try:
        if start is None or given.get("slags") not in MEETING_KINDS:
            raise InvalidInput("Vælg en tid.")
        with session() as db, db.begin():
            held = meeting_visit.hold(db, visit, given["slags"], start, now, case=case and db.get(Case, case.id))
    except SlotTaken as error:
        return _choose(given, case, str(error)), 409
    except InvalidInput as error:
        return _choose(given, case, str(error)), 422
    return redirect(url_for("moede.details", code=held.code), 303)


@blueprint.post("/moede/andre-tider")
@limiter.limit("30 per minute")
@public
def let_go():
    """Let a held time go and show the times again. One about a case is kept until another is chosen: the case goes
    with it."""
    with session() as db, db.begin():
        held = meeting_visit.held(db, request.form.get("held", ""))
        where = {"slags": held.kind, "uge": held.day.isoformat()} if held else {}
        if held and held.case_id:
            where["besoeg"] = meeting_visit.visit_of(held)
        elif held:
            meetings.release(db, held.code, clock.now())
    return redirect(url_for("moede.choose", **where), 303)


@blueprint.get("/moede/bestil/<code>")
@public
def details(code: str):
    """Show the form for the time held; one that is booked already shows the meeting."""
    with reading() as db:
        held = meeting_visit.held(db, code)
        if held is not None:
            notices.refuse_if_off(db, PART, clock.now())
            return _details(db, held.kind, held.start_at, held, {"submission": str(uuid.uuid4())})
        try:
            return redirect(url_for("own_meeting.show", code=meetings.find(db, code).code), 303)
        except NotFound:
            return render_template("moede/gone.html"), 404


@blueprint.post("/moede/bestil")
@blueprint.post("/moede/bestil/<code>")
@limiter.limit("20 per minute")
@guesses
@public
def book(code: str | None = None):
    """Book, and go on to the receipt; or show the form again, with what is wrong or with other times.

    `step` says what else is wanted: `mere` holds the time longer, `tider` shows later times than those offered.
    """
    given = {**request.form.to_dict(), **moede_form.typed(request.form)}
    kind = given.get("slags", "")
    if kind not in MEETING_KINDS:
        return _kinds({}, None, "Vælg, hvordan du vil mødes."), 422
    step = given.pop("step", "")
    if step == "mere":
        with session() as db, db.begin():
            longer = meeting_visit.extend(db, code or "", clock.now())
            held = longer or meeting_visit.held(db, code or "")
            return _details(db, kind, moede_form.chosen(given), held, given, note="mere" if longer else "ikke_mere")
    if step == "tider":
        return _offer(kind, given, "", day_in(given.get("uge", "")))
    start = moede_form.own_meeting_start(given) if kind == "bisidder" else moede_form.chosen(given)
    try:
        booked = _book(kind, start, given, code)
    except SlotTaken as error:
        if kind == "bisidder":
            return _again(kind, None, code, given, {"time": str(error)}), 409
        return _offer(kind, given, str(error), start and start.date()), 409
    except SwitchedOff:
        notices.forget()  # it may have been turned off this very second
        return _again(kind, start, code, given, {}, kept=PART), 503
    except InvalidInput as error:
        problems = error.fields or {"start": str(error)}
        if kind == "bisidder" and "start" in problems:
            problems["time"] = problems.pop("start")
        return _again(kind, start, code, given, problems), 404 if "reference" in problems else 422
    return redirect(url_for("moede.receipt", code=booked.code), 303)


@blueprint.post("/moede/find")
@limiter.limit("20 per minute")
@guesses
@public
def find():
    """Show the meeting a code from a receipt opens."""
    try:
        with reading() as db:
            code = meetings.find(db, request.form.get("code", "").strip()).code
    except NotFound:
        return _kinds({}, None, problem_at_code=True), 404
    return redirect(url_for("own_meeting.show", code=code), 303)


@blueprint.get("/moede/<code>/kvittering")
@public
def receipt(code: str):
    """Show what has been booked, on a page for the printer: nothing personal."""
    with reading() as db:
        found = meetings.find(db, code)
        return render_template(
            "moede/receipt.html",
            meeting=found,
            kind=availability.kind_of(db, found.kind),
            address=_address(found),
            mails=current().smtp is not None,
        )


def _address(found: Appointment) -> str:
    base = (current().public_url or request.host_url).rstrip("/")
    return base + url_for("own_meeting.show", code=found.code, stor=None)


def _book(kind: str, start: datetime | None, given: dict, code: str | None) -> Appointment:
    now, submission = clock.now(), moede_form.submission(given)
    problems, opened = {}, None
    try:
        opened = moede_form.opened(given)
    except InvalidInput as error:
        problems = error.fields
    with session() as db, db.begin():
        held = meeting_visit.held(db, code) if code else None
        case = db.get(Case, opened.id) if opened else held.case if held else None
        wish = moede_form.read(given, kind, start, case, problems)
        keep = held.code if held and (held.kind, held.start_at) == (wish.kind, wish.start) else None
        if held and not keep:
            meetings.release(db, held.code, now)
        return meetings.book(db, wish, now, held=keep, submission=submission)


def _choose(given: dict, case: Case | None, problem: str = ""):
    kind = given.get("slags", "")
    with reading() as db:
        notices.refuse_if_off(db, PART, clock.now())
        known = {k.kind: k for k in availability.kinds(db) if k.open}
        if kind not in known:
            return _kinds(given, case, problem)
        if kind == "bisidder":
            return _details(db, kind, None, None, {"submission": str(uuid.uuid4()), **_keys(given, case)}, case=case)
        visit = _visit(given)
        own = meeting_visit.of_visit(db, visit)
        found = times(db, kind, day_in(given.get("uge", "")), clock.today(), clock.now(), ignore=own)
        return render_template(
            "moede/times.html",
            about_case=bool(case or (own and own.case_id)),
            kind=known[kind],
            times=found,
            case=case,
            keys=_keys(given, case),
            visit=visit,
            problem=problem,
        )


def _kinds(given: dict, case: Case | None, problem: str = "", *, problem_at_code: bool = False):
    with reading() as db:
        return render_template(
            "moede/kinds.html",
            kinds=[k for k in availability.kinds(db) if k.open],
            away=availability.next_absence(db, clock.today()),
            today=clock.today(),
            case=case,
            keys=_keys(given, case),
            problem=problem,
            problem_at_code=problem_at_code,
        )


def _keys(given: dict, case: Case | None) -> dict[str, str]:
    return {name: given.get(name, "") for name in ("reference", "code")} if case else {}


def _visit(given: dict) -> str:
    return submission_in(given.get("besoeg")) or str(uuid.uuid4())


def _details(db, kind: str, start, held: Appointment | None, given: dict, **more):
    """Show the form: for the time held, for one that is not held any more (`start`), or for other times (`times`)."""
    now = clock.now()
    return render_template(
        "moede/details.html",
        kind=availability.kind_of(db, kind),
        start=held.start_at if held else start,
        held=held,
        is_held=meeting_visit.is_held(held, now),
        needs=moede_form.needs_of(kind),
        channels=CONTACT_CHANNELS,
        given=given,
        today=clock.today(),
        mails=current().smtp is not None,
        **{"problems": {}, "times": None, "note": "", "lost": "", "case": held.case if held else None, **more},
    )


def _again(kind: str, start: datetime | None, code: str | None, given: dict, problems: dict[str, str], **more):
    """Show the form with what is wrong. Who corrects a mistake gets her time held anew."""
    with session() as db, db.begin():
        held = meeting_visit.extend(db, code, clock.now()) or meeting_visit.held(db, code) if code else None
        if "start" in problems and kind != "bisidder":
            return _with_times(db, kind, given, problems, start and start.date(), "")
        return _details(db, kind, start, held, given, problems=problems, **more)


def _offer(kind: str, given: dict, problem: str, day):
    with reading() as db:
        return _with_times(db, kind, given, {}, day, problem)


def _with_times(db, kind: str, given: dict, problems: dict, day, problem: str):
    found = times(db, kind, day, clock.today(), clock.now())
    return _details(db, kind, None, None, given, problems=problems, times=found, lost=problem)
