"""The staff console: the queue and one case."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from casework import cases, clock
from casework.db import reading, session
from casework.errors import InvalidInput, InvalidState
from casework.taxonomy import centres_in, taxonomy
from web.access import staff_only

blueprint = Blueprint("console", __name__, url_prefix="/personale")


@blueprint.get("/")
@staff_only("reader")
def queue():
    """Show the queue: what expires first comes first."""
    filters = {
        "status": request.args.get("status", "aabne"),
        "priority": request.args.get("priority", ""),
        "unit": request.args.get("unit", ""),
        "q": request.args.get("q", "").strip(),
    }
    page = max(request.args.get("page", 1, type=int), 1)
    with reading() as db:
        found, total = cases.queue(
            db,
            status=None if filters["status"] == "alle" else filters["status"],
            priority=filters["priority"] or None,
            unit=filters["unit"] or None,
            q=filters["q"] or None,
            page=page,
        )
        open_now = cases.open_count(db)
    return render_template(
        "console/queue.html",
        cases=found,
        total=total,
        filters=filters,
        page=page,
        open_now=open_now,
        pages=(total + cases.PAGE_SIZE - 1) // cases.PAGE_SIZE,
        today=clock.today(),
        soon=clock.today() + timedelta(days=3),
        units=taxonomy()["units"],
    )


@blueprint.get("/sager/<reference>")
@staff_only("reader")
def case(reference: str):
    """Show one case; that it was seen is logged."""
    with session() as db, db.begin():
        found = cases.read(db, reference, g.actor, clock.now())
        shown = cases.full_json(db, found)
        return render_template(
            "console/case.html",
            case=found,
            shown=shown,
            events=found.events,
            reads=cases.reads_of(db, found),
            taxonomy=taxonomy(),
            centres=centres_in(found.created_at.year),
            today=clock.today(),
        )


@blueprint.post("/sager/<reference>/<verb>")
@staff_only("adviser")
def act(reference: str, verb: str):
    """Take a case, add a note to it, or close it."""
    verbs = {"tag": _take, "notat": _note, "afslut": _close}
    if verb not in verbs:
        abort(404)
    try:
        with session() as db, db.begin():
            flash(verbs[verb](db, reference), "success")
    except (InvalidState, InvalidInput) as error:
        flash(str(error), "error")
    return redirect(url_for("console.case", reference=reference))


def _take(db, reference: str) -> str:
    cases.take(db, reference, g.actor, clock.now())
    return "Du har taget sagen."


def _note(db, reference: str) -> str:
    cases.note(db, reference, request.form.get("text", ""), g.actor, clock.now())
    return "Notatet er gemt."


def _close(db, reference: str) -> str:
    cases.close(
        db,
        reference,
        g.actor,
        clock.now(),
        cause=request.form.get("cause", ""),
        handling=request.form.get("handling", ""),
        center=request.form.get("center", ""),
    )
    return "Sagen er afsluttet."
