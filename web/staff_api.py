"""The staff API: cases as JSON for holders of a token."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, request

from casework import audit, case_json, cases, clock, queue
from casework.db import reading, session
from casework.errors import InvalidInput
from casework.queue_filters import Filters
from web.access import token_only
from web.limits import limiter

blueprint = Blueprint("staff_api", __name__, url_prefix="/api/staff")


@blueprint.get("/cases")
@limiter.limit("120 per minute")
@token_only("reader")
def list_cases():
    """Return one page of cases; filters status, priority, unit, q and page. That they were read is logged."""
    given = {name: request.args.get(name, "") for name in ("status", "priority", "unit", "q")}
    filters, wrong = Filters.read({**given, "status": given["status"] or "alle"})
    if wrong:
        name, words = next(iter(wrong.items()))
        raise InvalidInput(f"{name}: {words}")
    page = max(request.args.get("page", 1, type=int), 1)
    with reading() as db:
        found, total = queue.numbered(db, filters, g.actor, clock.today(), page)
        listed = [case_json.as_json(c, clock.today()) for c in found]
    with session() as db, db.begin():
        audit.seen(db, found, g.actor, clock.now())
    return jsonify(cases=listed, total=total, page=page, page_size=queue.PAGE_SIZE)


@blueprint.get("/cases/<reference>")
@limiter.limit("120 per minute")
@token_only("reader")
def one_case(reference: str):
    """Return one case whole; that it was read is logged."""
    with session() as db, db.begin():
        found = cases.read(db, reference, g.actor, clock.now())
        return jsonify(case_json.full_json(db, found, clock.today()))
