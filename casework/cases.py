"""Cases: finding and reading one, and the verbs that move it, each checking where it starts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from casework import clock
from casework.enums import CASE_STATUSES, COMPETENCE, OPEN_STATUSES
from casework.errors import InvalidInput, InvalidState, NotFound
from casework.frister import svarfrist
from casework.models import Case, CaseEvent, CaseRead, Staff
from casework.privacy import without_cpr
from casework.taxonomy import centres_in, taxonomy
from casework.urgency import short_unit

MAX_TEXT = 8_000
TAKEN = tuple(status for status in OPEN_STATUSES if status != "ny")
ENDED = tuple(status for status in CASE_STATUSES if status not in OPEN_STATUSES)


class Actor:
    """Who does something: a signed-in person or an API token."""

    def __init__(self, name: str, role: str, *, staff_id: int | None = None, token_id: int | None = None) -> None:
        self.name, self.role, self.staff_id, self.token_id = name, role, staff_id, token_id


def read(session: Session, reference: str, actor: Actor, now: datetime) -> Case:
    """Return a case and log that `actor` saw it. Raises NotFound."""
    case = find(session, reference)
    session.add(CaseRead(at=now, case_id=case.id, staff_id=actor.staff_id, token_id=actor.token_id))
    return case


def reads_of(session: Session, case: Case) -> list[CaseRead]:
    """Return who has seen the case, newest first."""
    query = select(CaseRead).where(CaseRead.case_id == case.id).order_by(CaseRead.id.desc())
    return list(session.scalars(query.options(joinedload(CaseRead.staff), joinedload(CaseRead.token))))


def find(session: Session, reference: str) -> Case:
    """Return the case with this reference. Raises NotFound. Who shows it to somebody calls `read`."""
    wanted = reference.strip().upper()
    case = session.scalar(select(Case).where(Case.reference == wanted)) if wanted.isprintable() else None
    if case is None:
        raise NotFound("Sagen findes ikke.")
    return case


def move(
    session: Session,
    reference: str,
    *,
    allowed: tuple[str, ...],
    seen: int | None = None,
    **values,
) -> Case:
    """Change a case that stands in one of the `allowed` statuses, and return it; no other change can come between.

    `seen` is the version the one acting had on the screen. Raises InvalidState when the case stands elsewhere, or when
    somebody has changed it since it was seen: of two at once one wins, and the other is told who and what.
    """
    case = find(session, reference)
    conditions = [Case.id == case.id, Case.status.in_(allowed)]
    if seen is not None:
        conditions.append(Case.version == seen)
    won = session.execute(
        update(Case)
        .where(*conditions)
        .values(version=Case.version + 1, **values)
        .execution_options(synchronize_session=False)
    ).rowcount
    session.refresh(case)
    if not won:
        raise InvalidState(_why_not(session, case, allowed))
    return case


def _why_not(session: Session, case: Case, allowed: tuple[str, ...]) -> str:
    if case.status in allowed:
        last = session.scalar(
            select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id.desc()).limit(1)
        )
        who = (last.staff.name if last.staff else "borgeren") if last else "en anden"
        return f"Sagen er ændret af {who}, siden du åbnede den. Se tidslinjen, og prøv igen."
    if case.status == "ny":
        return "Tag sagen først."
    if case.status in ENDED:
        return f"Sagen er allerede lukket ({CASE_STATUSES[case.status].lower()}). Genåbn den først."
    if allowed == ("ny",):
        return f"Sagen er ikke ny længere. Den er taget af {case.assigned_to.name if case.assigned_to else 'en anden'}."
    return f"Det kan man ikke, når sagen står som: {CASE_STATUSES[case.status]}."


def log(session: Session, case: Case, kind: str, actor: Actor | None, now: datetime, text: str = "") -> CaseEvent:
    """Add a line to a case's timeline and return it; `actor` is None when the citizen did it."""
    event = CaseEvent(
        case_id=case.id,
        at=now,
        kind=kind,
        text=text,
        staff_id=actor.staff_id if actor else None,
        token_id=actor.token_id if actor else None,
    )
    session.add(event)
    session.flush()
    return event


def written(text: str | None, missing: str) -> str:
    """Return what somebody wrote, without CPR numbers. Raises InvalidInput when there is nothing, or too much."""
    text = without_cpr(text or "")
    if not text:
        raise InvalidInput(missing)
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"Teksten er for lang. Skriv højst {MAX_TEXT} tegn.")
    return text


def take(session: Session, reference: str, actor: Actor, now: datetime) -> Case:
    """Let `actor` work on a new case. When two take it at once one wins; the other gets InvalidState."""
    case = move(session, reference, allowed=("ny",), status="i_gang", assigned_to_id=actor.staff_id)
    log(session, case, "taget", actor, now)
    return case


def colleagues(session: Session) -> list[Staff]:
    """Return who may be given a case: everybody active who may act on one, by name."""
    query = select(Staff).where(Staff.active, Staff.role != "reader").order_by(Staff.name, Staff.id)
    return list(session.scalars(query))


def hand_over(
    session: Session, reference: str, to: int | None, actor: Actor, now: datetime, *, text: str = "", seen=None
) -> Case:
    """Give an open case to a colleague, with a word on the timeline. A new case is thereby taken.

    Raises InvalidInput when nobody who may act is chosen or she has it already, and InvalidState as `move`.
    """
    person = next((p for p in colleagues(session) if p.id == to), None)
    if person is None:
        raise InvalidInput("Vælg en kollega, der kan arbejde med sager.")
    before = find(session, reference)
    if before.assigned_to_id == person.id:
        raise InvalidInput(f"{person.name} har sagen allerede. Vælg en anden.")
    status = "i_gang" if before.status == "ny" else before.status
    seen = before.version if seen is None else seen
    case = move(session, reference, allowed=OPEN_STATUSES, seen=seen, assigned_to_id=person.id, status=status)
    log(session, case, "overdraget", actor, now, f"Til {person.name}. {without_cpr(text)[:MAX_TEXT]}".strip())
    return case


def note(session: Session, reference: str, text: str, actor: Actor, now: datetime) -> Case:
    """Add a note that only staff see; any case may have one. Raises InvalidInput when it is empty or too long."""
    text = written(text, "Notatet er tomt. Skriv noget først.")
    case = find(session, reference)
    log(session, case, "note", actor, now, text)
    return case


def give_consent(
    session: Session, reference: str, unit: str, text: str, actor: Actor, now: datetime, *, seen=None
) -> Case:
    """Note that the citizen has now given leave to speak with one department (fact br-kontakter-kun-med-lov), and how.

    Raises InvalidInput for a unit outside the kommune or without a word on how, and InvalidState as `move`.
    """
    if unit not in taxonomy()["units"] or not unit.startswith("ltk."):
        raise InvalidInput("Vælg den afdeling, borgeren har givet lov til.")
    text = written(text, "Skriv, hvornår og hvordan borgeren gav lov.")
    case = move(session, reference, allowed=OPEN_STATUSES, seen=seen, consent_forward=True)
    others = [entry for entry in case.departments or [] if entry["unit"] != unit]
    known = {"unit": unit, "consent": True}
    case.departments = [known, *others] if unit == case.unit else [*others, known]  # the main one stands first
    log(session, case, "samtykke", actor, now, f"{short_unit(unit)}: {text}")
    return case


def correct_competence(
    session: Session, reference: str, within: str, reason: str, actor: Actor, now: datetime, *, seen=None
) -> Case:
    """Let a person overrule the first look at the statute, with her own reason; what stood there is on the timeline.

    Raises InvalidInput when `within` is not yes, no or unclear or the reason is empty, and InvalidState as `move`.
    """
    if within not in COMPETENCE:
        raise InvalidInput("Vælg, om sagen ligger inden for, uden for eller er uafklaret.")
    reason = written(reason, "Skriv din begrundelse.")
    old = find(session, reference).competence
    case = move(
        session,
        reference,
        allowed=tuple(CASE_STATUSES),
        seen=seen,
        competence={"within": within, "reasons": [reason]},
    )
    before = f"Før: {COMPETENCE[old['within']]}. {' '.join(old['reasons'])}"
    log(session, case, "kompetence", actor, now, f"{COMPETENCE[within]}: {reason}\n{before}")
    return case


def mark_not_followed(session: Session, reference: str, text: str, actor: Actor, now: datetime, *, seen=None) -> Case:
    """Note that the department has told that it does not follow the recommendation, and why (the statute § 20).

    It may come after the case is closed. Raises InvalidInput without a reason, and InvalidState as `move`.
    """
    text = written(text, "Skriv, hvad afdelingen har svaret.")
    case = move(session, reference, allowed=(*TAKEN, "afsluttet"), seen=seen, not_followed_at=now)
    log(session, case, "ikke_fulgt", actor, now, text)
    return case


def close(
    session: Session, reference: str, actor: Actor, now: datetime, *, cause: str, handling: str, center: str, seen=None
) -> Case:
    """Close a case with the registration the annual figures need.

    Raises InvalidInput when an id is not in the taxonomy and InvalidState as `move`, so for a new or a closed case.
    """
    check_registration(find(session, reference), cause=cause, handling=handling, center=center)
    case = move(
        session,
        reference,
        allowed=TAKEN,
        seen=seen,
        status="afsluttet",
        closed_at=now,
        cause=cause,
        handling=handling,
        center=center,
    )
    log(session, case, "afsluttet", actor, now)
    return case


def check_registration(case: Case, *, cause: str, handling: str, center: str) -> None:
    """Raise InvalidInput when one of the ids is not in the taxonomy, or the centre is not of the case's year."""
    if cause not in taxonomy()["causes"]:
        raise InvalidInput("Vælg en årsag.")
    if handling not in taxonomy()["handlings"]:
        raise InvalidInput("Vælg en håndtering.")
    if center not in centres_in(case.created_at.astimezone(clock.COPENHAGEN).year):
        raise InvalidInput("Vælg et center.")


def reopen(
    session: Session, reference: str, reason: str, actor: Actor, now: datetime, today: date, *, seen=None
) -> Case:
    """Take up a closed, refused or withdrawn case again; the promise of ten working days starts afresh.

    Its registration stays as the suggestion for the next closing. Raises InvalidInput without a reason, and
    InvalidState as `move`.
    """
    reason = written(reason, "Skriv, hvorfor sagen tages op igen.")
    if find(session, reference).import_id:
        raise InvalidState("Sagen er taget ind fra en fil. Der er ingen henvendelse at tage op igen.")
    case = move(
        session,
        reference,
        allowed=ENDED,
        seen=seen,
        status="i_gang",
        closed_at=None,
        answered_at=None,
        respond_by=svarfrist(today, today).date,
        assigned_to_id=actor.staff_id,
    )
    log(session, case, "genaabnet", actor, now, reason)
    return case


def withdraw(session: Session, reference: str, now: datetime, *, text: str = "") -> Case:
    """Let the citizen who holds the case take it back; her reason, if she gives one, is on the timeline.

    Raises InvalidState when the case is closed already.
    """
    before = find(session, reference).status
    if before not in OPEN_STATUSES:
        raise InvalidState(f"Sagen er allerede lukket ({CASE_STATUSES[before].lower()}).")
    case = move(session, reference, allowed=OPEN_STATUSES, status="tilbagetrukket", closed_at=now)
    log(session, case, "tilbagetrukket", None, now, without_cpr(text)[:MAX_TEXT])
    return case
