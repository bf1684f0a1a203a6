"""The citizen's status page: reference and code show where the case is; she writes, corrects and takes it back there.

Reference and code are sent with every form: there is no cookie, and neither ever stands in an address.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from casework import clock, meetings, messages, own_case
from casework.db import session
from casework.enums import CONTACT_CHANNELS, MESSAGE_KINDS
from casework.errors import InvalidInput, InvalidState, TooManyTries
from casework.models import Case
from web.access import public
from web.limits import guesses, limiter
from web.submissions import submission_in

blueprint = Blueprint("own_case", __name__)
PAGE = "henvendelse/status.html"
WITHDRAW = "henvendelse/withdraw.html"


@blueprint.after_request
def _not_kept(response):
    """Keep the case out of caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/status")
@public
def form():
    """Ask for reference and code."""
    return render_template("henvendelse/status_form.html", error=None, reference="")


@blueprint.post("/status")
@limiter.limit("30 per minute")
@guesses
@public
def show():
    """Show where the case is. A wrong number and a wrong code look the same."""
    return _with_case(lambda db, case: None)


@blueprint.post("/status/tilfoej")
@limiter.limit("30 per minute")
@guesses
@public
def add():
    """Add text to the case; the same form sent twice adds it once."""

    def add_text(db: Session, case: Case) -> str:
        text = request.form.get("text", "")
        own_case.add(db, case, text, clock.now(), submission=f"status:{case.id}:{_form_id()}")
        return "Det er sendt til borgerrådgiveren."

    return _with_case(add_text, field="text")


@blueprint.post("/status/kontakt")
@limiter.limit("30 per minute")
@guesses
@public
def contact():
    """Correct how the adviser reaches the citizen."""

    def correct(db: Session, case: Case) -> str:
        typed = [request.form.get(name, "") for name in ("contact_name", "contact_channel", "contact_value")]
        own_case.correct_contact(db, case, *typed, clock.now())
        return "Dine kontaktoplysninger er rettet."

    return _with_case(correct, field="contact_value")


@blueprint.post("/status/tilbagetraek")
@limiter.limit("30 per minute")
@guesses
@public
def withdraw():
    """Ask whether the citizen is sure and what becomes of her meetings (`moede`), and take the case back."""
    if request.form.get("sikker") != "ja":
        return _with_case(lambda db, case: None, page=WITHDRAW)
    choice = request.form.get("moede")

    def take_back(db: Session, case: Case) -> str:
        now = clock.now()
        if own_case.is_open(case) and choice not in ("aflys", "behold") and meetings.upcoming_of_case(db, case, now):
            raise InvalidInput("Vælg, om mødet også skal aflyses.")
        own_case.withdraw(db, case, now)
        cancelled = meetings.cancel_of_case(db, case, now) if choice == "aflys" else 0
        return "Henvendelsen er trukket tilbage" + (", og mødet er aflyst." if cancelled else ".")

    return _with_case(take_back, unclear=WITHDRAW)


def _with_case(act: Callable[[Session, Case], str | None], *, field: str = "", page: str = PAGE, unclear=None):
    """Open the case with reference and code, do something with it, and show it; what cannot be done is told there, or
    on the page `unclear` when it was for want of an answer."""
    reference, code = request.form.get("reference", ""), request.form.get("code", "")
    try:
        with session() as db, db.begin():
            case = own_case.open_case(db, reference, code, clock.now(), place=request.remote_addr)
    except TooManyTries as error:
        return _refused(reference, str(error), 429)
    if case is None:
        return _refused(reference, own_case.NOT_FOUND, 404)
    done, problem = None, None
    try:
        with session() as db, db.begin():
            done = act(db, db.get(Case, case.id))
    except (InvalidInput, InvalidState) as error:
        problem = str(error)
        page = unclear if unclear and isinstance(error, InvalidInput) else page
    with session() as db, db.begin():
        case = db.get(Case, case.id)
        shown = render_template(
            page,
            case=case,
            main=case.follows,
            messages=messages.for_citizen(db, case, clock.now()) if page == PAGE else [],
            message_kinds=MESSAGE_KINDS,
            meetings=meetings.of_case(db, case),
            upcoming=meetings.upcoming_of_case(db, case, clock.now()),
            is_open=own_case.is_open(case),
            code=code,
            done=done,
            problem=problem,
            field=field,
            given=request.form if problem else {},
            channels=CONTACT_CHANNELS,
            form_id=str(uuid.uuid4()),
            today=clock.today(),
        )
    return shown, 422 if problem else 200


def _refused(reference: str, error: str, status: int):
    return render_template("henvendelse/status_form.html", error=error, reference=reference), status


def _form_id() -> str:
    known = submission_in(request.form.get("form_id"))
    if known is None:
        raise InvalidInput("Siden var for gammel. Prøv igen.")
    return known
