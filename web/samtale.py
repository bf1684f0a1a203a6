"""What a citizen does with her conversation as a whole: sees it again, prints or saves it, says whether it helped, and
ends it. The token is sent in the request itself and never stands in an address."""

from __future__ import annotations

import logging

from flask import Response, render_template, request
from sqlalchemy.exc import SQLAlchemyError

from casework import clock, conversations, ending, feedback, live
from casework.db import reading, session
from casework.enums import FEEDBACK
from casework.errors import InvalidInput, NotFound
from casework.opening import Opening, opening
from casework.settings import current
from web import history
from web.access import public
from web.chat import blueprint, whole_page
from web.limits import limiter

log = logging.getLogger(__name__)
ENDED = {"X-Ended": "ja"}
# On a shared computer going back must not show what was deleted; the browser obeys it on https only.
FORGET = {"Clear-Site-Data": '"cache"', "Cache-Control": "no-store"}


@blueprint.post("/samtale/hent")
@limiter.limit(lambda: current().chat_limit)
@public
def fetch():
    """Return the conversation as a piece of HTML, after a reload."""
    token = _token()
    return render_template("chat/messages.html", history=history.history(token)), 200, history.standing(token)


@blueprint.post("/samtale/vis")
@limiter.limit(lambda: current().chat_limit)
@public
def show():
    """Show the conversation as a page, where there is no script."""
    token = _token()
    return whole_page(history.history(token), token)


@blueprint.post("/samtale/nyt")
@limiter.limit("60 per minute")
@public
def news():
    """Show what has been said to the citizen after the turn `efter`; asked while a person writes or is awaited."""
    token = _token()
    said = history.news(token, request.form.get("efter", 0, type=int))
    return render_template("chat/messages.html", history=said), 200, history.standing(token)


@blueprint.get("/samtale/menneske")
@limiter.limit("60 per minute")
@public
def person():
    """Return how to reach a person now as a piece of HTML, for a page that has been open for long."""
    return render_template("chat/person.html"), 200, {"Cache-Control": "no-store"}


@blueprint.post("/samtale/udskrift")
@limiter.limit("20 per minute")
@public
def transcript():
    """Show the conversation to be printed, or hand it over as a text file (`gaa=tekst`)."""
    token = _token()
    messages = history.history(token)
    day = history.day_of(messages)
    private = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    if request.form.get("gaa") != "tekst":
        return render_template("chat/udskrift.html", history=messages, token=token, day=day), 200, private
    text = render_template("chat/udskrift.txt", history=messages, day=day)
    name = f"samtale-{clock.today().isoformat()}.txt"
    return Response(
        text,
        content_type="text/plain; charset=utf-8",
        headers={**private, "Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.post("/samtale/tilbagemelding")
@limiter.limit("20 per minute")
@public
def helped():
    """Keep whether the citizen got an answer, and thank her."""
    token, verdict = _token(), request.form.get("verdict", "")
    problem = ""
    try:
        with session() as db, db.begin():
            conversation = conversations.find(db, token)
            feedback.give(db, conversation, verdict, request.form.get("word", ""), clock.now())
    except InvalidInput as error:
        problem = str(error)
    told = {"given": verdict if verdict in FEEDBACK else "", "word": request.form.get("word", ""), "problem": problem}
    status = 422 if problem else 200
    if request.headers.get("X-Fragment"):
        return render_template("chat/tilbagemelding.html", token=token, **told), status
    return whole_page(history.history(token), token, **told), status


@blueprint.post("/samtale/afslut")
@limiter.limit("20 per minute")
@public
def ask():
    """Ask whether the conversation is to be deleted, and say what would stay."""
    token = _token()
    with reading() as db:
        found = ending.ties(db, conversations.find(db, token), clock.now())
    return _piece("chat/afslut.html", "Afslut samtalen", token=token, ties=found)


@blueprint.post("/samtale/slet")
@limiter.limit("20 per minute")
@public
def end():
    """Delete the conversation, unless a case hangs on it; one that is gone already is deleted."""
    try:
        with session() as db, db.begin():
            found = ending.end(db, conversations.find(db, _token()), clock.now())
    except NotFound:
        found = ending.Ties()
    return _piece("chat/slettet.html", "Samtalen er slut", ties=found), 200, {**ENDED, **FORGET}


def how_open() -> tuple[Opening | None, bool]:
    """Return how it stands with the adviser's telephone, and whether somebody can answer in the chat now; None and
    False where the database does not answer, for the page must show the way to a person then too."""
    try:
        with reading() as db:
            return opening(db, clock.now()), live.somebody_is_there(db, clock.now())
    except SQLAlchemyError as error:
        log.warning("opening: %s", type(error).__name__)
        return None, False


def seconds_to(changes) -> int:
    """Return in how many seconds the page should ask again how it stands: at the change, and once an hour."""
    left = (changes - clock.now()).total_seconds() if changes else 3600
    return max(30, min(int(left) + 1, 3600))


def _token() -> str:
    return request.form.get("conversation", "")


def _piece(template: str, title: str, **values) -> str:
    """Return a piece of HTML for the page's script, or a page of its own around it."""
    if request.headers.get("X-Fragment"):
        return render_template(template, **values)
    return render_template("chat/side.html", piece=template, title=title, **values)
