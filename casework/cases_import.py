"""Cases taken in from a file: the registration of years before this system, so that the annual figures have them too.

A file holds the registration and nothing else, so there is nothing personal in it. The cases are closed; they have no
text, contact, conversation or code, and no answer is known of.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework.clock import COPENHAGEN
from casework.dates import read_day
from casework.db import present
from casework.directory import center_of
from casework.enums import CASE_KINDS
from casework.errors import InvalidInput, InvalidState
from casework.models import Case, CaseEvent, CaseImport
from casework.taxonomy import centres_in, label, taxonomy

COLUMNS = ("received", "center", "unit", "cause", "handling", "kind", "follows")
FIRST_YEAR = 2000
SHOWN = 50
_NOON = time(12)
_PROMISE = timedelta(days=14)  # a day must stand there; the answer is not measured


@dataclass
class Line:
    """One row of the file; `follows` is the line number of an earlier row, or a reference."""

    number: int
    received: date | None = None
    center: str | None = None
    unit: str | None = None
    cause: str | None = None
    handling: str | None = None
    kind: str | None = None
    follows: int | str | None = None
    wrong: list[str] = field(default_factory=list)


class Taken(NamedTuple):
    """What was taken in: how many cases, from which day to which, how many follow another, and the first one's line
    and reference."""

    count: int
    first: date
    last: date
    following: int
    line: int
    reference: str


def template() -> bytes:
    """Return a file with the heading and one row to write over, as Danish Excel opens it."""
    text = io.StringIO()
    row = ("2022-03-14", "", "ltk.byggesag", "langsommelig", "dialog_afdeling", "klage", "")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([COLUMNS, row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def take_in(session: Session, content: bytes, now: datetime, today: date, *, again: bool = False) -> Taken:
    """Store every row as a closed case, or none. `again` takes in once more what has been taken in before.

    Raises InvalidInput with a line for each error, at most SHOWN of them, and InvalidState when the same rows have been
    taken in before, whatever the file looks like.
    """
    lines = read(content, today)
    _find_mains(session, lines)
    _refuse(lines)
    digest = _digest(lines)
    before = session.scalar(select(func.count()).select_from(CaseImport).where(CaseImport.digest == digest))
    if before and not again:
        raise _known(session, digest)
    days = [line.received for line in lines]
    about = CaseImport(
        at=now, digest=digest, number=before + 1, count=len(lines), first_day=min(days), last_day=max(days)
    )
    try:
        with session.begin_nested():
            session.add(about)
            session.flush()
    except IntegrityError:  # somebody takes in the same at this moment
        raise _known(session, digest) from None
    _store(session, lines, about, now)
    following = sum(line.follows is not None for line in lines)
    return Taken(len(lines), about.first_day, about.last_day, following, lines[0].number, _reference(about, lines[0]))


def read(content: bytes, today: date) -> list[Line]:
    """Return the rows with what is wrong with each. Raises InvalidInput when it is no such file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("Filen er ikke gemt som UTF-8. Vælg „CSV UTF-8“, når du gemmer den.") from None
    first = next((line for line in text.splitlines() if line.strip()), "")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True)
    heads, lines, begins = None, [], 1
    try:
        for row in rows:
            number, begins = begins, rows.line_num + 1
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if heads is None:
                heads = _heads(cells)
            elif len(cells) != len(heads):
                lines.append(Line(number, wrong=[f"der er {len(cells)} felter, men {len(heads)} overskrifter"]))
            else:
                lines.append(_line(number, dict(zip(heads, cells, strict=True)), today))
    except csv.Error as error:
        raise InvalidInput(f"Linje {begins}: kan ikke læses som CSV ({error}). Intet er taget ind.") from None
    if not lines:
        raise InvalidInput("Der er ingen sager i filen.")
    return lines


def _heads(cells: list[str]) -> list[str]:
    heads = [cell.lower() for cell in cells]
    missing, unknown = [c for c in COLUMNS if c not in heads], [c for c in heads if c not in COLUMNS]
    twice = sorted({c for c in heads if heads.count(c) > 1})
    for names, text in ((missing, "mangler"), (unknown, "er ukendte"), (twice, "står der to gange")):
        if names:
            named = ", ".join(name or "(tom)" for name in names)
            raise InvalidInput(f"Første linje skal være overskrifter: {','.join(COLUMNS)}. Der {text}: {named}.")
    return heads


def _line(number: int, given: dict[str, str], today: date) -> Line:
    line = Line(number, read_day(given["received"]))
    if line.received is None:
        line.wrong.append(_bad("received", given, "skriv dagen som 2025-12-31 eller 31.12.2025"))
    elif line.received > today:
        line.wrong.append(_bad("received", given, "dagen er ikke kommet endnu"))
    elif line.received.year < FIRST_YEAR:
        line.wrong.append(_bad("received", given, f"dagen ligger før {FIRST_YEAR}"))
    for name, kind, needed in (
        *(("cause", "causes", True), ("handling", "handlings", True)),
        *(("unit", "units", False), ("center", "centres", False)),
    ):
        value = given[name]
        if value and value not in taxonomy()[kind]:
            line.wrong.append(_bad(name, given, "findes ikke i bot/taxonomy.yml"))
        elif not value and needed:
            line.wrong.append(f"{name} mangler")
        else:
            setattr(line, name, value or None)
    if given["kind"] and given["kind"] not in CASE_KINDS:
        line.wrong.append(_bad("kind", given, f"vælg {', '.join(CASE_KINDS)}"))
    line.kind = given["kind"] or None
    if not line.wrong:
        _place(line)
    follows = given["follows"]
    line.follows = int(follows) if follows.isascii() and follows.isdigit() else follows.upper() or None
    return line


def _place(line: Line) -> None:
    """See to it that the centre is of its day and is the unit's; a centre that is not given is the unit's."""
    of_unit = center_of(line.unit, line.received)
    day = line.received.strftime("%d.%m.%Y")
    if line.center and line.center not in centres_in(line.received.year):
        line.wrong.append(f"center „{line.center}“: {label('centres', line.center)} fandtes ikke {day}")
    elif line.center and of_unit and line.center != of_unit:
        line.wrong.append(f"center „{line.center}“: {line.unit} hørte under {of_unit} {day}")
    line.center = line.center or of_unit


def _bad(name: str, given: dict[str, str], why: str) -> str:
    shown = given[name][:40]
    return f"{name} „{shown}“: {why}" if shown else f"{name} mangler"


def _find_mains(session: Session, lines: list[Line]) -> None:
    """Note in `wrong` which rows follow what is not there. A row may follow one above it, or a case there is."""
    above: set[int] = set()
    there = set(present(session, Case.reference, {line.follows for line in lines if isinstance(line.follows, str)}))
    for line in lines:
        if isinstance(line.follows, int) and line.follows not in above:
            line.wrong.append(f"follows „{line.follows}“: der er ingen sag på en tidligere linje med det nummer")
        elif isinstance(line.follows, str) and line.follows not in there:
            line.wrong.append(f"follows „{line.follows[:40]}“: sagen findes ikke")
        above.add(line.number)


def _refuse(lines: list[Line]) -> None:
    wrong = [f"Linje {line.number}: {text}." for line in lines for text in line.wrong]
    if wrong:
        more = [f"… og {len(wrong) - SHOWN} fejl mere."] if len(wrong) > SHOWN else []
        raise InvalidInput("\n".join([*wrong[:SHOWN], *more, "Intet er taget ind. Ret filen, og prøv igen."]))


def _known(session: Session, digest: str) -> InvalidState:
    first = session.scalar(select(func.min(CaseImport.at)).where(CaseImport.digest == digest))
    when = f" den {first.astimezone(COPENHAGEN):%d.%m.%Y}" if first else ""
    return InvalidState(
        f"De samme sager er allerede taget ind{when}. Skal de tælle en gang til, så brug --igen. Intet er taget ind."
    )


def _digest(lines: list[Line]) -> str:
    """Return what tells that two files hold the same rows, however they are saved."""
    places = {line.number: place for place, line in enumerate(lines)}
    rows = [
        [
            *(line.received.isoformat(), line.center, line.unit, line.cause, line.handling, line.kind),
            places[line.follows] if isinstance(line.follows, int) else line.follows,
        ]
        for line in lines
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _store(session: Session, lines: list[Line], about: CaseImport, now: datetime) -> None:
    session.execute(insert(Case), [_case(line, about) for line in lines])
    ids = dict(session.execute(select(Case.submission, Case.id).where(Case.import_id == about.id)).all())
    by_number = {line.number: ids[_submission(about, line)] for line in lines}
    events = [{"case_id": number, "at": now, "kind": "importeret", "text": ""} for number in by_number.values()]
    session.execute(insert(CaseEvent), events)
    mains: dict[int, int] = {}  # one level: what follows a case that follows another, follows that
    for line in lines:
        if line.follows is None:
            continue
        if isinstance(line.follows, int):
            main = by_number[line.follows]
            main = mains.get(main, main)
        else:
            query = select(func.coalesce(Case.follows_id, Case.id)).where(Case.reference == line.follows)
            main = session.scalar(query)
        mains[by_number[line.number]] = main
        tied = update(Case).where(Case.id == by_number[line.number]).values(follows_id=main)
        session.execute(tied.execution_options(synchronize_session=False))
    session.expire_all()


def _case(line: Line, about: CaseImport) -> dict:
    submission = _submission(about, line)
    received = datetime.combine(line.received, _NOON, COPENHAGEN)
    return {
        "reference": _reference(about, line),
        "code_hash": submission,  # no hash of anything: no code opens it
        "submission": submission,
        "created_at": received,
        "closed_at": received,
        "respond_by": line.received + _PROMISE,
        "status": "afsluttet",
        "priority": "normal",
        **{name: getattr(line, name) for name in ("center", "unit", "cause", "handling", "kind")},
        "import_id": about.id,
        "competence": {"within": "unclear", "reasons": []},
        "summary": "",
        "story": "",
    }


def _reference(about: CaseImport, line: Line) -> str:
    return f"I-{line.received.year}-{about.id}-{line.number}"


def _submission(about: CaseImport, line: Line) -> str:
    return f"import:{about.id}:{line.number}"
