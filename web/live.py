"""Live: staff answer a citizen in the chat. The page asks for news by itself; without a script there is a button."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from casework import clock, conversations, live
from casework.db import reading, session
from casework.errors import InvalidInput, InvalidState
from casework.settings import current
from web.access import staff_only

blueprint = Blueprint("live", __name__, url_prefix="/personale/chat")


@blueprint.get("/")
@staff_only("adviser")
def overview():
    """List who waits and which conversations a person is in; looking renews one's own open chat."""
    with session() as db, db.begin():
        live.still_there(db, g.actor.staff_id, clock.now())
        return render_template(
            "live/list.html",
            waiting=[(c, _latest(db, c)) for c in live.waiting(db, clock.now())],
            held=[(c, _latest(db, c)) for c in live.held_by_staff(db)],
            is_open=live.is_open(db, g.actor.staff_id, clock.now()),
            minutes=int(live.OPEN_FOR.total_seconds() // 60),
            now=clock.now(),
        )


@blueprint.post("/<any(aaben,luk):state>")
@staff_only("adviser")
def switch(state: str):
    """Open or close one's own chat."""
    with session() as db, db.begin():
        if state == "aaben":
            live.open_chat(db, g.actor.staff_id, clock.now())
            flash("Borgere kan nu vælge at skrive med dig.", "success")
        else:
            live.close_chat(db, g.actor.staff_id)
            flash("Chatten er lukket. Borgere kan stadig sende deres sag.", "success")
    return redirect(url_for("live.overview"))


@blueprint.get("/<uuid:conversation_id>")
@staff_only("adviser")
def conversation(conversation_id):
    """Show one conversation, masked, with a field to write in for the person who has it; that it was seen is logged."""
    with session() as db, db.begin():
        live.still_there(db, g.actor.staff_id, clock.now())
        found = live.read(db, str(conversation_id), g.actor, clock.now())
        return render_template(
            "live/conversation.html",
            conversation=found,
            turns=conversations.transcript(db, found.id),
            mine=found.staff_id == g.actor.staff_id,
        )


@blueprint.post("/<uuid:conversation_id>/<verb>")
@staff_only("adviser")
def act(conversation_id, verb: str):
    """Take the conversation, write in it, or give it back to the assistant."""
    verbs = {"tag": _join, "skriv": _say, "giv-tilbage": _hand_back}
    if verb not in verbs:
        abort(404)
    target = url_for("live.conversation", conversation_id=conversation_id)
    try:
        with session() as db, db.begin():
            target = verbs[verb](db, str(conversation_id)) or target
    except (InvalidState, InvalidInput) as error:
        flash(str(error), "error")
    return redirect(target)


@blueprint.get("/<uuid:conversation_id>/nyt")
@staff_only("adviser")
def news(conversation_id):
    """Return the conversation's turns as a piece of HTML, for the script of a page that has been opened and logged."""
    signed_in_at_most = timedelta(hours=current().session_hours)
    with reading() as db:
        found = live.find(db, str(conversation_id))
        if not live.has_opened(db, found.id, g.actor, clock.now() - signed_in_at_most):
            abort(404)
        return render_template("live/turns.html", turns=conversations.transcript(db, found.id))


def _join(db, conversation_id: str) -> None:
    live.join(db, conversation_id, g.actor, clock.now())


def _say(db, conversation_id: str) -> None:
    live.say(db, conversation_id, request.form.get("text", ""), g.actor, clock.now())


def _hand_back(db, conversation_id: str) -> str:
    live.hand_back(db, conversation_id, g.actor, clock.now())
    flash("Assistenten svarer igen.", "success")
    return url_for("live.overview")


def _latest(db, conversation) -> str:
    """Return the latest thing the citizen said."""
    said = [t.text for t in conversations.transcript(db, conversation.id) if t.who == "citizen"]
    return said[-1] if said else ""
