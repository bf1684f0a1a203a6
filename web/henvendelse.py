"""The plain form that works without the assistant: filled in, read through, sent, and the receipt."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request

from casework import clock, notices
from casework.answers import render, sum_lines
from casework.db import reading, session
from casework.enums import AUTHORITIES, CONTACT_CHANNELS, NEEDS
from casework.errors import InvalidInput, SwitchedOff, TooManyTries
from casework.intake import Intake, Receipt, file_case, said_no
from casework.klage import has_deadline, klagefrist_for
from casework.models import Case
from casework.own_case import NOT_FOUND, open_case
from casework.privacy import email_in
from casework.settings import current
from casework.since import over_a_year
from casework.taxonomy import taxonomy
from web import intake_form, metrics
from web.access import public
from web.intake_form import InvalidForm
from web.limits import guesses, limiter
from web.submissions import submission_in

blueprint = Blueprint("henvendelse", __name__)
PART = "henvendelse"  # of those staff can turn off


@blueprint.after_request
def _not_kept(response):
    """Keep what was typed out of caches; the empty form may stay, so that going back finds what was written."""
    if request.method == "POST":
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/henvendelse")
@public
def form():
    """Show the empty form."""
    _refuse_if_off()
    return _form({"submission": str(uuid.uuid4())})


@blueprint.post("/henvendelse")
@limiter.limit("20 per minute")
@guesses
@public
def send():
    """File the case and show the receipt, or the form again with what is wrong. Sending twice makes one case.

    `step` says what else is wanted: `foelg` begins a case that follows the one reference and code open, `vis` shows all
    that would be sent, `ret` the form again.
    """
    given = request.form.to_dict()
    step = given.pop("step", "")
    try:
        main = _main(given)
    except (InvalidInput, TooManyTries) as error:
        status = 429 if isinstance(error, TooManyTries) else 404
        return _form({**given, "reference": "", "code": ""}, {"story": str(error)}), status
    if step == "foelg":
        _refuse_if_off()
        return _form({**_known(given), "submission": str(uuid.uuid4())}, main=main)
    if step == "ret":
        return _form(given, main=main)
    try:
        intake = intake_form.read(given, main)
        submission = _submission(given)
    except InvalidForm as error:
        return _form(given, error.problems, main=main), 422
    return _preview(given, intake, main) if step == "vis" else _sent(given, intake, main, submission)


def _sent(given: dict, intake: Intake, main: Case | None, submission: str):
    try:
        with session() as db, db.begin():
            receipt = file_case(
                db,
                intake,
                submission=submission,
                now=clock.now(),
                today=clock.today(),
                code_key=current().derived_key("case-code"),
                follows=db.get(Case, main.id) if main else None,
            )
    except InvalidInput as error:
        return _form(given, {"story": str(error)}, main=main), 422
    except SwitchedOff:
        notices.forget()  # it may have been turned off this very second
        return _form(given, main=main, kept=PART), 503
    metrics.cases_filed.inc()
    return _receipt(receipt, intake)


def _refuse_if_off() -> None:
    """Raise SwitchedOff before anything is written that cannot be sent."""
    with reading() as db:
        notices.refuse_if_off(db, PART, clock.now())


def _known(given: dict) -> dict:
    return {name: given[name] for name in ("reference", "code") if given.get(name)}


def _main(given: dict) -> Case | None:
    """Return the case a new one is to follow, if reference and code come along. Raises as `own_case.open_case`."""
    if not given.get("reference"):
        return None
    with session() as db, db.begin():
        found = open_case(db, given["reference"], given.get("code", ""), clock.now(), place=request.remote_addr)
    if found is None:
        raise InvalidInput(NOT_FOUND)
    return found


def _receipt(receipt: Receipt, intake: Intake):
    return render_template(
        "henvendelse/receipt.html",
        receipt=receipt,
        intake=intake,
        has_email=bool(email_in(intake.contact_value)) and not intake.anonymous,
        passed=bool(receipt.complaint_deadline and receipt.complaint_deadline < clock.today()),
    )


def _preview(given: dict, intake: Intake, main: Case | None):
    """Show what would be sent, with the complaint deadline and what the statute says of old matters and of dialogue."""
    latest = max(filter(None, (intake.decision_date, intake.since_date)), default=None)
    old = over_a_year(latest, clock.today()) and not intake.ongoing
    return render_template(
        "henvendelse/preview.html",
        given=given,
        intake=intake,
        main=main,
        deadline=_deadline(intake),
        old=old and not intake.exceptions,
        dialogue_first=not intake.prior_dialogue or said_no(intake.prior_dialogue),
    )


def _deadline(intake: Intake) -> str | None:
    """Return what is said of the complaint deadline of the decision, in the words of the chat."""
    if intake.decision_date is None:
        return None
    frist = klagefrist_for(intake.decision_date, intake.omraade, clock.today(), from_letter=intake.from_letter)
    if frist is None:
        why = "uden_omraade" if not intake.omraade else "uden_dato" if has_deadline(intake.omraade) else "uden_frist"
        return render(f"henvendelse.{why}")["text"]
    values = {
        "dato": frist.date,
        "passed": frist.passed,
        "cautious": frist.cautious,
        "regnestykke": sum_lines(frist),
        "sources": list(frist.sources),
    }
    return render("henvendelse.klagefrist", values)["text"]


def _form(given: dict, problems: dict[str, str] | None = None, *, main: Case | None = None, kept: str = ""):
    return render_template(
        "henvendelse/form.html",
        kept=kept,
        given=given,
        problems=problems or {},
        main=main,
        units={key: name for key, name in taxonomy()["units"].items() if key.startswith("ltk.")},
        omraader=taxonomy()["omraader"],
        channels=CONTACT_CHANNELS,
        needs=NEEDS,
        authorities=AUTHORITIES,
        departments=intake_form.DEPARTMENTS,
        today=clock.today().isoformat(),
    )


def _submission(given: dict) -> str:
    known = submission_in(given.get("submission"))
    if known is None:
        given["submission"] = str(uuid.uuid4())
        raise InvalidForm({"story": "Siden var for gammel. Læs den igennem, og send igen."})
    return f"form:{known}"
