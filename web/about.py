"""Pages about the assistant itself: what it can and cannot, and how accessible it is."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for

from casework import accessibility_statement as accessible
from casework import clock
from casework.competence import grounds
from casework.taxonomy import taxonomy
from web.access import public

blueprint = Blueprint("about", __name__)


@blueprint.get("/hvad-kan-vejviseren")
@public
def can():
    """Tell what the assistant and the adviser can do and what not; areas and grounds are those in force."""
    found = {kind: [g for g in grounds() if g["within"] == kind] for kind in ("yes", "no", "unclear")}
    areas = [name for key, name in taxonomy()["omraader"].items() if key != "andet"]
    return render_template("about/can.html", grounds=found, areas=areas)


@blueprint.get("/tilgaengelighed")
@public
def accessibility():
    """Show the accessibility statement, and plainly what of it is not filled in yet."""
    found = accessible.statement()
    return render_template(
        "about/accessibility.html",
        statement=found,
        missing=accessible.missing(found),
        overdue=accessible.overdue(found, clock.today()),
        statuses=accessible.STATUSES,
        checked_by=accessible.CHECKED_BY,
        why=accessible.WHY,
    )


@blueprint.get("/was")
@public
def was():
    """Lead to the statement in WAS-Tool from the short address the authorities ask for; to our own page until then."""
    return redirect(accessible.statement()["was_url"] or url_for("about.accessibility"))
