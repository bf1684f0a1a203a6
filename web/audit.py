"""The log, as an administrator reads it: who saw or changed which case, who signed in, and a citizen's own list."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, g, render_template, request

from casework import audit, clock
from casework.db import reading, session
from casework.errors import InvalidInput, NotFound
from casework.privacy import clean
from web.access import staff_only

blueprint = Blueprint("audit", __name__, url_prefix="/personale/log")
SHOWN = {"sager": "Sager", "login": "Login og konti"}


@blueprint.get("/")
@staff_only("administrator")
def page():
    """Show who saw or changed which case, or who signed in; by person, case and period."""
    return _page()


@blueprint.get("/udtraek")
@staff_only("administrator")
def export():
    """Give the log of one case, or of all cases of one citizen, as a file; that it was made is logged."""
    reference, scope = clean(request.args.get("sag", "")).upper(), request.args.get("omfang", "sag")
    try:
        with session() as db, db.begin():
            found = audit.of_case(db, reference, scope, g.actor, clock.now())
    except (NotFound, InvalidInput) as error:
        return _page(export_error=str(error), status=404 if isinstance(error, NotFound) else 422)
    name = f"log-{reference}-{scope}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(audit.as_csv(found), content_type="text/csv; charset=utf-8", headers=headers)


def _page(export_error: str | None = None, status: int = 200):
    given = {name: clean(request.args.get(name, ""))[:40] for name in ("hvem", "sag", "fra", "til", "vis")}
    number, error, found, total = max(request.args.get("page", 1, type=int), 1), None, [], 0
    shown = given["vis"] if given["vis"] in SHOWN else "sager"
    with reading() as db:
        people = audit.people(db)
        try:
            filters = audit.Filters(given["hvem"], given["sag"], _day(given["fra"]), _day(given["til"]))
            if filters.first and filters.last and filters.first > filters.last:
                raise InvalidInput("Perioden slutter, før den begynder. Byt om på datoerne.")
            read = audit.lines if shown == "sager" else audit.access_events
            found, total = read(db, filters, number)
        except InvalidInput as problem:
            error, status = str(problem), 422
    kept = {key: value for key, value in {**given, "vis": shown}.items() if value}
    body = render_template(
        "audit/page.html",
        found=found,
        total=total,
        number=number,
        pages=max(1, -(-total // audit.PAGE_SIZE)),
        given=given,
        shown=shown,
        tabs=SHOWN,
        kept=kept,
        people=people,
        scopes=audit.SCOPES,
        what_happened=audit.what_happened,
        error=error,
        export_error=export_error,
        reference=given["sag"],
    )
    return body, status


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise InvalidInput("Datoen kan ikke læses. Skriv den som 2026-11-23.") from None
