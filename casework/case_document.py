"""One case as a Word file, for the file of another system or for a meeting: what is known, said, asked and done."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

from docx import Document
from docx.shared import Cm, Pt
from sqlalchemy.orm import Session

from casework import drafts, word
from casework.calendar import long_date, short_time
from casework.case_json import full_json
from casework.cases import Actor
from casework.conversations import transcript
from casework.enums import (
    CASE_PRIORITIES,
    CASE_STATUSES,
    COMPETENCE,
    EVENT_KINDS,
    EXCEPTIONS,
    MESSAGE_KINDS,
    MESSAGE_WAYS,
)
from casework.models import Case
from casework.taxonomy import label
from casework.urgency import deadlines, priority_now, short_unit, why

_SPEAKERS = {"citizen": "Borger", "assistant": "Vejviser", "staff": "Personale"}
_UNKNOWN = "Ikke oplyst"


def case_docx(session: Session, case: Case, actor: Actor, now: datetime, today: date) -> bytes:
    """Return the case with its whole timeline as a Word file. The caller has logged that it was read."""
    document = Document()
    word.prepare(document, f"Sag {case.reference}", today)
    document.add_heading(f"Sag {case.reference}", level=1)
    document.add_paragraph(
        f"Hentet {short_time(now)} af {actor.name}. Indeholder personoplysninger. "
        "Må kun gives til dem, der skal se dem."
    )
    _facts(document, _heading_facts(case, today))
    shown = full_json(session, case, today)
    _section(document, "Hvorfor den haster", why(case, today))
    _section(document, "Frister", [f"{what}: {_date(day, over)}" for what, day, over in deadlines(case, today)])
    document.add_heading("Henvendelsen", level=2)
    _facts(document, _citizens_words(case, shown))
    document.add_heading("Kompetence", level=2)
    document.add_paragraph(f"{COMPETENCE[case.competence['within']]}: {' '.join(case.competence['reasons'])}")
    _said(
        document,
        "Beskeder mellem borger og borgerrådgiver",
        [
            (
                f"{'Fra borgeren' if m.kind == 'borger' else MESSAGE_KINDS[m.kind]}, {short_time(m.at)}, "
                f"{MESSAGE_WAYS[m.way].lower()}",
                m.text,
            )
            for m in case.messages
        ],
    )
    _said(document, "Spørgsmål til afdelinger", list(_questions(case)))
    for _, letter in drafts.of_case(session, case):
        _said(
            document, f"Brev fra borgeren: {letter.title}", [(f"Til: {letter.recipient}", "\n".join(letter.paragraphs))]
        )
    turns = transcript(session, case.conversation_id) if case.conversation_id else []
    _said(document, "Samtalen med assistenten", [(_turn_line(turn), turn.text) for turn in turns])
    _said(document, "Tidslinje", [(_event_line(event), event.text) for event in case.events])
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _heading_facts(case: Case, today: date) -> list[tuple[str, str]]:
    contact = "Anonym" if case.anonymous else f"{case.contact_name or 'Navn ikke oplyst'}, {case.contact_value}"
    if case.import_id:
        contact = "Ikke gemt: sagen er taget ind fra en fil"
    return [
        ("Status", CASE_STATUSES[case.status]),
        ("Prioritet", CASE_PRIORITIES[priority_now(case, today)]),
        ("Modtaget", short_time(case.created_at)),
        ("Lukket", short_time(case.closed_at) if case.closed_at else "Nej"),
        ("Sagsbehandler", case.assigned_to.name if case.assigned_to else "Ingen endnu"),
        ("Kontakt", contact),
        ("Må tale med afdelingen", "Ja" if case.consent_forward else "Nej"),
        ("Årsag", label("causes", case.cause) or "Ikke registreret"),
        ("Håndtering", label("handlings", case.handling) or "Ikke registreret"),
        ("Center", label("centres", case.center) or _UNKNOWN),
        ("Følger", case.follows.reference if case.follows else "Ingen anden sag"),
    ]


def _citizens_words(case: Case, shown: dict) -> list[tuple[str, str]]:
    facts = [
        ("Hvad der er sket", shown["story"]),
        ("Ønske", shown["wish"] or _UNKNOWN),
        ("Siden hvornår", case.since or _UNKNOWN),
        ("Talt med afdelingen", shown["prior_dialogue"] or _UNKNOWN),
        ("Særlige behov", shown["needs"] or _UNKNOWN),
        ("Afdeling", label("units", case.unit) or _UNKNOWN),
        ("Område", label("omraader", case.omraade) or _UNKNOWN),
        ("Emne", label("topics", case.topic) or _UNKNOWN),
        ("Afgørelse modtaget", long_date(case.decision_date) if case.decision_date else _UNKNOWN),
    ]
    return facts + [(EXCEPTIONS.get(key, key), text) for key, text in (case.exceptions or {}).items()]


def _questions(case: Case):
    for q in case.questions:
        yield f"Til {short_unit(q.unit)}, {short_time(q.asked_at)}. Svar senest {long_date(q.due)}", q.text
        if q.answered_at:
            yield f"Svar fra {short_unit(q.unit)}, {short_time(q.answered_at)}", q.answer or ""


def _turn_line(turn) -> str:
    line = f"{_SPEAKERS[turn.who]}, {short_time(turn.at)}"
    if turn.topic:
        line += f". Forstået som: {label('topics', turn.topic)} ({turn.confidence * 100:.0f} %)"
    return line


def _event_line(event) -> str:
    who = f", {event.staff.name}" if event.staff else ""
    return f"{EVENT_KINDS.get(event.kind, event.kind)}, {short_time(event.at)}{who}"


def _facts(document, facts: list[tuple[str, str]]) -> None:
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for name, value in facts:
        left, right = table.add_row().cells
        left.width, right.width = Cm(4.6), Cm(12)
        left.paragraphs[0].add_run(name).bold = True
        right.text = _printable(value)


def _section(document, title: str, lines: list[str]) -> None:
    if lines:
        document.add_heading(title, level=2)
    for line in lines:
        document.add_paragraph(line, style="List Bullet")


def _said(document, title: str, entries: list[tuple[str, str]]) -> None:
    if not entries:
        return
    document.add_heading(title, level=2)
    for heading, text in entries:
        paragraph = document.add_paragraph()
        paragraph.add_run(heading).bold = True
        paragraph.paragraph_format.keep_with_next, paragraph.paragraph_format.space_after = bool(text), Pt(2)
        if text:
            document.add_paragraph(_printable(text))


def _printable(text: str) -> str:
    """Return a text that XML can hold, whatever was once stored."""
    return "".join(c for c in text if c in "\n\t" or ord(c) >= 32)


def _date(day: date, over: bool) -> str:
    return f"{long_date(day)}{' (overskredet)' if over else ''}"
