"""The filtered list as a file: one row per case with ids and what people read for them, CSV or Excel.

A file leaves the system, so it holds what counting and planning need and no more: no contact, no story, no
conversation. Taking one is a reading of every case in it. It is logged as one line with the filters and the cases.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import queue
from casework.cases import Actor
from casework.clock import COPENHAGEN
from casework.enums import CASE_PRIORITIES, CASE_STATUSES, COMPETENCE, OPEN_STATUSES
from casework.errors import InvalidInput
from casework.models import Case, CaseExport, Staff
from casework.queue_filters import Filters
from casework.taxonomy import label
from casework.urgency import RANKS, rank

FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
COLUMNS = (
    *("Nummer", "Modtaget", "Alder i dage", "Status (id)", "Status", "Prioritet (id)", "Prioritet"),
    *("Udløber først", "Hvad der udløber", "Svar lovet", "Besvaret", "Lukket", "Ansvarlig"),
    *("Emne (id)", "Emne", "Område (id)", "Område", "Afdeling (id)", "Afdeling", "Center (id)", "Center"),
    *("Årsag (id)", "Årsag", "Håndtering (id)", "Håndtering", "Afgørelse modtaget", "Klagefrist"),
    *("Anonym", "Må tale med afdelingen", "Kompetence (id)", "Kompetence", "Hovedsag"),
)
CHUNK = 1_000
MAX_XLSX = 20_000  # rows; a workbook takes some fifty times as long to write as the same list as CSV
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_PRIORITIES = {number: key for key, number in RANKS.items()}


def begin(session: Session, filters: Filters, form: str, actor: Actor, today: date, now: datetime) -> list[int]:
    """Return the cases the filters let through, in the order of the queue, and log that `actor` takes them out.

    Raises InvalidInput when the search is too long, or the list is too long for a workbook.
    """
    ids = queue.all_ids(session, filters, actor, today)
    if form == "xlsx" and len(ids) > MAX_XLSX:
        raise InvalidInput("Listen er for lang til en Excel-fil. Hent den som CSV, som Excel også kan åbne.")
    session.add(
        CaseExport(
            at=now, staff_id=actor.staff_id, form=form, filters=filters.kept(), count=len(ids), case_ids=_runs(ids)
        )
    )
    return ids


def as_csv(session: Session, ids: list[int], today: date) -> Iterator[bytes]:
    """Yield the file bit by bit as Danish Excel opens it: UTF-8 with a mark, semicolons between."""
    yield "\ufeff".encode()
    for rows in _chunks(session, ids, today):
        text = io.StringIO()
        csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([_plain(v) for v in row] for row in rows)
        yield text.getvalue().encode()


def as_xlsx(session: Session, ids: list[int], today: date) -> IO[bytes]:
    """Return the file, written row by row on disk; it is gone when it is closed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sager")
    sheet.freeze_panes = "B2"
    for number, rows in enumerate(_chunks(session, ids, today)):
        for row in rows if number else ():
            sheet.append(row)
        if not number:
            sheet.append([_heading(sheet, name) for name in rows[0]])
    file = tempfile.TemporaryFile()
    book.save(file)
    file.seek(0)
    return file


def safe(value: str) -> str:
    """Return text no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    value = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{value}" if value.lstrip(" \u00a0").startswith(_FORMULA) or value.startswith(_FORMULA) else value


def _heading(sheet, name: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, name)
    cell.font = Font(bold=True)
    return cell


def _plain(value) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _chunks(session: Session, ids: list[int], today: date) -> Iterator[list[tuple]]:
    """Yield the headings, then the rows, so many at a time that the longest list needs no more memory than this."""
    yield [COLUMNS]
    running = queue.clocks(today)
    main = Case.__table__.alias()
    columns = (
        *(Case.id, Case.reference, Case.created_at, Case.status, Case.topic, Case.omraade, Case.unit, Case.center),
        *(Case.cause, Case.handling, Case.respond_by, Case.answered_at, Case.closed_at, Case.decision_date),
        *(Case.complaint_deadline, Case.anonymous, Case.consent_forward, Case.competence),
        *(Staff.name.label("who"), main.c.reference.label("main"), rank(today).label("rank")),
        *(clock.day.label(clock.id) for clock in running),
    )
    query = (
        select(*columns).outerjoin(Staff, Staff.id == Case.assigned_to_id).outerjoin(main, main.c.id == Case.follows_id)
    )
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        found = {row.id: row for row in session.execute(query.where(Case.id.in_(some)))}
        yield [_line(found[number], running, today) for number in some if number in found]


def _line(row, running: tuple[queue.Clock, ...], today: date) -> tuple:
    ahead = {getattr(row, clock.id): clock.label for clock in reversed(running) if getattr(row, clock.id)}
    first = min(ahead) if ahead and row.status in OPEN_STATUSES else None
    priority, within = _PRIORITIES[row.rank], (row.competence or {}).get("within") or ""
    line = (
        *(row.reference, _day(row.created_at), (today - _day(row.created_at)).days),
        *(row.status, CASE_STATUSES[row.status], priority, CASE_PRIORITIES[priority]),
        *(first, ahead.get(first, ""), row.respond_by, _day(row.answered_at), _day(row.closed_at), row.who),
        *(row.topic, label("topics", row.topic), row.omraade, label("omraader", row.omraade)),
        *(row.unit, label("units", row.unit), row.center, label("centres", row.center)),
        *(row.cause, label("causes", row.cause), row.handling, label("handlings", row.handling)),
        *(row.decision_date, row.complaint_deadline, _yes(row.anonymous), _yes(row.consent_forward)),
        *(within, COMPETENCE.get(within, within), row.main),
    )
    return tuple(safe(value) if isinstance(value, str) else value for value in line)


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(COPENHAGEN).date() if moment else None


def _yes(value: bool) -> str:
    return "Ja" if value else "Nej"


def _runs(ids: list[int]) -> str:
    """Return the ids as runs: "7,10-4211"."""
    runs: list[list[int]] = []
    for number in sorted(ids):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
