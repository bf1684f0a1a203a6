"""Stops personal data at the door: what a citizen types is masked here before it is stored, logged or sent on.

A CPR number is dropped for good. An e-mail address, a phone number, a name or an address becomes a token such as
`[telefon 1]`; its value is kept encrypted beside the conversation and is put back only when a case is filed. Further
kinds join by adding a finder to FINDERS.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework.models import PersonalValue
from casework.names import addresses_in, names_in

CPR_REMOVED = "[cpr-nummer fjernet]"
TOKEN = re.compile(r"\[(?:e-mail|telefon|navn|adresse|kode) \d+\]")

_DASHES = r"\-‐‑‒–—−"
_GAP = rf"[\s._/{_DASHES}]{{0,3}}"
# Six or eight digits of a birthday and four more, with any of the usual signs between any of them.
_CPR = re.compile(rf"(?<!\d)(?:\d{_GAP}){{9}}\d(?!\d)|(?<!\d)(?:\d{_GAP}){{11}}\d(?!\d)")
_BIRTHDAY_AND_LAST_FOUR = re.compile(
    rf"(?P<birthday>(?<!\d)\d{{2}}{_GAP}\d{{2}}{_GAP}(?:\d{{2}}|\d{{4}})(?!\d))"
    r"(?P<between>[^\d]{0,40}?(?:sidste|fire|4\s*cifre|cifre|løbenummer|kontrol)[^\d]{0,25}(?:4\s*(?:cifre)?[^\d]{0,12})?)"
    r"(?P<last>(?<!\d)\d{4}(?!\d))",
    re.IGNORECASE,
)
_TWO_DATES = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]20\d\d[\s\-–]+\d{1,2}[./-]\d{1,2}[./-]20\d\d(?!\d)")
_EMAIL = re.compile(r"[\w.+%\-]+\s?(?:@|\(at\)|\[at\])\s?[\w\-]+(?:\.[\w\-]+)+", re.IGNORECASE)
_PHONE = re.compile(
    rf"(?<![\d\[])(?:(?:\+|00)\s?45[\s.{_DASHES}]?)?[2-9]\d(?:[\s.{_DASHES}]{{0,2}}\d){{6}}(?![\d]|[.,]\d)"
    rf"|(?<!\d)(?:\+|00)\d{{1,3}}(?:[\s.{_DASHES}]?\d){{6,12}}(?!\d)"
)
# The code of a case is two groups of five, that of a meeting twenty signs at the end of a link. Written otherwise they
# count only where a code has just been asked for.
_SIGN = "[2-9a-hjkmnp-zA-HJKMNP-Z]"
_CODE = re.compile(
    rf"(?:(?<=/moede/)|(?<![\w-])(?=[\w-]*\d)){_SIGN}{{20}}(?![\w-])"
    rf"|(?<![\w-])(?=[\w-]*\d){_SIGN}{{5}}-{_SIGN}{{5}}(?![\w-])"
)
_CODE_ASKED_FOR = re.compile(
    rf"(?<![\w-])(?:(?:{_SIGN}{{5}}[\s{_DASHES}]{{0,3}}){{3}}|{_SIGN}{{5}}[\s{_DASHES}]{{0,3}}){_SIGN}{{5}}(?![\w-])"
)
_DATE_LIKE = re.compile(
    r"^(?:\d{1,2}[\s./\-]\d{1,2}[\s./\-](?:19|20)\d\d|(?:19|20)\d\d[\s./\-]\d{1,2}[\s./\-]\d{1,2})$"
)


class Found(NamedTuple):
    """A stretch of text and what kind of personal data it is."""

    start: int
    end: int
    kind: str


def _find_cpr(text: str) -> Iterator[Found]:
    for match in _BIRTHDAY_AND_LAST_FOUR.finditer(text):
        if _may_be_birthday(re.sub(r"\D", "", match["birthday"])):
            yield Found(match.start(), match.end(), "cpr")
    for match in _CPR.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if _TWO_DATES.match(text, match.start()):
            continue
        if _may_be_birthday(digits):
            yield Found(match.start(), match.end(), "cpr")


def _may_be_birthday(digits: str) -> bool:
    """Return whether the digits may begin with DDMM; replacement CPR numbers add 60 to the day."""
    day, month = int(digits[:2]), int(digits[2:4])
    return (1 <= day <= 31 or 61 <= day <= 91) and 1 <= month <= 12


def _find_email(text: str) -> Iterator[Found]:
    return (Found(m.start(), m.end(), "e-mail") for m in _EMAIL.finditer(text))


def _find_code(text: str) -> Iterator[Found]:
    return (Found(m.start(), m.end(), "kode") for m in _CODE.finditer(text))


def _find_phone(text: str) -> Iterator[Found]:
    return (Found(m.start(), m.end(), "telefon") for m in _PHONE.finditer(text) if not _DATE_LIKE.match(m[0].strip()))


def _find_name(text: str) -> Iterator[Found]:
    longest_first = sorted(set(names_in(text)), key=lambda span: span[0] - span[1])
    kept: list[Found] = []
    for start, end in longest_first:
        if all(end <= other.start or start >= other.end for other in kept) and not TOKEN.search(text[start:end]):
            kept.append(Found(start, end, "navn"))
    return iter(kept)


def _find_address(text: str) -> Iterator[Found]:
    return (Found(start, end, "adresse") for start, end in addresses_in(text))


# In order of precedence: where two overlap, the first one wins.
FINDERS: tuple[Callable[[str], Iterator[Found]], ...] = (
    _find_cpr,
    _find_code,
    _find_email,
    _find_phone,
    _find_address,
    _find_name,
)


class Masked(NamedTuple):
    """Masked text and the values its new tokens stand for."""

    text: str
    values: dict[str, str]


def clean(text: str) -> str:
    """Return `text` without control characters and with one form of each letter; digits of other scripts as 0-9."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    out = []
    for char in text:
        category = unicodedata.category(char)
        if category == "Nd":
            out.append(str(unicodedata.digit(char)))
        elif char in "\n\t" or category not in ("Cc", "Cf", "Co", "Cs", "Cn"):
            out.append(char)
        elif char == "\u200d":  # joins an emoji
            out.append(char)
    return re.sub(r"\n{3,}", "\n\n", "".join(out)).strip()


def mask(text: str, known: dict[str, str] | None = None) -> Masked:
    """Return `text` masked.

    `known` maps the tokens already used in this conversation to their values; the same value gets the same token.
    """
    known = known or {}
    by_value = {_comparable(value): token for token, value in known.items()}
    found: list[Found] = []
    for finder in FINDERS:
        found += [new for new in finder(text) if all(new.end <= old.start or new.start >= old.end for old in found)]
    values: dict[str, str] = {}
    parts, position = [], 0
    for item in sorted(found):
        parts.append(text[position : item.start])
        parts.append(
            CPR_REMOVED if item.kind == "cpr" else _token(text[item.start : item.end], item.kind, by_value, values)
        )
        position = item.end
    parts.append(text[position:])
    return Masked("".join(parts), values)


def mask_whole(text: str, kind: str, known: dict[str, str] | None = None) -> Masked:
    """Return a token for the whole of `text`, the answer to a question about a name."""
    values: dict[str, str] = {}
    by_value = {_comparable(value): token for token, value in (known or {}).items()}
    return Masked(_token(text, kind, by_value, values), values)


def mask_code(text: str, known: dict[str, str] | None = None) -> Masked:
    """Return the answer to a question about the code of a case, masked: a code counts however it is typed."""
    values: dict[str, str] = {}
    by_value = {_comparable(value): token for token, value in (known or {}).items()}
    rest = _CODE_ASKED_FOR.sub(lambda match: _token(match[0], "kode", by_value, values), text)
    masked = mask(rest, {**(known or {}), **values})
    return Masked(masked.text, {**values, **masked.values})


def _token(value: str, kind: str, by_value: dict[str, str], values: dict[str, str]) -> str:
    value = value.strip()
    key = _comparable(value)
    if key not in by_value:
        number = 1 + sum(token.startswith(f"[{kind} ") for token in by_value.values())
        by_value[key] = f"[{kind} {number}]"
        values[by_value[key]] = value
    return by_value[key]


def _comparable(value: str) -> str:
    return re.sub(r"[\s.\-–]", "", value.lower()) if "@" not in value else value.lower().replace(" ", "")


def known_values(session: Session, conversation_id: str) -> dict[str, str]:
    """Return token → value for one conversation."""
    rows = session.execute(
        select(PersonalValue.token, PersonalValue.value).where(PersonalValue.conversation_id == conversation_id)
    )
    return dict(rows.all())


def remember(session: Session, conversation_id: str, values: dict[str, str]) -> None:
    """Keep what new tokens stand for, encrypted, beside the conversation."""
    for token, value in values.items():
        session.add(PersonalValue(conversation_id=conversation_id, token=token, value=value))


def forget(session: Session, conversation_id: str, token: str) -> None:
    """Keep no longer what a token stands for."""
    session.execute(
        delete(PersonalValue).where(PersonalValue.conversation_id == conversation_id, PersonalValue.token == token)
    )


def email_in(text: str | None) -> str | None:
    """Return the first e-mail address in a text that has not been masked, or None."""
    found = _EMAIL.search(text or "")
    return re.sub(r"\s", "", re.sub(r"\(at\)|\[at\]", "@", found[0], flags=re.IGNORECASE)) if found else None


def resolve(text: str | None, values: dict[str, str]) -> str | None:
    """Put the values back for the tokens in `text`. Only a filed case may be given the result."""
    return None if text is None else TOKEN.sub(lambda match: values.get(match[0], match[0]), text)


def without_cpr(text: str) -> str:
    """Return `text` cleaned and with CPR numbers dropped, all else as it was written."""
    masked = mask(clean(text))
    return resolve(masked.text, masked.values) or ""
