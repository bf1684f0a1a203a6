"""Letters: our frame around a citizen's own words. Nothing is sent, and a draft lives no longer than its talk.

What the letters say stands in bot/letters.yml.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from io import BytesIO

import yaml
from babel.dates import format_date
from babel.numbers import format_decimal
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_LEADER
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework import privacy
from casework.answers import klageveje, sources
from casework.conversations import hashed
from casework.dates import MONTHS, find_date
from casework.directory import unit_entry
from casework.errors import InvalidInput, NotFound
from casework.models import Conversation, KeptLetter
from casework.settings import ROOT

MAX_LINE = 200
MAX_TEXT = 4_000
LANGUAGE = "da-DK"
QUIET = timedelta(hours=24)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class InvalidLetter(InvalidInput):
    """Some answers cannot be used. `fields` says in Danish what to do, by field id."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.fields = problems


@dataclass(frozen=True)
class Letter:
    """A finished letter. `attachments` and `sending` are advice beside it and no part of it; one advice a line."""

    kind: str
    title: str
    place_and_date: tuple[str, ...]
    recipient: str
    subject: str
    paragraphs: tuple[str, ...]
    closing: str
    name: str
    attachments: tuple[str, ...]
    sending: str
    day: date

    @property
    def cpr_removed(self) -> bool:
        """Whether a CPR number stood in what the citizen wrote; the letter has a mark where it was."""
        return any(privacy.CPR_REMOVED in part for part in (self.recipient, self.subject, *self.paragraphs, self.name))


@lru_cache(maxsize=1)
def _book() -> dict:
    return yaml.safe_load((ROOT / "bot" / "letters.yml").read_text(encoding="utf-8"))


def letters() -> dict[str, dict]:
    """Return every kind of letter by id, in the order they are shown."""
    return {kind: entry for kind, entry in _book().items() if not kind.startswith("_")}


def fields(kind: str) -> list[dict]:
    """Return the questions of a letter in order: id, question, help, correct, long, optional, date and max_length.

    Raises NotFound for an unknown kind.
    """
    plain = {"help": "", "long": False, "optional": False, "date": False}
    return [
        {**plain, **field, "max_length": MAX_TEXT if field.get("long") else MAX_LINE}
        for field in _entry(kind)["fields"]
    ]


def sources_of(kind: str) -> list[dict]:
    """Return title, url and as_of of what a letter rests on, each page once. Raises NotFound for an unknown kind."""
    found, known = {}, sources()
    for key in _entry(kind)["sources"]:
        source = known[key]  # the day it was checked is a date in the files and ISO text where staff confirmed it
        shown = {"title": source["title"], "url": source["url"], "as_of": str(source["checked"])}
        found.setdefault((source["title"], source["url"]), shown)
    return list(found.values())


def recipient_for(unit: str | None, omraade: str | None, kind: str = "klage") -> str | None:
    """Return whom a letter should go to, or None when only the decision itself tells.

    A complaint over a decision follows the area (bot/klageveje.yml, facts klage-social-sendes-til-kommunen and
    klage-byggesag-indsendes): to the board in some, to the department that decided in others. All other letters go to
    the unit.
    """
    book = _book()
    if not _entry(kind).get("complaint") or omraade in book["_complaint_by_unit"]:
        return _address(unit)
    if omraade not in klageveje() or omraade in book["_complaint_by_letter"]:
        return None
    to, ours = klageveje()[omraade]["to"], (unit or "").startswith("ltk.")
    return _address(unit) if ours and to.startswith(book["_municipality"]) else to


def _address(unit: str | None) -> str | None:
    entry = unit_entry(unit)
    if entry is None or unit in _book()["_no_address"]:
        return None
    if unit == "ltk.hovednummer":
        return _book()["_municipality"]
    name = re.sub(r"\s*\([^)]*\)", "", entry["name"])
    return f"{name}, {_book()['_municipality']}" if unit.startswith("ltk.") else name


def compose(kind: str, given: dict[str, str], today: date) -> Letter:
    """Return the letter of this kind with the citizen's answers by field id.

    Her own words keep their line breaks; CPR numbers are dropped, and a letter may therefore hold their mark. Answers
    to questions the letter does not have are left out. Raises NotFound for an unknown kind and InvalidLetter with a
    text per field when an answer is missing, too long or no date.
    """
    entry = _entry(kind)
    values, problems = {}, {}
    for field in fields(kind):
        try:
            values[field["id"]] = _checked(field, tidy(field, given.get(field["id"])), today)
        except InvalidInput as problem:
            problems[field["id"]] = str(problem)
    if problems:
        raise InvalidLetter(problems)
    shown = {"modtager": "", **values, "recipient": entry["recipient"]}
    shown["modtager"] = re.sub(r"^til:?\s+", "", shown["modtager"], flags=re.IGNORECASE) or entry["recipient"]
    templates = _templates(today)
    filled = [templates.from_string(text).render(shown) for text in entry["paragraphs"]]
    return Letter(
        kind=kind,
        title=entry["title"],
        place_and_date=(_day_month_year(today),),
        recipient=templates.from_string(entry.get("to", "{{ modtager }}")).render(shown),
        subject=templates.from_string(entry["subject"]).render(shown),
        paragraphs=tuple(part for text in filled for part in re.split(r"\n{2,}", text.strip()) if part),
        closing=_book()["_closing"],
        name=values.get("navn", ""),
        attachments=tuple(entry["attachments"]),
        sending="\n".join(entry["sending"]),
        day=today,
    )


def tidy(field: dict, text: str | None) -> str:
    """Return an answer without CPR numbers and control characters; a short one on one line."""
    text = _without_cpr(privacy.clean(text or ""))
    if not field["long"]:
        return " ".join(text.split())
    return "\n".join(re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.splitlines())


def as_typed(field: dict, text: str | None, today: date) -> str:
    """Return an answer as the form shows it again: without CPR numbers, a day the way a date field wants it."""
    text = tidy(field, text)
    found = find_date(text, today) if field["date"] or _ISO_DAY.fullmatch(text) else None
    if found is None or found.day is None:
        return text
    return found.day.isoformat() if field["date"] else _day_month_year(found.day)


def _without_cpr(text: str) -> str:
    """Drop CPR numbers and nothing else; privacy tokens of the chat stay as they are."""
    if privacy.CPR_REMOVED not in privacy.mask(text).text:
        return text
    rest, tokens = privacy.TOKEN.split(text), [*privacy.TOKEN.findall(text), ""]
    parts = [(privacy.mask(piece), token) for piece, token in zip(rest, tokens, strict=True)]
    return "".join(privacy.resolve(masked.text, masked.values) + token for masked, token in parts)


def _checked(field: dict, text: str, today: date) -> str:
    if not text:
        if field["optional"]:
            return ""
        raise InvalidInput(f"Svar på spørgsmålet “{field['question']}”")
    if len(text) > field["max_length"]:
        over, most = (format_decimal(number, locale="da") for number in (len(text), field["max_length"]))
        raise InvalidInput(f"Teksten er på {over} tegn. Skriv højst {most} tegn.")
    return _past_day(text, today) if field["date"] else text


def _past_day(text: str, today: date) -> str:
    """Return a day that has been as it stands in a letter; the form sends 2026-11-03, the chat what was said."""
    found = find_date(text, today)
    if found and found.day and found.day <= today:
        return _day_month_year(found.day)
    if found and (found.day or found.problem == "fremtid"):
        raise InvalidInput("Datoen er ikke kommet endnu. Se datoen på brevet igen.")
    raise InvalidInput("Vi kan ikke læse datoen. Skriv for eksempel 3. november 2026.")


def _day_month_year(day: date) -> str:
    return format_date(day, "d. MMMM y", locale="da")


def _templates(today: date) -> SandboxedEnvironment:
    """Return the environment letters are filled in with; a template that names no known field fails."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.filters["punktum"] = _ended
    environment.filters["hvornaar"] = lambda text: _when(text, today)
    return environment


def _ended(text: str) -> str:
    text = text.rstrip(" ,;:")
    return text if not text or text[-1] in ".!?…" else f"{text}."


def _when(text: str, today: date) -> str:
    """Return a time as it stands in a sentence: "den 3. august 2026", or the citizen's words such as "i august"."""
    found = find_date(text, today)
    if found and found.day and len(text.split()) <= 5 and " og " not in text:
        return f"den {_day_month_year(found.day)}"
    said = text[:1].lower() + text[1:]
    return f"i {said}" if said.startswith((*MONTHS, "uge ")) else said


def _entry(kind: str) -> dict:
    entry = letters().get(kind)
    if entry is None:
        raise NotFound("Det brev findes ikke. Vælg et på listen.")
    return entry


def to_docx(letter: Letter) -> bytes:
    """Return the letter as a Word file: A4, Danish, a real heading and styles, distances without empty paragraphs."""
    document = Document()
    _prepare(document, letter)
    for line in letter.place_and_date:
        document.add_paragraph(line)
    document.add_paragraph(f"{_book()['_to']} {letter.recipient}")
    document.add_heading(letter.subject, level=1)
    for text in letter.paragraphs:
        document.add_paragraph(text).paragraph_format.keep_with_next = text.endswith(":")
    document.add_paragraph(letter.closing, style="Hilsen").paragraph_format.keep_with_next = True
    if letter.name:
        document.add_paragraph(letter.name)
    else:  # a line to sign on
        signature = document.add_paragraph(f"{_book()['_name']}\t", style="Hilsen")
        signature.paragraph_format.tab_stops.add_tab_stop(Cm(9), leader=WD_TAB_LEADER.LINES)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _prepare(document, letter: Letter) -> None:
    """Set paper, language, styles and title; nothing of the template's author or dates stays."""
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.5)
    page.top_margin = page.bottom_margin = Cm(2.2)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)
    document.settings.element.find(qn("w:themeFontLang")).set(qn("w:val"), LANGUAGE)
    normal, heading = document.styles["Normal"], document.styles["Heading 1"]
    for style, size in ((normal, 11), (heading, 13)):
        style.font.name, style.font.size, style.font.color.rgb = "Arial", Pt(size), RGBColor(0, 0, 0)
        fonts = style.element.rPr.rFonts
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(8), 1.15
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(18), Pt(8)
    greeting = document.styles.add_style("Hilsen", WD_STYLE_TYPE.PARAGRAPH)
    greeting.base_style, greeting.paragraph_format.space_before = normal, Pt(14)
    about, made = document.core_properties, datetime.combine(letter.day, datetime.min.time())
    about.title, about.subject, about.language = letter.title, letter.subject, LANGUAGE
    about.author = about.last_modified_by = about.comments = about.keywords = ""
    about.created = about.modified = made


def keep(session: Session, conversation_id: str, kind: str, given: dict[str, str], now: datetime) -> str:
    """Store what a citizen has answered in the chat and return the token that opens it, shown this once only.

    Answers are masked like everything said in the conversation; those to other questions are left out. Drafts of quiet
    conversations are deleted on the way. Raises NotFound for an unknown kind.
    """
    forget_old(session, now)
    known = privacy.known_values(session, conversation_id)
    masked = {}
    for field in fields(kind):
        found = privacy.mask(tidy(field, given.get(field["id"])), known)
        privacy.remember(session, conversation_id, found.values)
        known |= found.values
        masked[field["id"]] = found.text
    token = secrets.token_urlsafe(32)
    session.add(
        KeptLetter(
            conversation_id=conversation_id,
            token_hash=hashed(token),
            kind=kind,
            given=json.dumps({key: text for key, text in masked.items() if text}, ensure_ascii=False),
            created_at=now,
        )
    )
    session.flush()
    return token


def find(session: Session, token: str, *, resolved: bool = False) -> tuple[str, dict[str, str]]:
    """Return kind and answers of the draft `token` opens, with privacy tokens in them.

    `resolved` puts the values back, which only the citizen who holds the token may be given. Raises NotFound for any
    other text, and when the draft can no longer be read.
    """
    kept = session.scalar(select(KeptLetter).where(KeptLetter.token_hash == hashed(token)))
    if kept is None or kept.kind not in letters():
        raise NotFound("Udkastet findes ikke mere. Skriv brevet igen.")
    try:
        given = json.loads(kept.given)
    except ValueError:  # written with another secret key
        raise NotFound("Udkastet kan ikke læses mere. Skriv brevet igen.") from None
    if resolved:
        values = privacy.known_values(session, kept.conversation_id)
        given = {key: privacy.resolve(text, values) for key, text in given.items()}
    return kept.kind, given


def forget_old(session: Session, now: datetime) -> int:
    """Delete the drafts of conversations in which nothing has been said for 24 hours; return how many."""
    limit = now.astimezone(timezone.utc) - QUIET
    quiet = select(Conversation.id).where(Conversation.last_at < limit)
    gone = session.execute(
        delete(KeptLetter).where(KeptLetter.conversation_id.in_(quiet)).execution_options(synchronize_session=False)
    )
    return gone.rowcount
