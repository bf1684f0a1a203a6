"""The adviser's queue: the list with its filters and search, saved views, and the list as a file."""

from __future__ import annotations

from flask import Response, abort, flash, g, redirect, render_template, request, stream_with_context, url_for

from casework import clock, exports, queue, queue_views
from casework.db import reading, session
from casework.enums import OPEN_STATUSES
from casework.errors import InvalidInput, NotFound
from casework.queue_filters import Filters, options
from casework.urgency import priority_now
from web.access import RANK, staff_only
from web.console import blueprint

PIECE = 64 * 1024


@blueprint.get("/", endpoint="queue")
@staff_only("reader")
def cases():
    """Show the queue: what expires first comes first, with why."""
    return _list(request.args)


@blueprint.post("/visninger")
@staff_only("reader")
def save_view():
    """Keep the filters of the list under a name."""
    filters, wrong = Filters.read(request.form)
    if wrong:
        return _list(request.form)
    name = request.form.get("name", "")
    try:
        with session() as db, db.begin():
            queue_views.save(db, name, filters, g.actor, clock.now())
    except InvalidInput as error:
        return _list(request.form, view_error=str(error), view_name=name)
    flash("Visningen er gemt.", "success")
    return redirect(url_for("console.queue", **filters.written()))


@blueprint.post("/visninger/<int:number>/slet")
@staff_only("reader")
def delete_view(number: int):
    """Delete one of one's own views."""
    try:
        with session() as db, db.begin():
            queue_views.remove(db, number, g.actor)
        flash("Visningen er slettet.", "success")
    except NotFound as error:
        flash(str(error), "info")
    return redirect(url_for("console.queue"))


@blueprint.post("/eksport")
@staff_only("adviser")
def export():
    """Return the filtered list as a file; that it was taken is logged, with the filters and the cases."""
    form = request.form.get("form", "")
    if form not in exports.FORMS:
        abort(400)
    filters, wrong = Filters.read(request.form)
    if wrong:
        return _list(request.form)
    try:
        with session() as db, db.begin():
            ids = exports.begin(db, filters, form, g.actor, clock.today(), clock.now())
    except InvalidInput as error:
        return _list(request.form, export_error=str(error))
    headers = {"Content-Disposition": f'attachment; filename="sager-{clock.today().isoformat()}.{form}"'}
    pieces = {"csv": _csv, "xlsx": _xlsx}[form](ids)
    return Response(stream_with_context(pieces), content_type=exports.FORMS[form], headers=headers)


def _csv(ids: list[int]):
    with reading() as db:
        yield from exports.as_csv(db, ids, clock.today())


def _xlsx(ids: list[int]):
    with reading() as db, exports.as_xlsx(db, ids, clock.today()) as file:
        while piece := file.read(PIECE):
            yield piece


def _list(given, *, view_error: str = "", view_name: str = "", export_error: str = ""):
    """Show the list, or what is wrong with the filters and no list."""
    filters, wrong = Filters.read(given)
    shown = None
    with reading() as db:
        if not wrong:
            shown = queue.page(db, filters, g.actor, clock.today(), after=given.get("efter"), before=given.get("foer"))
        body = render_template(
            "console/queue.html",
            shown=shown,
            wrong=wrong,
            given=given if wrong else filters.written(),
            filters=filters,
            options=options(),
            chosen=filters.written(),
            open_now=queue.open_count(db),
            unread_now=queue.unread_count(db, g.actor),
            counted=queue.COUNTED,
            page_size=queue.PAGE_SIZE,
            views=queue_views.views_of(db, g.actor),
            view_error=view_error,
            view_name=view_name,
            export_error=export_error,
            may_export=RANK[g.actor.role] >= RANK["adviser"],
            open_statuses=OPEN_STATUSES,
            priority_now=priority_now,
            today=clock.today(),
            further=bool(given.get("efter") or given.get("foer")),
        )
    return body, 422 if wrong or view_error or export_error else 200
