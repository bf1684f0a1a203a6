"""One case on the staff pages: everything known of it, and the verbs that move it."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from flask import abort, flash, g, redirect, render_template, request, send_file, url_for

from casework import cases, clock, danger, drafts, meetings, messages, questions, refusal, registration, related
from casework.calendar import long_date
from casework.case_document import case_docx
from casework.case_json import full_json
from casework.conversations import transcript
from casework.db import session
from casework.enums import (
    COMPETENCE,
    EXCEPTIONS,
    MEETING_KINDS,
    MEETING_STATUSES,
    MESSAGE_WAYS,
    OPEN_STATUSES,
)
from casework.errors import CaseworkError, InvalidInput, NotFound
from casework.frister import udtalelse_frist
from casework.letters import to_docx
from casework.settings import current
from casework.taxonomy import centres_in, taxonomy
from casework.urgency import deadlines, priority_now, short_unit, why
from web.access import staff_only
from web.console import blueprint
from web.errors import STATUS

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@blueprint.get("/sager/<reference>")
@staff_only("reader")
def case(reference: str):
    """Show one case; that it was seen is logged."""
    return _page(reference)


@blueprint.get("/sager/<reference>/dokument")
@staff_only("reader")
def case_document(reference: str):
    """Return the case as a Word file; that it was read is logged."""
    with session() as db, db.begin():
        found = cases.read(db, reference, g.actor, clock.now())
        content = case_docx(db, found, g.actor, clock.now(), clock.today())
        name = f"{found.reference}.docx"
    return send_file(BytesIO(content), DOCX, as_attachment=True, download_name=name)


@blueprint.get("/sager/<reference>/udkast/<int:number>")
@staff_only("reader")
def case_draft(reference: str, number: int):
    """Return a letter the citizen let go along as a Word file; that the case was read is logged."""
    with session() as db, db.begin():
        letter = drafts.find(db, cases.read(db, reference, g.actor, clock.now()), number)
        content, name = to_docx(letter), f"{reference}-{letter.kind}.docx"
    return send_file(BytesIO(content), DOCX, as_attachment=True, download_name=name)


@blueprint.post("/sager/<reference>/<verb>")
@staff_only("adviser")
def act(reference: str, verb: str):
    """Do something with a case. What could not be done shows the page again with the reason and what was typed."""
    if verb not in VERBS:
        abort(404)
    given = request.form.to_dict()
    if "hent" in given:  # a ready text is asked for; nothing is done yet
        return _page(reference, verb=verb, given=given)
    try:
        with session() as db, db.begin():
            said = VERBS[verb](db, reference, given)
    except CaseworkError as error:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
        return _page(reference, verb=verb, given=given, error=str(error), status=status)
    flash(said, "success")
    return redirect(url_for("console.case", reference=reference))


def _page(reference: str, *, verb: str = "", given: dict | None = None, error: str | None = None, status: int = 200):
    """Show the case; `given` is what was typed in the form of `verb`."""
    now, today = clock.now(), clock.today()
    with session() as db, db.begin():
        found = cases.read(db, reference, g.actor, now)
        if given is not None and "hent" in given and error is None:
            try:
                given = _with_ready_text(found, verb, given)
            except InvalidInput as problem:
                error, status = str(problem), 422
        body = render_template(
            "console/case.html",
            case=found,
            shown=full_json(db, found, today),
            turns=transcript(db, found.conversation_id) if found.conversation_id else [],
            reads=cases.reads_of(db, found),
            related=related.related(db, found),
            meetings=meetings.of_case(db, found),
            coming_meetings=meetings.upcoming_of_case(db, found, now),
            meeting_kinds=MEETING_KINDS,
            meeting_statuses=MEETING_STATUSES,
            letters=drafts.of_case(db, found),
            priority=priority_now(found, today),
            why=why(found, today),
            deadlines=deadlines(found, today),
            is_open=found.status in OPEN_STATUSES,
            owed=[q for q in found.questions if q.answered_at is None],
            mails=questions.mails(db, found),
            competences=COMPETENCE,
            exceptions=EXCEPTIONS,
            ways=MESSAGE_WAYS,
            today=today,
            verb=verb,
            given=given or {},
            error=error,
            **(_for_acting(db, found, today) if g.actor.role != "reader" else {}),
        )
    return body, status


def _for_acting(db, found, today: date) -> dict:
    """Return what the forms need: who, what and which texts can be chosen, and what the system suggests."""
    units = {key: name for key, name in taxonomy()["units"].items() if key.startswith("ltk.")}
    key = refusal.likely_ground(found)
    owed = [q for q in found.questions if q.answered_at is None]
    return {
        "colleagues": [p for p in cases.colleagues(db) if p.id != found.assigned_to_id],
        "suggested": registration.suggest(db, found, today),
        "taxonomy": taxonomy(),
        "centres": centres_in(found.created_at.astimezone(clock.COPENHAGEN).year),
        "units": units,
        "may_ask": {unit: name for unit, name in units.items() if questions.may_ask(found, unit)},
        "mailed": messages.is_mailed(found),
        "can_mail": current().smtp is not None,
        "unit_mail": {q.id: q.address or questions.mail_address(q.unit) for q in owed},
        "unit_texts": {q.id: _texts_to_unit(found, q) for q in owed},
        "due": udtalelse_frist(today, today).date,
        "replies": {use: messages.replies_for(use) for use in ("svar", "spoergsmaal")},
        "delay_text": messages.ready_reply("udsat", found, g.actor),
        "grounds": refusal.refusal_grounds(),
        "ground": key,
        "refusal": refusal.prefilled(key, found),
    }


def _texts_to_unit(found, question) -> dict[str, str]:
    """Return what a mail to a department begins with: to remind it, and to tell it of a later day."""
    known = {"afdeling": short_unit(question.unit), "afdelingens_dato": long_date(question.due)}
    keys = {"ryk": "ryk_afdeling", "frist": "ny_frist_afdeling"}
    return {use: messages.ready_reply(key, found, g.actor, **known) for use, key in keys.items()}


def _with_ready_text(found, verb: str, given: dict) -> dict:
    """Return what was typed with the text that was asked for: a reply after it, a ground in place of the other one."""
    if verb == "afvis":
        text = refusal.prefilled(given.get("ground"), found)
        return {**given, **{f: getattr(text, f) for f in ("reason", "who", "by_when", "attach")}}
    ready = messages.ready_reply(given.get("ready", ""), found, g.actor)
    return {**given, "text": f"{given.get('text', '').rstrip()}\n\n{ready}".strip()}


def _day(value: str | None) -> date | None:
    if not (value or "").strip():
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise InvalidInput("Datoen kan ikke læses. Skriv den som 2026-12-14.") from None


def _number(value: str | None) -> int | None:
    return int(value) if (value or "").isdecimal() and len(value) < 10 else None


def _seen(given: dict) -> int | None:
    return _number(given.get("version"))


def _mail_to(given: dict) -> str | None:
    """Return where a department is to be mailed, which may be empty for what the directory has; None to mail nobody."""
    return given.get("address", "") if given.get("send") == "mail" else None


def _take(db, reference: str, given: dict) -> str:
    cases.take(db, reference, g.actor, clock.now())
    return "Du har taget sagen."


def _hand_over(db, reference: str, given: dict) -> str:
    to, text = _number(given.get("to")), given.get("text", "")
    found = cases.hand_over(db, reference, to, g.actor, clock.now(), text=text, seen=_seen(given))
    return f"{found.assigned_to.name} har nu sagen."


def _note(db, reference: str, given: dict) -> str:
    cases.note(db, reference, given.get("text", ""), g.actor, clock.now())
    return "Notatet er gemt."


def _reply(db, reference: str, given: dict) -> str:
    way = given.get("way", "statusside")
    messages.reply(db, reference, given.get("text", ""), g.actor, clock.now(), way=way, seen=_seen(given))
    return "Svaret er sendt. Borgeren kan læse det på statussiden."


def _ask_citizen(db, reference: str, given: dict) -> str:
    way = given.get("way", "statusside")
    messages.ask_citizen(db, reference, given.get("text", ""), g.actor, clock.now(), way=way, seen=_seen(given))
    return "Spørgsmålet er sendt. Sagen venter nu på borgeren."


def _citizen_said(db, reference: str, given: dict) -> str:
    way = given.get("way", "telefon")
    messages.receive(db, reference, given.get("text", ""), clock.now(), actor=g.actor, way=way, seen=_seen(given))
    return "Det, borgeren sagde, er skrevet ind."


def _consent(db, reference: str, given: dict) -> str:
    unit, text = given.get("unit", ""), given.get("text", "")
    cases.give_consent(db, reference, unit, text, g.actor, clock.now(), seen=_seen(given))
    return "Det er noteret. Du må nu spørge afdelingen."


def _ask(db, reference: str, given: dict) -> str:
    question = questions.ask(
        db,
        reference,
        given.get("unit", ""),
        given.get("text", ""),
        g.actor,
        clock.now(),
        clock.today(),
        due=_day(given.get("due")),
        mail_to=_mail_to(given),
        seen=_seen(given),
    )
    day = question.due.strftime("%d.%m.%Y")
    if _mail_to(given) is not None:
        return f"Spørgsmålet er på vej til {question.address}. Svar senest {day}. Svaret kommer i din egen postkasse."
    return f"Spørgsmålet er gemt. Svar senest {day}. Send det selv med sikker post; teksten står under Spørgsmål."


def _answered(db, reference: str, given: dict) -> str:
    number = _number(given.get("question"))
    questions.answered(db, reference, number, given.get("text", ""), g.actor, clock.now(), seen=_seen(given))
    return "Afdelingens svar er gemt."


def _remind(db, reference: str, given: dict) -> str:
    number, mail = _number(given.get("question")), {"text": given.get("mail", ""), "mail_to": _mail_to(given)}
    found = questions.remind(db, reference, number, g.actor, clock.now(), **mail, seen=_seen(given))
    if mail["mail_to"] is not None:
        return f"Rykkeren er på vej til {found.address}."
    return "Det er noteret, at afdelingen er rykket."


def _postpone(db, reference: str, given: dict) -> str:
    number, due = _number(given.get("question")), _day(given.get("due"))
    mail = {"text": given.get("mail", ""), "mail_to": _mail_to(given)}
    told = given.get("text", "")
    found = questions.postpone(
        db, reference, number, due, told, g.actor, clock.now(), clock.today(), **mail, seen=_seen(given)
    )
    if mail["mail_to"] is not None:
        return f"Afdelingen har fået en ny frist. Beskeden er på vej til {found.address}."
    return "Afdelingen har fået en ny frist."


def _delay(db, reference: str, given: dict) -> str:
    text, day, way = given.get("text", ""), _day(given.get("new_date")), given.get("way", "statusside")
    messages.delay(db, reference, text, day, g.actor, clock.now(), clock.today(), way=way, seen=_seen(given))
    return "Borgeren har fået besked om den nye dato."


def _not_followed(db, reference: str, given: dict) -> str:
    cases.mark_not_followed(db, reference, given.get("text", ""), g.actor, clock.now(), seen=_seen(given))
    return "Det er noteret, at anbefalingen ikke følges."


def _competence(db, reference: str, given: dict) -> str:
    cases.correct_competence(
        db, reference, given.get("within", ""), given.get("text", ""), g.actor, clock.now(), seen=_seen(given)
    )
    return "Kompetencen er rettet."


def _danger(db, reference: str, given: dict) -> str:
    wanted, reason, now = given.get("danger", ""), given.get("text", ""), clock.now()
    found = danger.change(db, reference, wanted, reason, g.actor, now, clock.today(), seen=_seen(given))
    state = "nu akut" if found.danger else "ikke længere akut"
    return f"Sagen er {state} på grund af fare."


def _follow(db, reference: str, given: dict) -> str:
    try:
        found = related.follow(db, reference, given.get("main", ""), g.actor, clock.now(), seen=_seen(given))
    except NotFound:
        cases.find(db, reference)
        raise InvalidInput("Hovedsagen findes ikke. Skriv dens nummer, for eksempel BR-2026-7K3M9.") from None
    return f"Sagen følger nu {found.follows.reference}." if found.follows else "Sagen følger ikke længere en anden."


def _registration(given: dict, *names: str) -> dict[str, str]:
    return {name: given.get(name, "") for name in names}


def _close(db, reference: str, given: dict) -> str:
    chosen = _registration(given, "cause", "handling", "center")
    cases.close(db, reference, g.actor, clock.now(), **chosen, seen=_seen(given))
    return "Sagen er afsluttet."


def _refuse(db, reference: str, given: dict) -> str:
    told = refusal.Refusal(**_registration(given, "reason", "who", "by_when", "attach"))
    chosen = _registration(given, "cause", "center")
    refusal.refuse(db, reference, told, g.actor, clock.now(), **chosen, key=given.get("ground"), seen=_seen(given))
    return "Sagen er afvist, og borgeren kan læse, hvem der kan hjælpe."


def _reopen(db, reference: str, given: dict) -> str:
    cases.reopen(db, reference, given.get("text", ""), g.actor, clock.now(), clock.today(), seen=_seen(given))
    return "Sagen er åben igen, og du har den."


VERBS = {
    "tag": _take,
    "giv-videre": _hand_over,
    "notat": _note,
    "svar": _reply,
    "spoerg-borger": _ask_citizen,
    "borger-sagde": _citizen_said,
    "samtykke": _consent,
    "spoerg-afdeling": _ask,
    "afdeling-svarede": _answered,
    "ryk": _remind,
    "afdeling-ny-frist": _postpone,
    "ny-svardato": _delay,
    "ikke-fulgt": _not_followed,
    "kompetence": _competence,
    "fare": _danger,
    "knyt": _follow,
    "afslut": _close,
    "afvis": _refuse,
    "genaabn": _reopen,
}
