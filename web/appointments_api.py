"""The booking API: free times, booking one, and moving or cancelling it with its code (see /api/openapi.json)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Blueprint, Response, jsonify, request, url_for

from casework import availability, clock, conversations, meetings, notices, own_case
from casework.db import reading, session
from casework.enums import MEETING_KINDS, MEETING_NEEDS
from casework.errors import InvalidInput, NotFound
from casework.meetings import Wish
from casework.models import Case
from casework.models_meetings import Appointment
from web import moede_form
from web.access import public
from web.errors import BadRequest, problem
from web.limits import guesses, limiter
from web.moede_times import day_in, moment_in
from web.submissions import submission_in

blueprint = Blueprint("appointments_api", __name__)
DAYS_SHOWN = 28  # when the call does not say until when
LAST = date.max - timedelta(days=DAYS_SHOWN)
TEXTS = ("kind", "start", "name", "channel", "value", "subject", "place", "reference", "code", "conversation")
TELL_ZONE = "Skriv tiden med dato, klokkeslæt og tidszone, for eksempel 2026-12-01T10:00:00+01:00."
TELL_KIND = f"Vælg en af disse: {', '.join(MEETING_KINDS)}."


@blueprint.errorhandler(InvalidInput)
def _refused(error: InvalidInput) -> Response:
    """Say what is wrong, field by field."""
    return problem(422, str(error), errors=error.fields)


@blueprint.after_request
def _private(response: Response) -> Response:
    """Keep codes and free times out of caches."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/api/appointments/slots")
@limiter.limit("60 per minute")
@public
def slots():
    """Return the free times of one kind from `from` to `to`, at most 62 days."""
    kind, first, last = _span()
    with reading() as db:
        notices.refuse_if_off(db, "moede", clock.now())
        open_kind = any(k.kind == kind and k.open for k in availability.kinds(db))
        free = availability.slots(db, kind, first, last, clock.now()) if open_kind else []
    return jsonify([{"start": s.start.isoformat(), "end": s.end.isoformat(), "kind": s.kind} for s in free])


@blueprint.post("/api/appointments")
@limiter.limit("60 per minute")
@guesses
@public
def book():
    """Book a meeting. An Idempotency-Key (a UUID) makes the same call twice one booking."""
    body = _body()
    start = moment_in(body["start"])
    moede_form.raise_if_any({"kind": None if body["kind"] in MEETING_KINDS else TELL_KIND, **_of_start(start)})
    case, conversation_id, told = _belongs(body)
    wish = Wish(
        kind=body["kind"],
        start=start,
        name=body["name"],
        channel=body["channel"],
        value=body["value"],
        subject=" ".join(filter(None, [body["subject"], told])),
        needs=body["needs"],
        place=body["place"] or ("Ikke oplyst" if body["kind"] in meetings.ON_REQUEST else ""),
        reference=case.reference if case else None,
    )
    with session() as db, db.begin():
        booked = meetings.book(db, wish, clock.now(), conversation_id=conversation_id, submission=_submission())
        shown = _shown(booked)
    return jsonify(shown), 201, {"Location": url_for("appointments_api.show", code=booked.code)}


@blueprint.get("/api/appointments/<code>")
@limiter.limit("60 per minute")
@guesses
@public
def show(code: str):
    """Return when and how a meeting is, and where it stands; never whose it is."""
    with reading() as db:
        return jsonify(_shown(meetings.find(db, code)))


@blueprint.patch("/api/appointments/<code>")
@limiter.limit("20 per minute")
@guesses
@public
def move(code: str):
    """Move a meeting to `start`."""
    start = moment_in(_body()["start"])
    moede_form.raise_if_any(_of_start(start))
    with session() as db, db.begin():
        return jsonify(_shown(meetings.move(db, meetings.find(db, code), start, clock.now())))


@blueprint.delete("/api/appointments/<code>")
@limiter.limit("20 per minute")
@guesses
@public
def cancel(code: str):
    """Cancel a meeting. Twice is once."""
    with session() as db, db.begin():
        return jsonify(_shown(meetings.cancel(db, meetings.find(db, code), clock.now())))


def _shown(found: Appointment) -> dict:
    return {**meetings.as_json(found), "status": found.status}


def _span():
    """Return kind, first and last day of a call. Raises InvalidInput with `fields`."""
    given, today = request.args, clock.today()
    first = day_in(given["from"]) if given.get("from") else today
    last = day_in(given["to"]) if given.get("to") else first and min(first, LAST) + timedelta(days=DAYS_SHOWN - 1)
    wrong = "Skriv dagen som 2026-12-01."
    problems = {
        "kind": None if given.get("kind") in MEETING_KINDS else TELL_KIND,
        "from": None if first else wrong,
        "to": None if last or not first else wrong,
    }
    if first and last and last < first:
        problems["to"] = "Den sidste dag ligger før den første."
    elif first and last and (last - first).days >= availability.MOST_DAYS:
        problems["to"] = f"Spørg om højst {availability.MOST_DAYS} dage ad gangen."
    moede_form.raise_if_any(problems)
    return given["kind"], first, last


def _of_start(start: datetime | None) -> dict[str, str | None]:
    return {"start": None if start else TELL_ZONE}


def _body() -> dict:
    """Return the body with every field as text, and needs as a list. Raises BadRequest when it is no JSON object."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest(400, "Send et JSON-objekt.")
    given = {name: "" if body.get(name) is None else body[name] for name in TEXTS}
    needs = body.get("needs") or []
    problems = {n: "Feltet skal være tekst." for n, value in given.items() if not isinstance(value, str)}
    if not isinstance(needs, list) or any(need not in tuple(MEETING_NEEDS) for need in needs):
        problems["needs"] = f"Skriv en liste med nogle af disse: {', '.join(MEETING_NEEDS)}."
    moede_form.raise_if_any(problems)
    return {**given, "needs": needs}


def _belongs(body: dict) -> tuple[Case | None, str | None, str]:
    """Return the case and the conversation a booking belongs to, and what to tell of a number nobody has proved.

    A case is only linked for who has its code or the conversation it was filed in. A number alone is passed on to the
    adviser as it was written, whether there is such a case or not.
    """
    conversation_id, own = None, []
    if body["conversation"]:
        try:
            with reading() as db:
                conversation_id = conversations.find(db, body["conversation"]).id
                own = own_case.of_conversation(db, conversation_id)
        except NotFound as error:
            raise InvalidInput(fields={"conversation": str(error)}) from None
    reference = own_case.reference_in(body["reference"])
    mine = next((case for case in own if case.reference == reference), None)
    if mine or not (body["reference"].strip() or body["code"].strip()):
        return mine, conversation_id, ""
    if body["code"].strip():
        return moede_form.opened(body), conversation_id, ""
    if reference is None:
        raise InvalidInput(fields={"reference": "Nummeret begynder med BR, for eksempel BR-2026-7K3M9."})
    return None, conversation_id, f"(Borgeren skrev sagsnummer {reference}.)"


def _submission() -> str | None:
    known = submission_in(request.headers.get("Idempotency-Key"))
    return f"api:{known}" if known else None
