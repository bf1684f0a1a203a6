"""The adviser's queue: which cases a person sees, in which order and why, page by page."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy import case as sql_case
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, joinedload, load_only, selectinload
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.functions import GenericFunction

from casework import queue_search
from casework.calendar import midnight
from casework.cases import Actor
from casework.clock import COPENHAGEN
from casework.enums import CASE_STATUSES, OPEN_STATUSES
from casework.models import Case, CaseEvent, CaseRead, CaseText, Conversation, Message, Question, Staff
from casework.queue_filters import UNKNOWN, Filters
from casework.urgency import RANKS, rank, why

PAGE_SIZE = 50
COUNTED = 1_000  # so far is counted; beyond it "over 1.000" is all anybody needs to know
NEVER = date(9999, 12, 31)
ENDED = tuple(status for status in CASE_STATUSES if status not in OPEN_STATUSES)
UNSEEN, NEWS = "ulaest", "nyt"


class Clock(NamedTuple):
    """Something that expires: its id, what staff call it, and the day as SQL, null where it does not run."""

    id: str
    label: str
    day: ColumnElement


def clocks(today: date) -> tuple[Clock, ...]:
    """Return what may expire for an open case. The queue sorts by the first of them; a new clock is one entry here.

    The complaint deadline while it is ahead, the adviser's promise of ten working days until she has answered (fact
    br-svar-10-hverdage), and the day a department owes her an answer.
    """
    owed = select(func.min(Question.due)).where(Question.case_id == Case.id, Question.answered_at.is_(None))
    return (
        Clock("klagefrist", "Klagefrist", sql_case((Case.complaint_deadline >= today, Case.complaint_deadline))),
        Clock("svar", "Svar lovet", sql_case((Case.answered_at.is_(None), Case.respond_by))),
        Clock("afdeling", "Afdelingens svar", owed.correlate(Case).scalar_subquery()),
    )


class Row(NamedTuple):
    """A case in the list. `expires` is None where no clock runs; `unread` is ulaest, nyt or empty."""

    case: Case
    expires: date | None
    clock: str
    days_left: int | None
    why: list[str]
    age: int
    unread: str
    summary: queue_search.Parts
    snippet: queue_search.Parts
    exact: bool  # it stands here because its number was typed, whatever the filters


class Page(NamedTuple):
    """A page of the list. `total` counts no further than COUNTED + 1; `previous` and `next` are keys, or None."""

    rows: list[Row]
    total: int
    previous: str | None
    next: str | None


class _Earliest(GenericFunction):
    name = "least"
    type = sa.Date()
    inherit_cache = True


@compiles(_Earliest, "sqlite")
def _min(element, compiler, **how) -> str:
    return f"min({compiler.process(element.clauses, **how)})"


def expires(today: date) -> ColumnElement:
    """Return as SQL the day the first of an open case's clocks runs out, or NEVER."""
    return _Earliest(*(func.coalesce(clock.day, sa.literal(NEVER, sa.Date)) for clock in clocks(today)))


class _Part(NamedTuple):
    """Open or closed cases: what must hold besides and what they are sorted by, ending with the id.

    All parts of a list ask the same of a case, so that they can be counted together.
    """

    name: str
    statuses: list[str]
    where: list[ColumnElement]
    order: tuple[ColumnElement, ...]
    newest_first: bool


def page(
    session: Session,
    filters: Filters,
    actor: Actor,
    today: date,
    *,
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """Return the page after or before a key, or the first one: akut, then what expires first, then what is closed.

    Akut stands above the rest, for a promise that is broken already must not hide a right that is lost in three days.

    A case whose number is typed in the search stands first, whatever the other filters say. A key that cannot be read
    gives the first page. Raises InvalidInput when the search is too long.
    """
    exact = by_reference(session, filters.q, today)
    parts = _parts(session, filters, actor, today, besides=exact)
    start = _read_key(after or before)
    back = bool(start and before and not after)
    found = _walk(session, parts, start, back, PAGE_SIZE + 1)
    if back and len(found) <= PAGE_SIZE:  # the beginning is near: show all of the first page
        start, back = None, False
        found = _walk(session, parts, None, False, PAGE_SIZE + 1)
    more = len(found) > PAGE_SIZE
    found = found[:PAGE_SIZE]
    if back:
        found.reverse()
    previous = _key(found[0]) if found and (more if back else start) else None
    following = _key(found[-1]) if found and (back or more) else None
    ids = [row.id for row in found]
    if exact and not start:
        ids.insert(0, exact)
    total = min(count(session, parts, COUNTED + 1) + bool(exact), COUNTED + 1)
    return Page(_rows(session, ids, filters, actor, today, exact), total, previous, following)


def numbered(session: Session, filters: Filters, actor: Actor, today: date, number: int) -> tuple[list[Case], int]:
    """Return page `number` and how many cases there are in all, for the staff API; here the filters always hold."""
    exact = by_reference(session, filters.q, today, _conditions(filters, actor, today))
    parts = _parts(session, filters, actor, today, besides=exact)
    ids, skip, total = [exact] if exact and number == 1 else [], max(number - 1, 0) * PAGE_SIZE, int(bool(exact))
    if exact and number > 1:
        skip -= 1
    for part in parts:
        there = count(session, [part])
        if skip < there and len(ids) < PAGE_SIZE:
            ids += [row.id for row in _select(session, part, None, False, PAGE_SIZE - len(ids), skip)]
        skip, total = max(skip - there, 0), total + there
    return _cases(session, ids), total


def all_ids(session: Session, filters: Filters, actor: Actor, today: date) -> list[int]:
    """Return every case the filters let through, in the order of the queue."""
    exact = by_reference(session, filters.q, today)
    parts = _parts(session, filters, actor, today, besides=exact)
    return ([exact] if exact else []) + [row.id for row in _walk(session, parts, None, False, None)]


def open_count(session: Session) -> int:
    """Return how many cases are open."""
    return session.scalar(select(func.count(Case.id)).where(Case.status.in_(OPEN_STATUSES)))


def unread_count(session: Session, actor: Actor) -> int:
    """Return how many open cases have something this person has not seen; no further than COUNTED + 1."""
    some = select(Case.id).where(Case.status.in_(OPEN_STATUSES), _unread(actor)).limit(COUNTED + 1)
    return session.scalar(select(func.count()).select_from(some.subquery()))


def by_reference(session: Session, typed: str, today: date, where: list[ColumnElement] | None = None) -> int | None:
    """Return the id of the case whose number is typed, whole or its last five signs; the newest year first."""
    meant = queue_search.references(typed, today.year + 1) if typed else []
    query = select(Case.id).where(Case.reference.in_(meant), *(where or ())).order_by(Case.reference.desc()).limit(1)
    return session.scalar(query) if meant else None


def count(session: Session, parts: list[_Part], limit: int | None = None) -> int:
    """Return how many cases the parts hold together, counting no further than `limit`."""
    if not parts:
        return 0
    statuses = [status for part in parts for status in part.statuses]
    some = select(Case.id).where(Case.status.in_(statuses), *parts[0].where).limit(limit)
    return session.scalar(select(func.count()).select_from(some.subquery()))


def _parts(session: Session, filters: Filters, actor: Actor, today: date, besides: int | None) -> list[_Part]:
    where = _conditions(filters, actor, today)
    wanted = queue_search.understand(filters.q)
    if filters.q:
        where.append(queue_search.condition(session, wanted, bool(filters.answers)) if wanted else sa.false())
    if besides:
        where.append(Case.id != besides)
    chosen = {"aabne": OPEN_STATUSES, "alle": tuple(CASE_STATUSES)}.get(filters.status, (filters.status,))
    still_open = [status for status in chosen if status in OPEN_STATUSES]
    ended = [status for status in chosen if status in ENDED]
    if filters.expires:  # only what is open expires
        where.append(expires(today) <= filters.expires)
        ended = []
    hurry = (sql_case((rank(today) == RANKS["akut"], 0), else_=1), expires(today), Case.id)
    newest = (func.coalesce(Case.closed_at, Case.created_at), Case.id)
    parts = (_Part("a", still_open, where, hurry, False), _Part("l", ended, where, newest, True))
    return [part for part in parts if part.statuses]


def _conditions(filters: Filters, actor: Actor, today: date) -> list[ColumnElement]:
    """Return what all filters but status, search and `expires` ask."""
    where = []
    for column, value in ((Case.unit, filters.unit), (Case.center, filters.center), (Case.omraade, filters.omraade)):
        if value:
            where.append(column.is_(None) if value == UNKNOWN else column == value)
    if filters.priority:
        where.append(rank(today) == RANKS[filters.priority])
    if filters.assigned:
        mine = Case.assigned_to_id == (actor.staff_id or 0)
        nobody = Case.assigned_to_id.is_(None)
        where.append({"mine": mine, "ingen": nobody, "taget": ~nobody}[filters.assigned])
    if filters.unread:
        where.append(_unread(actor))
    if filters.since:
        where.append(Case.created_at >= midnight(filters.since))
    if filters.until:
        where.append(Case.created_at < midnight(filters.until + timedelta(days=1)))
    return where


def _last_read(actor: Actor) -> ColumnElement:
    mine = select(func.max(CaseRead.at)).where(CaseRead.case_id == Case.id, CaseRead.staff_id == (actor.staff_id or 0))
    return mine.correlate(Case).scalar_subquery()


def _unread(actor: Actor) -> ColumnElement:
    """Return as SQL whether something has happened that this person has not seen, by the log of who read what.

    An open case she has never read, a line on the timeline from somebody else, or something said in the conversation.
    The log is asked rather than a mark of its own: it is written at every reading already, and two would drift apart.
    """
    others = or_(CaseEvent.staff_id.is_(None), CaseEvent.staff_id != (actor.staff_id or 0))
    event = select(func.max(CaseEvent.at)).where(CaseEvent.case_id == Case.id, others).correlate(Case).scalar_subquery()
    said = select(Conversation.last_at).where(Conversation.id == Case.conversation_id).correlate(Case).scalar_subquery()
    read = _last_read(actor)
    return or_(and_(read.is_(None), Case.status.in_(OPEN_STATUSES)), event > read, said > read)


def _walk(session: Session, parts: list[_Part], start: _Key | None, back: bool, limit: int | None) -> list:
    """Return up to `limit` rows after (or before) a key, going on into the next part where one ends."""
    found, reached = [], start is None
    for part in reversed(parts) if back else parts:
        here = start if start and part.name == start.part else None
        reached = reached or here is not None
        if reached and (limit is None or len(found) < limit):
            found += _select(session, part, here, back, None if limit is None else limit - len(found))
    return found


def _select(session: Session, part: _Part, start: _Key | None, back: bool, limit: int | None, skip: int = 0) -> list:
    names = ("first", "second") if len(part.order) == 3 else ("first",)
    labels = [column.label(name) for column, name in zip(part.order, names, strict=False)]
    query = select(Case.id, sa.literal(part.name).label("part"), *labels)
    query = query.where(Case.status.in_(part.statuses), *part.where)
    falling = part.newest_first != back
    if start:
        place = tuple_(*(sa.literal(v, c.type) for v, c in zip(start.values, part.order, strict=True)))
        query = query.where(tuple_(*part.order) < place if falling else tuple_(*part.order) > place)
    query = query.order_by(*(column.desc() if falling else column for column in part.order))
    return session.execute(query.limit(limit).offset(skip or None)).all()


class _Key(NamedTuple):
    """A place in the list, told by the row that stands there: what it is sorted by."""

    part: str
    values: tuple


def _key(row) -> str:
    first = row.first.astimezone(timezone.utc).isoformat() if row.part == "l" else row.first
    second = [] if row.part == "l" else [row.second.isoformat()]
    return "~".join(str(value) for value in (row.part, first, *second, row.id))


def _read_key(written: str | None) -> _Key | None:
    part, *values = (written or "").split("~")
    try:
        if part == "a":
            calm, day, number = values
            return _Key(part, (int(calm), date.fromisoformat(day), int(number)))
        if part == "l":
            at, number = values
            return _Key(part, (_utc(datetime.fromisoformat(at)), int(number)))
    except ValueError:
        pass
    return None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


def _cases(session: Session, ids: list[int], *options) -> list[Case]:
    """Return the cases in the order of `ids`."""
    query = select(Case).where(Case.id.in_(ids)).options(joinedload(Case.assigned_to).load_only(Staff.name), *options)
    found = {case.id: case for case in session.scalars(query)}
    return [found[number] for number in ids if number in found]


def _rows(
    session: Session, ids: list[int], filters: Filters, actor: Actor, today: date, exact: int | None
) -> list[Row]:
    shown = load_only(
        *(Case.reference, Case.status, Case.created_at, Case.summary, Case.unit, Case.omraade, Case.danger),
        *(Case.complaint_deadline, Case.answered_at, Case.respond_by, Case.assigned_to_id, Case.closed_at),
    )
    told = (  # what `urgency.why` looks at
        selectinload(Case.questions).load_only(Question.case_id, Question.unit, Question.due, Question.answered_at),
        selectinload(Case.messages).load_only(Message.case_id, Message.kind, Message.at),
    )
    running = {clock.id: clock for clock in clocks(today)}
    days = select(Case.id, *(clock.day.label(name) for name, clock in running.items())).where(Case.id.in_(ids))
    days_of = {row.id: {name: getattr(row, name) for name in running} for row in session.execute(days)}
    marks = select(Case.id, sql_case((_last_read(actor).is_(None), UNSEEN), else_=NEWS)).where(
        Case.id.in_(ids), _unread(actor)
    )
    unread = dict(session.execute(marks).all()) if actor.staff_id else {}
    wanted = queue_search.understand(filters.q)
    texts = _texts(session, ids, bool(filters.answers)) if filters.q else {}
    rows = []
    for case in _cases(session, ids, shown, *told):
        ahead = {day: name for name, day in reversed(days_of[case.id].items()) if day}
        first = min(ahead) if ahead and case.status in OPEN_STATUSES else None
        summary = queue_search.marked(case.summary, wanted)
        in_summary = any(hit for _, hit in summary)
        rows.append(
            Row(
                case=case,
                expires=first,
                clock=running[ahead[first]].label if first else "",
                days_left=(first - today).days if first else None,
                why=why(case, today),
                age=(today - case.created_at.astimezone(COPENHAGEN).date()).days,
                unread=unread.get(case.id, ""),
                summary=summary,
                snippet=[] if in_summary else queue_search.snippet(texts.get(case.id, ()), wanted),
                exact=case.id == exact,
            )
        )
    return rows


def _texts(session: Session, ids: list[int], answers: bool) -> dict[int, tuple[str, ...]]:
    columns = (CaseText.sag, CaseText.samtale, CaseText.svar) if answers else (CaseText.sag, CaseText.samtale)
    return {
        row[0]: tuple(row[1:])
        for row in session.execute(select(CaseText.case_id, *columns).where(CaseText.case_id.in_(ids)))
    }
