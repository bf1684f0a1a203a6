"""The annual figures on the staff pages: chosen by year or period, shown as tables, taken out as a file."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, abort, render_template, request, send_file

from casework import clock, figures_document
from casework.db import snapshot
from casework.errors import InvalidInput
from casework.figures import Period, period_of, years
from casework.figures_report import report
from casework.figures_tables import sections, title
from web.access import staff_only

blueprint = Blueprint("tal", __name__, url_prefix="/personale/tal")
FORMS = ("json", "docx")


@blueprint.get("/")
@staff_only("reader")
def page():
    """Show the figures of the year or the period asked for; of this year when nothing is."""
    given = {name: request.args.get(name, "").strip() for name in ("aar", "fra", "til")}
    problems, shown = {}, None
    with snapshot() as db:
        known = years(db, clock.today())
        if not any(given.values()):
            given["aar"] = str(known[0])
        try:
            shown = report(db, _period(given), clock.today())
        except InvalidInput as error:
            names = {"year": "aar", "first": "fra", "last": "til"}
            problems = {names[name]: text for name, text in error.fields.items()}
    body = render_template(
        "tal/side.html",
        given=given,
        problems=problems,
        years=known,
        title=title(shown) if shown else "",
        sections=sections(shown) if shown else [],
        made=clock.today(),
    )
    return body, 422 if problems else 200


@blueprint.get("/fil")
@staff_only("reader")
def file():
    """Return the same figures as JSON or Word; 400 for what the page does not offer."""
    form = request.args.get("form", "")
    if form not in FORMS:
        abort(400)
    try:
        period = _period(request.args)
    except InvalidInput:
        abort(400)
    with snapshot() as db:
        told = report(db, period, clock.today())
    content, name = figures_document.write(told, form), figures_document.file_name(told, form)
    return send_file(BytesIO(content), figures_document.FORMS[form], as_attachment=True, download_name=name)


def _period(given) -> Period:
    return period_of(given.get("aar"), given.get("fra"), given.get("til"), clock.today())
