"""What is kept how long: the administrator's page, and the mark that keeps a case or a conversation longer."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from casework import clock, retention
from casework.db import reading, session
from casework.enums import RETENTION_KINDS
from casework.errors import InvalidInput
from web.access import staff_only
from web.signed_in import own_page

blueprint = Blueprint("retention", __name__, url_prefix="/personale/opbevaring")


@blueprint.get("/")
@staff_only("administrator")
def overview():
    """Show what is kept, what would go now, the last clearings and what is preserved."""
    with reading() as db:
        return render_template(
            "retention/overview.html",
            due=retention.preview(db, clock.now()),
            kept=retention.kept(),
            runs=retention.runs(db),
            preserved=retention.preserved(db),
            kinds=RETENTION_KINDS,
        )


@blueprint.post("/bevar")
@staff_only("adviser")
def preserve():
    """Keep a case or a conversation longer, or lift it; back to the page it was asked on."""
    kind, key = request.form.get("kind", ""), request.form.get("key", "")
    try:
        with session() as db, db.begin():
            if request.form.get("til") == "ja":
                retention.preserve(db, kind, key, request.form.get("reason", ""), g.actor, clock.now())
                flash("Bliver bevaret, til nogen ophæver det.", "success")
            else:
                retention.release(db, kind, key, g.actor, clock.now())
                flash("Bevaringen er ophævet.", "success")
    except InvalidInput as error:
        flash(str(error), "error")
    return redirect(own_page(request.form.get("back")) or url_for("console.queue"))
