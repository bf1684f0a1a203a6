"""Notices of service trouble, and the switches that turn the assistant, the hand-off or the booking off."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from casework import clock, notices
from casework.db import reading, session
from casework.enums import SERVICE_PARTS
from casework.errors import InvalidInput, InvalidState
from web.access import staff_only

blueprint = Blueprint("drift", __name__, url_prefix="/personale/drift")


@blueprint.get("/")
@staff_only("adviser")
def overview():
    """Show what is in force, the form of each part, and what has been done."""
    return _page()


@blueprint.post("/<any(opslag,bot,henvendelse,moede):part>")
@staff_only("adviser")
def act(part: str):
    """Put up the notice or turn the part off (`til=ja`), or end that (`til=nej`)."""
    given, begins = request.form.to_dict(), request.form.get("til") == "ja"
    seen = request.form.get("seen", type=int)
    try:
        with session() as db, db.begin():
            if begins:
                put_by = {"text": given.get("text", ""), "reason": given.get("reason", ""), "ends_at": _moment(given)}
                notices.put(db, part, g.actor, clock.now(), seen=seen, **put_by)
            else:
                notices.end(db, part, g.actor, clock.now(), reason=given.get("reason", ""), seen=seen)
    except InvalidInput as error:
        return _page(part, given, error.fields), 422
    except InvalidState as error:
        return _page(part, given, error=str(error)), 409
    flash(_told(part, begins), "success")
    return redirect(url_for("drift.overview"))


def _told(part: str, begins: bool) -> str:
    if part == "opslag":
        return "Driftsbeskeden står nu på borgernes sider." if begins else "Driftsbeskeden er taget ned."
    return f"{SERVICE_PARTS[part]} er {'slukket' if begins else 'tændt igen'}."


def _moment(given: dict) -> datetime | None:
    """Return when it ends by itself, as typed in Copenhagen. Raises InvalidInput with `fields`."""
    text = given.get("ends_at", "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.COPENHAGEN)
    except ValueError:
        raise InvalidInput(fields={"ends_at": "Vælg både dag og klokkeslæt, eller lad feltet stå tomt."}) from None


def _page(part: str = "", given: dict | None = None, problems: dict | None = None, error: str = ""):
    with reading() as db:
        return render_template(
            "drift/oversigt.html",
            now=notices.standing(db, clock.now()),
            numbers=notices.numbers(db),
            acts=notices.acts(db),
            parts=SERVICE_PARTS,
            part=part,
            given=given or {},
            problems=problems or {},
            error=error,
            most=notices.MOST_TEXT,
        )
