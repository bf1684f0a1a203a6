"""A deadline as a calendar file."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, request

from casework import clock
from casework.errors import InvalidInput
from casework.ics import deadline_event
from web.access import public
from web.errors import BadRequest

blueprint = Blueprint("ics", __name__)


@blueprint.get("/frist.ics")
@public
def deadline():
    """Return the deadline of kind `slags` on the day `dato` for the citizen's own calendar."""
    kind = request.args.get("slags", "")
    try:
        day = date.fromisoformat(request.args.get("dato", ""))
    except ValueError:
        raise BadRequest(400, "Datoen mangler eller kan ikke læses. Den skal se ud som 2026-12-21.") from None
    try:
        file = deadline_event(kind, day, clock.now())
    except InvalidInput as error:
        raise BadRequest(400, str(error)) from None
    name = f"frist-{kind.replace('_', '-')}-{day.isoformat()}.ics"
    return Response(
        file,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
