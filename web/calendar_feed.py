"""The meetings as a subscription for the calendar program of a staff member."""

from __future__ import annotations

from flask import Blueprint, Response, request

from casework import clock, feeds
from casework.db import session
from web.access import public
from web.limits import limiter

blueprint = Blueprint("calendar_feed", __name__)


def _unknown(response: Response) -> bool:
    return response.status_code == 404


@blueprint.get("/kalender/<token>.ics")
@limiter.limit("60 per minute")
@limiter.limit("10 per minute; 60 per hour", deduct_when=_unknown)
@public
def feed(token: str):
    """Return the calendar behind a token; its address is the only key to it. No cache but the reader's own keeps it."""
    with session() as db, db.begin():
        content = feeds.read(db, token, clock.now())
    response = Response(content, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = 'inline; filename="moeder.ics"'
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.add_etag()
    return response.make_conditional(request)
