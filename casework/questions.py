"""Questions to departments: asked only with the citizen's leave, answered within three weeks by the statute § 17.

The adviser sends them herself, or presses "Send som e-mail": then `mail_to` is where, or empty for what is known.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from casework import outbox
from casework.calendar import is_working_day, long_date
from casework.cases import TAKEN, Actor, find, log, move, written
from casework.directory import unit_entry
from casework.enums import OPEN_STATUSES
from casework.errors import InvalidInput, InvalidState, NotFound
from casework.frister import udtalelse_frist
from casework.messages import GAP, NEW_DATE
from casework.models import Case, OutgoingMail, Question
from casework.taxonomy import taxonomy
from casework.urgency import short_unit

MAIL = "afdeling"  # in bot/mail.yml, and with _ryk and _frist what follows


def may_ask(case: Case, unit: str | None) -> bool:
    """Return whether the citizen has given leave to speak with this department (fact br-kontakter-kun-med-lov).

    What she said of the departments she named counts for those alone; a general yes counts where she named none.
    """
    named = {entry["unit"]: entry["consent"] for entry in case.departments or []}
    return bool(named.get(unit)) if named else case.consent_forward


def ask(
    session: Session,
    reference: str,
    unit: str,
    text: str,
    actor: Actor,
    now: datetime,
    today: date,
    *,
    due: date | None = None,
    mail_to: str | None = None,
    seen: int | None = None,
) -> Question:
    """Ask a department something; the case waits for it. The answer is due in three weeks, or on a later `due` that the
    adviser allows (the statute § 17, facts br-3-uger, br-forvaltningens-pligt).

    Raises InvalidInput for a unit outside the kommune, an empty text, a shorter time than the statute gives, or a mail
    that cannot be sent; InvalidState without the citizen's leave, and as `cases.move`.
    """
    if unit not in taxonomy()["units"] or not unit.startswith("ltk."):
        raise InvalidInput("Vælg en afdeling i kommunen.")
    text = written(text, "Skriv, hvad du vil vide af afdelingen.")
    by_statute = udtalelse_frist(today, today).date
    due = due or by_statute
    if due < by_statute:
        raise InvalidInput(f"Afdelingen har mindst tre uger. Fristen kan tidligst være {long_date(by_statute)}.")
    _working_day(due)
    if not may_ask(find(session, reference), unit):
        raise InvalidState(
            f"Borgeren har ikke givet lov til, at du taler med {short_unit(unit)}. Spørg først, og skriv svaret ind."
        )
    case = move(session, reference, allowed=TAKEN, seen=seen, status="afventer_forvaltning")
    question = Question(
        case_id=case.id, unit=unit, text=text, asked_at=now, staff_id=actor.staff_id, due=due, reminders=0
    )
    session.add(question)
    session.flush()
    mailed = _mail(session, case, question, MAIL, text, mail_to, actor, now)
    log(session, case, "spurgt_afdeling", actor, now, f"{short_unit(unit)}: svar senest {long_date(due)}.{mailed}")
    session.expire(case, ["questions"])
    return question


def answered(
    session: Session, reference: str, question_id: int | None, text: str, actor: Actor, now: datetime, *, seen=None
) -> Question:
    """Keep what the department answered. When nothing else is owed, the case is worked on again.

    A case that also waits for the citizen goes on waiting for her. Raises InvalidInput for an empty text, NotFound for
    a question of another case, and InvalidState when it is answered already or as `cases.move`.
    """
    text = written(text, "Skriv, hvad afdelingen har svaret.")
    case, question = _open_question(session, reference, question_id, seen)
    won = session.execute(
        update(Question)
        .where(Question.id == question.id, Question.answered_at.is_(None))
        .values(answered_at=now, answer=text)
        .execution_options(synchronize_session=False)
    ).rowcount
    if not won:
        raise InvalidState("Svaret er allerede skrevet ind.")
    session.expire(case, ["questions"])
    session.refresh(question)
    if case.status == "afventer_forvaltning" and all(q.answered_at for q in case.questions):
        case.status = "i_gang"
    log(session, case, "afdeling_svarede", actor, now, f"{short_unit(question.unit)}.")
    return question


def remind(
    session: Session,
    reference: str,
    question_id: int | None,
    actor: Actor,
    now: datetime,
    *,
    text: str = "",
    mail_to: str | None = None,
    seen: int | None = None,
) -> Question:
    """Note that the department has been reminded, or mail it `text`.

    Raises NotFound and InvalidState as `answered`, and InvalidInput for a mail that cannot be sent.
    """
    case, question = _open_question(session, reference, question_id, seen)
    question.reminders, question.reminded_at = question.reminders + 1, now
    mailed = _mail(session, case, question, f"{MAIL}_ryk", text, mail_to, actor, now, which=question.reminders)
    times = "" if question.reminders == 1 else f" ({question.reminders}. gang)"
    log(session, case, "rykket", actor, now, f"{short_unit(question.unit)}{times}.{mailed}")
    return question


def postpone(
    session: Session,
    reference: str,
    question_id: int | None,
    due: date | None,
    reason: str,
    actor: Actor,
    now: datetime,
    today: date,
    *,
    text: str = "",
    mail_to: str | None = None,
    seen: int | None = None,
) -> Question:
    """Give the department the later day it has asked for, with the reason it must give (the statute § 17).

    `text` may be mailed to it; `{ny_dato}` in it becomes that day.

    Raises InvalidInput when the day is not a later working day, the reason is missing or a mail cannot be sent; else as
    `answered`.
    """
    reason = written(reason, "Skriv, hvorfor afdelingen ikke kan nå det.")
    case, question = _open_question(session, reference, question_id, seen)
    if due is None or due <= max(question.due, today):
        raise InvalidInput(f"Vælg en dag efter {long_date(max(question.due, today))}.")
    _working_day(due)
    question.due = due
    text = text.replace(NEW_DATE, long_date(due))
    mailed = _mail(session, case, question, f"{MAIL}_frist", text, mail_to, actor, now, which=due.isoformat())
    log(session, case, "afdeling_udsat", actor, now, f"{short_unit(question.unit)}: {long_date(due)}. {reason}{mailed}")
    return question


def mail_address(unit: str | None) -> str:
    """Return the e-mail address the directory has of a department, or an empty text."""
    return (unit_entry(unit) or {}).get("email", "")


def mails(session: Session, case: Case) -> dict[int, list[OutgoingMail]]:
    """Return by question what has been mailed to its department, the oldest first."""
    found: dict[int, list[OutgoingMail]] = {}
    for key, mail in outbox.written_about(session, case).items():
        found.setdefault(int(key.split(":")[1]), []).append(mail)
    return found


def _mail(session, case, question, kind, text, mail_to, actor, now, *, which: int | str = 0) -> str:
    """Queue a mail to the department if one is wanted; return what the timeline says of it, with the text when the case
    holds it nowhere else."""
    if mail_to is None:
        return ""
    text = written(text, "Skriv, hvad der skal stå i mailen.")
    if gap := GAP.search(text):
        raise InvalidInput(f"Teksten er ikke færdig. Udfyld „{gap[0]}“, før du sender.")
    question.address = mail_to.strip() or question.address or mail_address(question.unit)
    if not question.address:
        raise InvalidInput(f"Skriv mailadressen til {short_unit(question.unit)}.")
    key = f"{kind}:{question.id}:{which}"
    outbox.queue_written(session, case, kind, text, question.address, actor, now, key=key, due=question.due)
    return " Sendt som e-mail." if kind == MAIL else f" Sendt som e-mail:\n{text}"


def _open_question(session: Session, reference: str, question_id: int | None, seen: int | None):
    case = move(session, reference, allowed=OPEN_STATUSES, seen=seen)
    question = session.get(Question, question_id) if question_id else None
    if question is None or question.case_id != case.id:
        raise NotFound("Spørgsmålet findes ikke på denne sag.")
    session.refresh(question)
    if question.answered_at:
        raise InvalidState("Svaret er allerede skrevet ind.")
    return case, question


def _working_day(day: date) -> None:
    if not is_working_day(day):
        raise InvalidInput(f"{long_date(day).capitalize()} er ikke en arbejdsdag. Vælg en anden dag.")
