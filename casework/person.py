"""One person's data: finding it, handing it out and erasing it (databeskyttelsesforordningen art. 15 and 17).

Everything that points at a case, a conversation or a meeting is handed out, also tables that come later. Each search,
handing out and erasure is logged, and so is the reading of each of them it shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import sqlalchemy as sa
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework import privacy
from casework.calendar import short_time
from casework.cases import Actor
from casework.enums import (
    CASE_STATUSES,
    EVENT_KINDS,
    MEETING_EVENT_KINDS,
    MEETING_KINDS,
    MEETING_STATUSES,
    OPEN_STATUSES,
)
from casework.erasure import UPCOMING, anonymise, anonymise_meeting, forget_conversations
from casework.errors import InvalidInput, InvalidState
from casework.models import (
    Appointment,
    AppointmentRead,
    Base,
    Case,
    CaseEvent,
    CaseRead,
    Conversation,
    ConversationRead,
    PersonalValue,
    PersonLog,
)
from casework.related import contact_hash
from casework.settings import ROOT
from casework.taxonomy import label

BATCH = 500
MAX_REASON = 1_000
LOG_SHOWN = 50
# Keys to something, or ours alone: nothing that tells of the person.
_SECRET = (
    *("token_hash", "code_hash", "submission", "contact_hash", "claim", "key", "version", "account_key"),
    *("code", "uid", "sequence", "place_on_day"),
)
_READS = {"case_reads", "conversation_reads", "appointment_reads"}


@dataclass(frozen=True)
class Holdings:
    """What is held about one person: her cases, her conversations and her meetings, the newest first."""

    cases: list[Case]
    conversations: list[Conversation]
    meetings: list[Appointment] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.cases or self.conversations or self.meetings)

    @property
    def items(self) -> list[str]:
        """References, conversation ids and the numbers of meetings, as the log keeps them."""
        meetings = (f"møde {m.id}" for m in self.meetings)
        return [*(c.reference for c in self.cases), *(c.id for c in self.conversations), *meetings]


def search(session: Session, actor: Actor, now: datetime, *, reference: str = "", contact: str = "") -> Holdings:
    """Return what is held under a case number or a phone number or e-mail address, and log the search.

    A contact is looked for in the contact of cases and meetings and in what was masked in conversations. With a case
    come its conversation, its meetings and the cases it follows or that follow it. Raises InvalidInput when neither can
    be searched for.
    """
    reference, contact = reference.strip().upper(), contact.strip()
    if not reference and not contact:
        raise InvalidInput("Skriv et sagsnummer, et telefonnummer eller en mailadresse.")
    wanted = _comparable(contact) if contact else None
    if contact and wanted is None:
        raise InvalidInput("Skriv hele telefonnummeret eller hele mailadressen.")
    cases, talks, meetings = set(), set(), set()
    if reference:
        cases |= set(session.scalars(select(Case.id).where(Case.reference == reference, Case.anonymised_at.is_(None))))
    if wanted:
        cases |= _with(session, Case, Case.contact_value, contact, wanted)
        meetings |= _with(session, Appointment, Appointment.value, contact, wanted)
        talks |= _conversations_with(session, wanted)
    found = _whole(session, cases, talks, meetings)
    _log(session, "soeg", found, "", actor, now)
    return found


def chosen(
    session: Session, references: Iterable[str], conversation_ids: Iterable[str], meeting_ids: Iterable[int] = ()
) -> Holdings:
    """Return what was chosen among what a search found; the meetings of a chosen case or conversation go with it."""
    cases = session.scalars(
        select(Case)
        .where(Case.reference.in_(list(references)), Case.anonymised_at.is_(None))
        .order_by(Case.created_at.desc())
    )
    talks = session.scalars(
        select(Conversation).where(Conversation.id.in_(list(conversation_ids))).order_by(Conversation.created_at.desc())
    )
    cases, talks = list(cases), list(talks)
    mine = or_(
        Appointment.id.in_(list(meeting_ids)),
        Appointment.case_id.in_([case.id for case in cases]),
        Appointment.conversation_id.in_([talk.id for talk in talks]),
    )
    meetings = select(Appointment).where(mine, Appointment.status != "holdt", Appointment.anonymised_at.is_(None))
    return Holdings(cases, talks, list(session.scalars(meetings.order_by(Appointment.start_at.desc()))))


def _whole(session: Session, cases: set[int], talks: set[str], meetings: set[int]) -> Holdings:
    """Return the holdings with what belongs together: meeting, case, conversation, main and following cases."""
    while True:
        rows = session.execute(select(Case.id, Case.conversation_id, Case.follows_id).where(_tied(cases, talks))).all()
        ties = or_(Appointment.id.in_(meetings), Appointment.case_id.in_(cases), Appointment.conversation_id.in_(talks))
        met = session.execute(select(Appointment.case_id, Appointment.conversation_id).where(ties)).all()
        more_cases = cases | {row.id for row in rows} | {row.follows_id for row in rows} | {row.case_id for row in met}
        more_talks = talks | {row.conversation_id for row in (*rows, *met)}
        more_cases, more_talks = more_cases - {None}, more_talks - {None}
        if (more_cases, more_talks) == (cases, talks):
            break
        cases, talks = more_cases, more_talks
    references = session.scalars(select(Case.reference).where(Case.id.in_(cases)))
    return chosen(session, references, talks, meetings)


def _tied(cases: set[int], talks: set[str]):
    return or_(Case.id.in_(cases), Case.follows_id.in_(cases), Case.conversation_id.in_(talks))


def _comparable(value: str) -> str | None:
    """Return a phone number or an e-mail address as it is compared, or None when it is neither."""
    if "@" in value:
        return value.lower().replace(" ", "")
    digits = "".join(sign for sign in value if sign.isdigit())
    if len(digits) > 8 and digits.removeprefix("00").startswith("45"):
        digits = digits[-8:]
    return digits if len(digits) >= 8 else None


def _holds(value: str | None, wanted: str) -> bool:
    """Return whether a stored contact holds the one looked for, however it was written."""
    value = (value or "").lower()
    if "@" in wanted:
        return wanted in value.replace("(at)", "@").replace("[at]", "@").replace(" ", "")
    return wanted in "".join(sign for sign in value if sign.isdigit())


def _with(session: Session, table, column, contact: str, wanted: str) -> set[int]:
    """Compare the keyed hash first, then the decrypted contact of the rest: it may hold two numbers, or words."""
    found = set(session.scalars(select(table.id).where(table.contact_hash == contact_hash(contact))))
    query = select(table.id, column).where(column.is_not(None)).execution_options(yield_per=BATCH)
    return found | {number for number, value in session.execute(query) if _holds(value, wanted)}


def _conversations_with(session: Session, wanted: str) -> set[str]:
    kind = "[e-mail %" if "@" in wanted else "[telefon %"
    query = select(PersonalValue.conversation_id, PersonalValue.value).where(PersonalValue.token.like(kind))
    rows = session.execute(query.execution_options(yield_per=BATCH))
    return {conversation_id for conversation_id, value in rows if _holds(value, wanted)}


def held(session: Session, found: Holdings, actor: Actor, now: datetime) -> dict:
    """Return everything held as plain data, what was masked put back, and log that each was read.

    Under `andet` stands, table by table, what else points at a case, a conversation or a meeting.
    """
    for case in found.cases:
        session.add(CaseRead(at=now, case_id=case.id, staff_id=actor.staff_id, token_id=actor.token_id))
    for talk in found.conversations:
        session.add(ConversationRead(at=now, conversation_id=talk.id, staff_id=actor.staff_id))
    for meeting in found.meetings:
        read = {"appointment_id": meeting.id, "case_id": meeting.case_id, "staff_id": actor.staff_id}
        session.add(AppointmentRead(at=now, **read))
    session.flush()
    return {
        "sager": [_case(session, case) for case in found.cases],
        "samtaler": [_conversation(session, talk) for talk in found.conversations],
        "moeder": [_meeting(session, meeting) for meeting in found.meetings],
    }


def _case(session: Session, case: Case) -> dict:
    values = privacy.known_values(session, case.conversation_id) if case.conversation_id else {}
    return {
        **_plain(Case.__table__, _columns(case), values),
        "status_navn": CASE_STATUSES[case.status],
        "afdeling": label("units", case.unit),
        "omraade_navn": label("omraader", case.omraade),
        "forloeb": [
            {"at": e.at.isoformat(), "hvad": EVENT_KINDS.get(e.kind, e.kind), "text": privacy.resolve(e.text, values)}
            for e in case.events
        ],
        "andet": _rest(session, Case.__table__, case.id, values, besides=("case_events", "case_texts", "appointments")),
        "laest": _reads(session, select(CaseRead).where(CaseRead.case_id == case.id).order_by(CaseRead.id)),
    }


def _conversation(session: Session, talk: Conversation) -> dict:
    values = privacy.known_values(session, talk.id)
    reads = select(ConversationRead).where(ConversationRead.conversation_id == talk.id).order_by(ConversationRead.id)
    return {
        **_plain(Conversation.__table__, _columns(talk), values),
        "linjer": [
            {"at": t.at.isoformat(), "who": t.who, "text": privacy.resolve(t.text, values), "topic": t.topic}
            for t in talk.turns
        ],
        "andet": _rest(session, Conversation.__table__, talk.id, values, besides=("turns", "cases", "appointments")),
        "laest": _reads(session, reads),
    }


def _meeting(session: Session, meeting: Appointment) -> dict:
    values = privacy.known_values(session, meeting.conversation_id) if meeting.conversation_id else {}
    table, key = Appointment.__table__, meeting.id
    reads = select(AppointmentRead).where(AppointmentRead.appointment_id == key).order_by(AppointmentRead.id)
    return {
        **_plain(table, _columns(meeting), values),
        "nummer": meeting.id,
        "sag": meeting.case.reference if meeting.case else "",
        "slags": MEETING_KINDS[meeting.kind],
        "status_navn": MEETING_STATUSES[meeting.status],
        "forloeb": [
            {"at": e.at.isoformat(), "hvad": MEETING_EVENT_KINDS[e.kind], "text": privacy.resolve(e.text, values)}
            for e in meeting.events
        ],
        "andet": _rest(session, table, key, values, besides=("appointment_events", "appointment_slices")),
        "laest": _reads(session, reads),
    }


def _reads(session: Session, query) -> list[dict]:
    """Return who looked and when. Tokens of the API have a name too."""
    return [
        {"at": r.at.isoformat(), "hvem": getattr(r.staff or getattr(r, "token", None), "name", "ukendt")}
        for r in session.scalars(query)
    ]


def _rest(session: Session, table: sa.Table, key, values: dict, *, besides: tuple[str, ...]) -> dict[str, list[dict]]:
    found = {}
    for child in Base.metadata.sorted_tables:
        points = [k.parent for k in child.foreign_keys if k.column.table is table]
        if not points or child is table or child.name in (*besides, *_READS):
            continue
        rows = session.execute(select(child).where(or_(*(column == key for column in points)))).mappings().all()
        if rows:
            found[child.name] = [_plain(child, row, values) for row in rows]
    return found


def _columns(row) -> dict:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def _plain(table: sa.Table, row, values: dict) -> dict:
    """Return a row as JSON can hold it, without keys, empty columns and the numbers of rows elsewhere."""
    kept = {}
    for column in table.columns:
        value = row[column.name]
        if value is None or value == "" or column.name in _SECRET or (column.foreign_keys or column.primary_key):
            continue
        if isinstance(value, date):
            value = value.isoformat()
        kept[column.name] = privacy.resolve(value, values) if isinstance(value, str) else value
    for name in ("id", "conversation_id"):  # a conversation is called by its id
        if table.name in ("conversations", "cases") and isinstance(row.get(name), str):
            kept[name] = row[name]
    return kept


def export(session: Session, found: Holdings, actor: Actor, now: datetime) -> bytes:
    """Return a ZIP with everything held, as JSON and as a page to read, and log that it was handed out."""
    data = held(session, found, actor, now)
    _log(session, "udlever", found, "", actor, now)
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("oplysninger.json", json.dumps(data, ensure_ascii=False, indent=2))
        archive.writestr("oplysninger.html", _page().render(**data, made=now))
    return out.getvalue()


@lru_cache(maxsize=1)
def _page():
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["moment"] = _moment
    return environment.from_string((ROOT / "bot" / "indsigt.html").read_text(encoding="utf-8"))


def _moment(when: datetime | str) -> str:
    when = datetime.fromisoformat(when) if isinstance(when, str) else when
    return short_time(when)


def why_not(session: Session, found: Holdings, now: datetime) -> list[str]:
    """Return what stands in the way of erasing, in Danish; nothing when it may be done."""
    reasons = [f"Sagen {c.reference} er åben. Afslut den først." for c in found.cases if c.status in OPEN_STATUSES]
    reasons += [
        f"Sagen {c.reference} skal bevares: {c.preserved_reason}. Ophæv bevaringen først."
        for c in found.cases
        if c.preserved_at
    ]
    reasons += [
        f"Samtalen {t.id[:8]} skal bevares: {t.preserved_reason}. Ophæv bevaringen først."
        for t in found.conversations
        if t.preserved_at
    ]
    reasons += [
        f"Mødet {_moment(m.start_at)} er ikke holdt endnu. Aflys det først."
        for m in found.meetings
        if m.status in UPCOMING and m.start_at > now
    ]
    ids = [t.id for t in found.conversations]
    others = session.scalars(
        select(Case.reference).where(
            Case.conversation_id.in_(ids), Case.reference.not_in([c.reference for c in found.cases])
        )
    )
    return reasons + [f"En af samtalerne hører til sagen {reference}. Vælg også den." for reference in others]


def erase(session: Session, found: Holdings, reason: str, actor: Actor, now: datetime) -> None:
    """Erase what was chosen: conversations wholly, of cases and meetings all but what the figures count by; and log it.

    All or nothing. Raises InvalidInput without a reason or when nothing was chosen, and InvalidState when something is
    preserved, open, or belongs to a case that was not chosen.
    """
    reason = " ".join(privacy.clean(reason).split())
    if not found:
        raise InvalidInput("Vælg, hvad der skal slettes.")
    if not reason:
        raise InvalidInput("Skriv, hvorfor det skal slettes.")
    if len(reason) > MAX_REASON:
        raise InvalidInput(f"Begrundelsen er for lang. Skriv højst {MAX_REASON} tegn.")
    hindrances = why_not(session, found, now)
    if hindrances:
        raise InvalidState(" ".join(hindrances))
    _log(session, "slet", found, reason, actor, now)
    talks = [talk.id for talk in found.conversations]
    for meeting in found.meetings:
        anonymise_meeting(session, meeting, now)
    for case in found.cases:
        anonymise(session, case, now)
        session.add(CaseEvent(case_id=case.id, at=now, kind="anonymiseret", text="", staff_id=actor.staff_id))
        session.flush()
    forget_conversations(session, talks)


def _log(session: Session, kind: str, found: Holdings, reason: str, actor: Actor, now: datetime) -> None:
    session.add(PersonLog(at=now, staff_id=actor.staff_id, kind=kind, reason=reason, items=found.items))
    session.flush()


def log(session: Session) -> list[PersonLog]:
    """Return the latest searches, handings out and erasures, newest first."""
    return list(session.scalars(select(PersonLog).order_by(PersonLog.id.desc()).limit(LOG_SHOWN)))
