"""A meeting behind its code: see it, move it, cancel it, take it into a calendar. Nothing of whose it is.

Whoever has the link has the meeting, so the pages are kept out of caches, search engines and the addresses other sites
are told (see web/__init__.py).
"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from casework import availability, clock, meeting_ics, meetings
from casework.db import reading, session
from casework.errors import InvalidInput, InvalidState, SlotTaken
from casework.models_meetings import Appointment
from web import moede_form
from web.access import public
from web.limits import limiter
from web.moede_times import day_in, times

blueprint = Blueprint("own_meeting", __name__, url_prefix="/moede/<code>")
OPEN = ("anmodet", "aftalt")
DONE = ("flyttet", "aflyst", "svaret")


@blueprint.after_request
def _private(response: Response) -> Response:
    """Keep the pages out of caches and search engines."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("")
@public
def show(code: str):
    """Show kind, time, place and where it stands, and what can be done."""
    with reading() as db:
        return _show(db, meetings.find(db, code))


@blueprint.get("/kalender.ics")
@public
def calendar(code: str):
    """Return the meeting for the citizen's own calendar; a newer file replaces the entry of an older one."""
    with reading() as db:
        found = meetings.find(db, code)
        file, name = meeting_ics.event(found, clock.now()), meeting_ics.file_name(found)
    return Response(
        file,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.get("/flyt")
@public
def other_times(code: str):
    """Show the times it can be moved to, from the week of `uge` on."""
    with reading() as db:
        return _times(db, meetings.find(db, code), day_in(request.args.get("uge", "")))


@blueprint.post("/flyt")
@limiter.limit("30 per minute")
@public
def move(code: str):
    """Ask whether the new time is right, and move the meeting when it is (`sikker=ja`)."""
    with reading() as db:
        found = meetings.find(db, code)
        start = moede_form.own_meeting_start(request.form) if found.kind == "bisidder" else None
        start = start or moede_form.chosen(request.form)
        if start is None:
            return _times(db, found, None, "Vælg en ny tid."), 422
        if request.form.get("sikker") != "ja":
            return _sure(found, start)
    try:
        with session() as db, db.begin():
            meetings.move(db, meetings.find(db, code), start, clock.now(), seen=_seen())
    except (SlotTaken, InvalidInput) as error:
        with reading() as db:
            return _times(db, meetings.find(db, code), start.date(), str(error)), _status(error)
    except InvalidState as error:
        with reading() as db:
            return _show(db, meetings.find(db, code), problem=str(error)), 409
    return redirect(url_for("own_meeting.show", code=code, nu="flyttet"), 303)


@blueprint.get("/aflys")
@public
def ask_cancel(code: str):
    """Ask whether the citizen is sure."""
    with reading() as db:
        return _sure(meetings.find(db, code), None)


@blueprint.post("/aflys")
@limiter.limit("30 per minute")
@public
def cancel(code: str):
    """Cancel the meeting. Twice is once."""
    try:
        with session() as db, db.begin():
            meetings.cancel(db, meetings.find(db, code), clock.now(), seen=_seen())
    except InvalidState as error:
        with reading() as db:
            return _show(db, meetings.find(db, code), problem=str(error)), 409
    return redirect(url_for("own_meeting.show", code=code, nu="aflyst"), 303)


def _show(db: Session, found: Appointment, *, problem: str = ""):
    now = clock.now()
    return render_template(
        "moede/meeting.html",
        meeting=found,
        kind=availability.kind_of(db, found.kind),
        can_change=found.status in OPEN and found.start_at > now,
        over=found.start_at <= now,
        others=_others(db, found, now),
        done=request.args.get("nu") if request.args.get("nu") in DONE else "",
        problem=problem,
    )


def _others(db: Session, found: Appointment, now: datetime) -> list[datetime]:
    """Return the times the adviser has offered instead that are still to be had."""
    if found.status != "afvist":
        return []
    return [at for at in meetings.offers(found) if at > now]


def _times(db: Session, found: Appointment, wanted, problem: str = ""):
    own = found.kind == "bisidder"
    return render_template(
        "moede/move.html",
        meeting=found,
        kind=availability.kind_of(db, found.kind),
        times=None if own else times(db, found.kind, wanted, clock.today(), clock.now(), ignore=found),
        given=request.form,
        today=clock.today(),
        problem=problem,
    )


def _sure(found: Appointment, start: datetime | None):
    end = start + (found.end_at - found.start_at) if start else None
    return render_template("moede/sure.html", meeting=found, start=start, end=end)


def _seen() -> int | None:
    return request.form.get("version", type=int)


def _status(error: Exception) -> int:
    return 409 if isinstance(error, SlotTaken) else 422
