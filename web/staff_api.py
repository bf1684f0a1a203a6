"""The staff API: cases as JSON for holders of a token."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, request

from casework import cases, clock
from casework.db import reading, session
from web.access import token_only
from web.limits import limiter

blueprint = Blueprint("staff_api", __name__, url_prefix="/api/staff")


@blueprint.get("/cases")
@limiter.limit("120 per minute")
@token_only("reader")
def list_cases():
    """Return one page of cases; filters status, priority, unit, q and page."""
    page = max(request.args.get("page", 1, type=int), 1)
    with reading() as db:
        found, total = cases.queue(
            db,
            status=request.args.get("status") or None,
            priority=request.args.get("priority") or None,
            unit=request.args.get("unit") or None,
            q=request.args.get("q") or None,
            page=page,
        )
        return jsonify(cases=[cases.as_json(c) for c in found], total=total, page=page, page_size=cases.PAGE_SIZE)


@blueprint.get("/cases/<reference>")
@limiter.limit("120 per minute")
@token_only("reader")
def one_case(reference: str):
    """Return one case whole; that it was read is logged."""
    with session() as db, db.begin():
        found = cases.read(db, reference, g.actor, clock.now())
        return jsonify(cases.full_json(db, found))
