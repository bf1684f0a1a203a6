"""How the adviser wants her calendar: hours and rules of each kind, days that differ, absence, other calendars."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from urllib.parse import urljoin

from flask import abort, flash, g, redirect, render_template, request, url_for

from casework import availability, busy, clock, feeds, meetings
from casework.db import reading, session
from casework.errors import CaseworkError, InvalidInput, NotFound
from web.access import staff_only
from web.kalender import blueprint, shared_words
from web.kalender_times import day_in, number_in, periods_in, time_in

WEEKDAYS = ("Mandag", "Tirsdag", "Onsdag", "Torsdag", "Fredag", "Lørdag", "Søndag")
NUMBERS = ("minutes", "step_minutes", "lead_hours", "ahead_days", "buffer_before", "buffer_after", "daily_most")
SHOWN_AHEAD = timedelta(days=400)


@blueprint.get("/indstillinger")
@staff_only("adviser")
def hours():
    """Show when each kind of meeting can be had, and the rules of it."""
    with reading() as db:
        kinds = availability.kinds(db)
        body = render_template(
            "kalender/tider.html",
            kinds=kinds,
            written={k.kind: _by_weekday(db, k.kind) for k in kinds},
            weekdays=WEEKDAYS,
            **shared_words(),
        )
    return body


@blueprint.get("/indstillinger/<kind>")
@staff_only("adviser")
def one_kind(kind: str):
    """Show the form of one kind."""
    return _kind_form(kind)


@blueprint.post("/indstillinger/<kind>")
@staff_only("adviser")
def save_kind(kind: str):
    """Keep the rules and hours of one kind, all of them or none."""
    given = request.form.to_dict()
    problems: dict[str, str] = {}
    values = {"open": given.get("open") == "ja", "place": given.get("place", "")}
    for name in NUMBERS:
        values[name] = number_in(given.get(name, "").strip())
        if values[name] is None:
            problems[name] = "Skriv et helt tal."
    periods = []
    for weekday in range(7):
        try:
            periods += [(weekday, start, end) for start, end in periods_in(given.get(f"hours{weekday}", ""))]
        except InvalidInput as error:
            problems[f"hours{weekday}"] = f"{WEEKDAYS[weekday]}: {error}"
    try:
        with session() as db, db.begin():
            availability.kind_of(db, kind)
            for save in () if problems else (availability.save_kind, availability.set_hours):
                try:
                    save(db, kind, **values) if save is availability.save_kind else save(db, kind, periods)
                except InvalidInput as error:
                    problems |= error.fields or {"hours": str(error)}
            if problems:
                raise InvalidInput(fields=problems)
    except InvalidInput as error:
        if not problems:  # there is no such kind
            abort(404)
        return _kind_form(kind, given, error.fields)
    flash("Åbningstiderne er gemt. Møder, der allerede er aftalt, er ikke ændret.", "success")
    return redirect(url_for("kalender.hours"))


def _kind_form(kind: str, given: dict | None = None, problems: dict | None = None):
    with reading() as db:
        try:
            found = availability.kind_of(db, kind)
        except CaseworkError:
            abort(404)
        if given is None:
            written = _by_weekday(db, kind)
            given = {name: getattr(found, name) for name in (*NUMBERS, "place")} | {"open": "ja" if found.open else ""}
            given |= {f"hours{weekday}": written[weekday] for weekday in range(7)}
        body = render_template(
            "kalender/tid.html", kind=found, given=given, problems=problems or {}, weekdays=WEEKDAYS, **shared_words()
        )
    return body, 422 if problems else 200


def _by_weekday(db, kind: str) -> dict[int, str]:
    found = defaultdict(list)
    for period in availability.hours_of(db, kind):
        found[period.weekday].append(f"{period.start:%H.%M}-{period.end:%H.%M}")
    return defaultdict(str, {weekday: ", ".join(periods) for weekday, periods in found.items()})


@blueprint.get("/fravaer")
@staff_only("adviser")
def closed_days():
    """Show the adviser's absence and the days that differ, with forms to add to them."""
    return _closed_days()


@blueprint.post("/fravaer")
@staff_only("adviser")
def add_absence():
    """Note an absence, and say what is booked in it."""
    given = request.form.to_dict()
    try:
        first, last = _day(given, "first_day"), _day(given, "last_day")
        text, meanwhile = given.get("text", ""), given.get("meanwhile", "")
        with session() as db, db.begin():
            availability.add_absence(db, first, last, text, clock.today(), meanwhile=meanwhile)
            booked = _booked(db, first, last)
    except InvalidInput as error:
        return _closed_days(given, error, "fravaer")
    flash("Fraværet er gemt. Borgere kan ikke vælge de dage.", "success")
    _tell_of_booked(booked)
    return redirect(url_for("kalender.closed_days"))


@blueprint.post("/fravaer/<int(max=2147483647):number>/fjern")
@staff_only("adviser")
def remove_absence(number: int):
    """Take an absence away again."""
    return _removed(availability.remove_absence, number, "Fraværet er fjernet.")


@blueprint.post("/dage")
@staff_only("adviser")
def add_exception():
    """Note that one day differs."""
    given = request.form.to_dict()
    try:
        day = _day(given, "day")
        values = {"open": given.get("open") == "ja", "kind": given.get("kind") or None, "note": given.get("note", "")}
        values |= {name: _time(given, name) for name in ("start", "end")}
        with session() as db, db.begin():
            availability.add_exception(db, day, clock.today(), **values)
            booked = 0 if values["open"] else _booked(db, day, day)
    except InvalidInput as error:
        return _closed_days(given, error, "dag")
    flash("Dagen er gemt.", "success")
    _tell_of_booked(booked)
    return redirect(url_for("kalender.closed_days"))


@blueprint.post("/dage/<int(max=2147483647):number>/fjern")
@staff_only("adviser")
def remove_exception(number: int):
    """Let a day be like its weekday again."""
    return _removed(availability.remove_exception, number, "Dagen er igen som andre dage.")


def _removed(remove, number: int, said: str):
    try:
        with session() as db, db.begin():
            remove(db, number)
        flash(said, "success")
    except NotFound as error:
        flash(str(error), "info")
    return redirect(url_for("kalender.closed_days"))


def _closed_days(given: dict | None = None, error: InvalidInput | None = None, which: str = ""):
    today = clock.today()
    with reading() as db:
        body = render_template(
            "kalender/fravaer.html",
            absences=availability.absences(db, today),
            exceptions=availability.exceptions(db, today, today + SHOWN_AHEAD),
            given=given or {},
            which=which,
            problems=(error.fields or {"text" if which == "fravaer" else "day": str(error)}) if error else {},
            **shared_words(),
        )
    return body, 422 if error else 200


def _booked(db, first: date, last: date) -> int:
    """Return how many meetings are asked for or agreed on those days."""
    return sum(a.status in ("anmodet", "aftalt") for a in meetings.between(db, first, last))


def _tell_of_booked(count: int) -> None:
    if count:
        what = "1 møde" if count == 1 else f"{count} møder"
        flash(f"Der ligger {what} i den tid. Flyt eller aflys; borgerne får ikke besked før da.", "info")


def _day(given: dict, name: str) -> date:
    day, wrong = day_in(given.get(name, ""), None)
    if day is None:
        raise InvalidInput(fields={name: wrong or "Skriv datoen."})
    return day


def _time(given: dict, name: str):
    if not given.get(name, "").strip():
        return None
    try:
        return time_in(given[name])
    except InvalidInput as error:
        raise InvalidInput(fields={name: str(error)}) from None


@blueprint.get("/andre-kalendere")
@staff_only("adviser")
def connections():
    """Show the calendars that are read, and one's own subscriptions to this one."""
    return _connections()


@blueprint.post("/andre-kalendere")
@staff_only("adviser")
def connect():
    """Add a calendar to be read, and read it at once, so that it is known whether the address is right."""
    given = request.form.to_dict()
    try:
        with session() as db, db.begin():
            number = busy.add(db, given.get("name", ""), given.get("address", "")).id
    except InvalidInput as error:
        return _connections(given, error)
    _fetch(number)
    return redirect(url_for("kalender.connections"))


@blueprint.post("/andre-kalendere/<int(max=2147483647):number>/<verb>")
@staff_only("adviser")
def change_connection(number: int, verb: str):
    """Fetch a calendar now, or read it no more."""
    if verb not in ("hent", "fjern"):
        abort(404)
    try:
        if verb == "hent":
            _fetch(number)
        else:
            with session() as db, db.begin():
                busy.remove(db, number)
            flash("Kalenderen er fjernet, og dens tider er glemt.", "success")
    except NotFound as error:
        flash(str(error), "info")
    return redirect(url_for("kalender.connections"))


def _fetch(number: int) -> None:
    if busy.refresh(number, clock.now()):
        flash("Kalenderen er hentet. Tiderne i den bliver ikke tilbudt borgere.", "success")
    else:
        flash("Kalenderen kunne ikke hentes. Se hvorfor herunder.", "error")


@blueprint.post("/abonnement")
@staff_only("adviser")
def subscribe():
    """Make an address for one's own calendar program and show it, this once; the one before it ends."""
    with session() as db, db.begin():
        token = feeds.create(db, g.actor.staff_id, clock.now())
    return _connections(address=urljoin(request.host_url, feeds.address(token)))


@blueprint.post("/abonnement/luk")
@staff_only("adviser")
def unsubscribe():
    """End one's own address."""
    with session() as db, db.begin():
        ended = feeds.revoke(db, g.actor.staff_id, clock.now())
    flash("Adressen er lukket. Den viser ikke møder længere." if ended else "Du har ingen åben adresse.", "success")
    return redirect(url_for("kalender.connections"))


def _connections(given: dict | None = None, error: InvalidInput | None = None, *, address: str = ""):
    with reading() as db:
        body = render_template(
            "kalender/andre.html",
            calendars=busy.calendars(db),
            told=busy.told,
            feed=feeds.active(db, g.actor.staff_id),
            address=address,
            given=given or {},
            problems=error.fields if error else {},
            every=int(busy.EVERY.total_seconds() // 60),
            **shared_words(),
        )
    return body, 422 if error else 200
