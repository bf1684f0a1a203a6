"""Who saw or changed which case, and what happened to accounts; and the same of one citizen as a list to hand out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Integer, String, cast, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, joinedload

from casework.calendar import midnight
from casework.cases import Actor
from casework.clock import COPENHAGEN
from casework.enums import ACCESS_KINDS, EVENT_KINDS
from casework.errors import InvalidInput, NotFound
from casework.models import (
    AccessEvent,
    ApiToken,
    AppointmentRead,
    Case,
    CaseEvent,
    CaseExport,
    CaseRead,
    ConversationRead,
    Staff,
)
from casework.related import contact_hash

PAGE_SIZE = 100
READINGS = {"set": "Set", "samtale": "Samtalen set", "aftale": "Mødet set", "hentet": "Hentet i en liste"}
SCOPES = {"sag": "Kun denne sag", "kontakt": "Alle sager fra samme borger"}
COLUMNS = ("Tidspunkt", "Sag", "Hvad", "Hvem", "Adgang")


class Line(NamedTuple):
    """One reading or change of one case."""

    at: datetime
    reference: str
    kind: str
    who: str
    access: str
    count: int | None = None  # of the cases in a list that was taken out; `reference` is empty when they are not told

    @property
    def what(self) -> str:
        """What was done, in words."""
        words = {**EVENT_KINDS, **READINGS}.get(self.kind, self.kind)
        return f"{words} med {self.count} {'sag' if self.count == 1 else 'sager'}" if self.count else words


class Filters(NamedTuple):
    """What to show: `who` is "p12" for a person and "n3" for a key to the API; days are whole days in Copenhagen."""

    who: str = ""
    reference: str = ""
    first: date | None = None
    last: date | None = None


def seen(session: Session, cases: Iterable[Case], actor: Actor, now: datetime) -> None:
    """Log that `actor` was shown these cases with what is personal in them, as the API's list does."""
    session.add_all(
        CaseRead(at=now, case_id=case.id, staff_id=actor.staff_id, token_id=actor.token_id) for case in cases
    )


def lines(session: Session, filters: Filters, page: int = 1) -> tuple[list[Line], int]:
    """Return one page of readings and changes of cases, the newest first, and how many there are in all."""
    found = _readings_and_changes(session, filters)
    total = session.scalar(select(func.count()).select_from(found))
    rows = session.execute(
        select(found)
        .order_by(found.c.at.desc(), found.c.kind, found.c.id.desc())
        .limit(PAGE_SIZE)
        .offset((max(page, 1) - 1) * PAGE_SIZE)
    )
    return _named(session, rows), total


def access_events(session: Session, filters: Filters, page: int = 1) -> tuple[list[AccessEvent], int]:
    """Return one page of sign-ins, refusals and what was done to accounts, the newest first, and how many in all."""
    query = select(AccessEvent).where(*_within(AccessEvent.at, filters))
    kind, number = _who(filters.who)
    if kind == "p":
        query = query.where(or_(AccessEvent.staff_id == number, AccessEvent.by_id == number))
    elif kind == "n":
        return [], 0
    total = session.scalar(select(func.count()).select_from(query.subquery()))
    query = query.options(joinedload(AccessEvent.person), joinedload(AccessEvent.by)).order_by(AccessEvent.id.desc())
    return list(session.scalars(query.limit(PAGE_SIZE).offset((max(page, 1) - 1) * PAGE_SIZE))), total


def people(session: Session) -> dict[str, str]:
    """Return everyone who can stand in the log, for a list to choose from: key → name."""
    staff = session.execute(select(Staff.id, Staff.name).order_by(func.lower(Staff.name)))
    keys = session.execute(select(ApiToken.id, ApiToken.name).order_by(ApiToken.id))
    return {**{f"p{number}": name for number, name in staff}, **{f"n{number}": f"API: {name}" for number, name in keys}}


def of_case(session: Session, reference: str, scope: str, actor: Actor, now: datetime) -> list[Line]:
    """Return every reading and change of one case, or of all cases with the same contact, the oldest first.

    What a citizen may ask for when she wants to know who has looked at her case. Having it made out is itself logged.
    Raises NotFound for an unknown case, InvalidInput for an unknown scope and when the case has no contact.
    """
    if scope not in SCOPES:
        raise InvalidInput("Vælg, om loggen skal gælde sagen eller borgeren.")
    case = session.scalar(select(Case).where(Case.reference == reference.strip().upper()))
    if case is None:
        raise NotFound("Der er ingen sag med det nummer.")
    ids = [case.id] if scope == "sag" else same_contact(session, case)
    found = _readings_and_changes(session, Filters(), case_ids=ids)
    rows = session.execute(select(found).order_by(found.c.at, found.c.kind, found.c.id))
    detail = f"{case.reference} ({SCOPES[scope].lower()})"
    session.add(AccessEvent(at=now, kind="udtraek", staff_id=actor.staff_id, detail=detail))
    return _named(session, rows)


def same_contact(session: Session, case: Case) -> list[int]:
    """Return the ids of the cases with the same phone number, e-mail or address as this one, itself among them.

    Cases from before contacts had a mark to compare are read one by one. Raises InvalidInput when there is none.
    """
    wanted = contact_hash(case.contact_value)
    if case.anonymous or wanted is None:
        raise InvalidInput("Sagen er anonym, så vi ved ikke, hvilke andre sager borgeren har. Hent loggen for sagen.")
    marked = session.scalars(select(Case.id).where(Case.contact_hash == wanted, Case.anonymous.is_(False)))
    unmarked = session.execute(
        select(Case.id, Case.contact_value).where(
            Case.contact_hash.is_(None), Case.contact_value.is_not(None), Case.anonymous.is_(False)
        )
    )
    return sorted({case.id, *marked, *(number for number, value in unmarked if contact_hash(value) == wanted)})


def as_csv(found: Iterable[Line]) -> bytes:
    """Return the lines as a file that a Danish spreadsheet opens; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in found:
        at = line.at.astimezone(COPENHAGEN).strftime("%d.%m.%Y %H:%M:%S")
        writer.writerow([_harmless(cell) for cell in (at, line.reference, line.what, line.who, line.access)])
    return out.getvalue().encode("utf-8-sig")


def what_happened(event: AccessEvent) -> str:
    """Return what happened to an account, in words."""
    return ACCESS_KINDS.get(event.kind, event.kind)


def _readings_and_changes(session: Session, filters: Filters, case_ids: list[int] | None = None):
    """Return the union of all that tells of a case, with at, kind, id, reference, staff_id, token_id and count."""
    kind, number = _who(filters.who)
    if filters.reference and case_ids is None:
        wanted = filters.reference.strip().upper()
        case_ids = list(session.scalars(select(Case.id).where(Case.reference == wanted)))
    no_number = cast(null(), Integer)
    parts = []
    for table, what, at_case in (
        (CaseRead, literal("set", String), CaseRead.case_id == Case.id),
        (CaseEvent, CaseEvent.kind, CaseEvent.case_id == Case.id),
        (ConversationRead, literal("samtale", String), ConversationRead.conversation_id == Case.conversation_id),
        (AppointmentRead, literal("aftale", String), AppointmentRead.case_id == Case.id),
    ):
        token = getattr(table, "token_id", no_number)
        if kind == "n" and token is no_number:
            continue
        columns = (table.at, what.label("kind"), table.id, Case.reference, table.staff_id)
        query = select(*columns, token.label("token_id"), no_number.label("count")).join_from(table, Case, at_case)
        if case_ids is not None:
            query = query.where(Case.id.in_(case_ids))
        if kind:
            query = query.where((table.staff_id if kind == "p" else token) == number)
        parts.append(query.where(*_within(table.at, filters)))
    if kind != "n":
        parts += _exports(session, filters, case_ids, number if kind == "p" else None, no_number)
    return union_all(*parts).subquery()


def _exports(session: Session, filters: Filters, case_ids: list[int] | None, staff_id: int | None, no_number) -> list:
    """Return the queries for lists taken out as files: one line each, or one for each of the wanted cases in it."""
    narrowed = [*_within(CaseExport.at, filters)] + ([CaseExport.staff_id == staff_id] if staff_id else [])
    columns = (CaseExport.at, literal("hentet", String).label("kind"), CaseExport.id)
    if case_ids is None:
        whole = select(*columns, literal("", String).label("reference"), CaseExport.staff_id)
        return [whole.add_columns(no_number.label("token_id"), CaseExport.count.label("count")).where(*narrowed)]
    taken = session.execute(select(CaseExport.id, CaseExport.case_ids).where(*narrowed))
    runs = {number: _runs(text) for number, text in taken}
    queries = []
    for case_id, reference in session.execute(select(Case.id, Case.reference).where(Case.id.in_(case_ids))):
        held = [number for number, spans in runs.items() if any(low <= case_id <= high for low, high in spans)]
        if held:
            one = select(*columns, literal(reference, String).label("reference"), CaseExport.staff_id)
            one = one.add_columns(no_number.label("token_id"), no_number.label("count"))
            queries.append(one.where(CaseExport.id.in_(held)))
    return queries


def _runs(text: str) -> list[tuple[int, int]]:
    """Return the spans of "7,10-4211"."""
    spans = (part.partition("-") for part in text.split(",") if part)
    return [(int(low), int(high or low)) for low, _, high in spans]


def _within(column, filters: Filters) -> list:
    found = []
    if filters.first:
        found.append(column >= midnight(filters.first))
    if filters.last:
        found.append(column < midnight(filters.last + timedelta(days=1)))
    return found


def _who(key: str) -> tuple[str, int]:
    if not key:
        return "", 0
    match = re.fullmatch(r"([pn])([0-9]{1,9})", key)
    if not match:
        raise InvalidInput("Vælg en person på listen.")
    return match[1], int(match[2])


def _named(session: Session, rows) -> list[Line]:
    rows = list(rows)
    staff = _names(session, Staff, {row.staff_id for row in rows})
    keys = _names(session, ApiToken, {row.token_id for row in rows})
    named = []
    for row in rows:
        if row.staff_id is not None:
            who, access = staff[row.staff_id], "Login"
        elif row.token_id is not None:
            who, access = keys[row.token_id], "API-nøgle"
        else:
            who, access = "Borgeren eller systemet", ""
        named.append(Line(row.at, row.reference, row.kind, who, access, row.count))
    return named


def _names(session: Session, table, ids: set) -> dict[int, str]:
    return dict(session.execute(select(table.id, table.name).where(table.id.in_(ids - {None}))).all())


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell
