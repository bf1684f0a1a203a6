"""What the kommune must mend or confirm before citizens are let in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import yaml
from dateutil.relativedelta import relativedelta
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from casework import accessibility_statement
from casework.answers import answers, sources
from casework.availability_settings import proposed_hours
from casework.enums import MEETING_KINDS
from casework.overlay import overlay
from casework.settings import ROOT, SETTINGS
from casework.staff import demo_users
from casework.texts import MAIN_NUMBER, files, merge

UNREADABLE = (OSError, yaml.YAMLError, KeyError, AttributeError, TypeError)  # what a broken file of bot/ ends in
MAIN_NUMBER_UNIT = "ltk.hovednummer"
_UNIT_FIELDS = {"phone": "telefon", "hours": "åbningstid", "address": "adresse"}
_CONTACT_FIELDS = {**_UNIT_FIELDS, "email": "mail"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `level`: fejl (mend it), bekraeft (the kommune must confirm it), ok."""

    level: str
    area: str
    text: str
    where: str = ""


@dataclass(frozen=True)
class Content:
    """What citizens are told, as it is in force: sources, directory, which texts rest on which source, and the
    accessibility statement."""

    sources: dict[str, dict]
    main_number: dict
    units: dict[str, dict]
    cited: dict[str, tuple[str, ...]]
    statement: dict | None = None  # on accessibility


def content() -> Content:
    """Return what is in force now: the files with what staff have approved. A source staff confirmed is confirmed."""
    edits = overlay()
    confirmed = {key: {"confirmed": fields.get("checked")} for key, fields in edits.get("kilde", {}).items()}
    units = {
        key: merge(text.body, edits.get("enhed", {}).get(key, {}))
        for (kind, key), text in files().items()
        if kind == "enhed"
    }
    return Content(
        {key: {**source, **confirmed.get(key, {})} for key, source in sources().items()},
        units.pop(MAIN_NUMBER),
        units,
        _cited(),
        accessibility_statement.statement(),
    )


def _cited() -> dict[str, tuple[str, ...]]:
    """Return for each fact id the answers, other files of bot/ and calculations that rest on it."""
    found: dict[str, list[str]] = {}
    texts = [(f"svaret {key}", entry) for key, entry in answers().items()]
    for path in sorted((ROOT / "bot").glob("*.yml")):
        texts.append((f"bot/{path.name}", yaml.safe_load(path.read_text(encoding="utf-8"))))
    for name, text in texts:
        for key in sorted(_ids(text)):
            found.setdefault(key, []).append(name)
    known = sources().keys()
    for path in sorted((ROOT / "casework").glob("*.py")):
        for key in sorted(known & set(re.findall(r"\b[a-z]+(?:-[a-z0-9]+)+\b", path.read_text(encoding="utf-8")))):
            found.setdefault(key, []).append(f"casework/{path.name}")
    return {key: tuple(names) for key, names in found.items()}


def _ids(node) -> set[str]:
    """Return every id that stands in a list called `sources`, however deep."""
    if isinstance(node, list):
        return set().union(*map(_ids, node))
    if not isinstance(node, dict):
        return set()
    own = {key for key in node.get("sources") or [] if isinstance(key, str)}
    return own.union(*map(_ids, node.values()))


def launch(
    session: Session, environment: Mapping[str, str], today: date, found: Content | None = None
) -> list[Finding]:
    """Return what must be mended or confirmed by the kommune before citizens are let in."""
    running = [*operation(environment), *backup_schedule(environment), *accounts(session), *meeting_hours(session)]
    try:
        found = found or content()
    except UNREADABLE:
        return running  # the doctor says of the files that they cannot be read
    return [
        *running,
        *accessibility(found, today),
        *contacts(found, today),
        *directory(found, today),
        *unverified(found, today),
        *overdue(found, today),
    ]


def operation(
    environment: Mapping[str, str], known: tuple[str, ...] = tuple(s.name for s in SETTINGS)
) -> list[Finding]:
    """Return the settings that are not those of a system in use. `known` are the names the system has."""
    area, value = "Drift", {name: text.strip() for name, text in environment.items()}
    found = []
    if value.get("VEJVISER_ENV") != "production":
        text = "Systemet kører som demo. Sæt VEJVISER_ENV til production."
        found.append(Finding("fejl", area, text, "VEJVISER_ENV"))
    if not value.get("VEJVISER_SECRET_KEY"):
        text = "Den hemmelige nøgle er den, demo selv har lavet. Lav kommunens egen, og gem den med sikkerhedskopien."
        found.append(Finding("fejl", area, text, "VEJVISER_SECRET_KEY"))
    if value.get("VEJVISER_TODAY"):
        text = f"Datoen er låst til {value['VEJVISER_TODAY']}, så alle frister regnes derfra. Fjern indstillingen."
        found.append(Finding("fejl", area, text, "VEJVISER_TODAY"))
    for what, pattern, wanted in (
        ("mail", r"SMTP_URL$", "VEJVISER_SMTP_URL"),
        ("sikkerhedskopi", r"BACKUP_DIR$", "VEJVISER_BACKUP_…"),
    ):
        names = [name for name in known if re.search(pattern, name)]
        if not names:
            text = f"Åbent punkt: systemet har endnu ingen indstilling for {what}."
            found.append(Finding("fejl", area, text, wanted))
        elif not any(value.get(name) for name in names):
            found.append(Finding("fejl", area, f"Der er ikke sat noget op for {what}.", ", ".join(names)))
    return [*found, *_retention(value, known)] or [Finding("ok", area, "Indstillingerne er dem, drift kræver.")]


def backup_schedule(environment: Mapping[str, str]) -> list[Finding]:
    """How often a backup is made is for the kommune to say, and that somebody has tried to put one back."""
    name = "VEJVISER_BACKUP_MAX_AGE"
    if environment.get(name, "").strip():
        return []
    text = (
        "Hvor tit der tages sikkerhedskopi, er systemets forslag. Kommunen skal bekræfte en plan: hvornår cron kører, "
        "hvor kopierne og nøglen ligger, og hvem der har prøvet at lægge en tilbage. Sæt så, hvor gammel en må blive."
    )
    return [Finding("bekraeft", "Drift", text, name)]


def _retention(value: dict[str, str], known: tuple[str, ...]) -> list[Finding]:
    """How long things are kept is for the kommune to say; the system's own proposal is not its word."""
    names = [name for name in known if re.search(r"RETENTION|KEEP|DELETE|_(DAYS|MONTHS|YEARS)$", name)]
    if not names:
        text = "Åbent punkt: systemet har endnu ingen indstilling for, hvor længe samtaler og sager gemmes."
        return [Finding("fejl", "Drift", text, "VEJVISER_RETENTION_…")]
    text = "Hvor længe der gemmes, er systemets forslag. Kommunen skal selv sætte det."
    return [Finding("bekraeft", "Drift", text, name) for name in names if not value.get(name)]


def accounts(session: Session) -> list[Finding]:
    """Say whether demonstration accounts can sign in."""
    try:
        count = demo_users(session)
    except SQLAlchemyError:
        return [Finding("fejl", "Konti", "Kontiene kan ikke ses, for databasen svarer ikke.", "VEJVISER_DATABASE_URL")]
    if count:
        return [Finding("fejl", "Konti", f"Demo-konti, der kan logge ind: {count}. Luk dem.", "tabellen staff")]
    return [Finding("ok", "Konti", "Ingen demo-konti kan logge ind.")]


def accessibility(found: Content, today: date) -> list[Finding]:
    """Return what the accessibility statement lacks, which the law asks for before the pages are put to use."""
    area, where = "Tilgængelighedserklæring", "bot/accessibility_statement.yml"
    if found.statement is None:
        return []
    lacks = accessibility_statement.missing(found.statement)
    listed = [Finding("bekraeft", area, f"Erklæringen mangler: {'; '.join(lacks)}.", where)] if lacks else []
    if accessibility_statement.overdue(found.statement, today):
        listed.append(Finding("bekraeft", area, "Erklæringen er ikke gået igennem inden for et år.", where))
    return listed or [Finding("ok", area, "Erklæringen er udfyldt.")]


def meeting_hours(session: Session) -> list[Finding]:
    """Return the kinds of meetings that can be booked at hours only the system has proposed."""
    area, where = "Møder", "/personale/kalender/indstillinger"
    try:
        proposed = proposed_hours(session)
    except SQLAlchemyError:
        return []  # the accounts say that the database does not answer
    return [
        Finding("bekraeft", area, f"{MEETING_KINDS[kind]}: tiderne er systemets forslag. Sæt rådgiverens egne.", where)
        for kind in proposed
    ] or [Finding("ok", area, "Borgerrådgiveren har selv sat tiderne for møder.")]


def contacts(found: Content, today: date) -> list[Finding]:
    """Return the contact data in use that comes from third parties or was seen more than a year ago."""
    area, listed = "Kontaktoplysninger", []
    for key in sorted(found.cited.keys() & found.sources.keys()):
        source = found.sources[key]
        if not (source.get("contact") or source.get("third_party") or source.get("dated")) or _confirmed(source, today):
            continue
        seen = seen_on(str(source.get("dated") or source.get("seen") or ""))
        if source.get("third_party"):
            why = "kommer fra en anden end den, det gælder"
        elif seen is None:
            why = "har ingen dato"
        elif seen < today - relativedelta(years=1):
            why = f"er fra {source.get('dated') or source['seen']}"
        else:
            continue
        text = f"{source['title']}: oplysningen {why}. Den bruges i {used(found, key)}."
        listed.append(Finding("bekraeft", area, text, f"bot/sources: {key}"))
    number = found.main_number
    if not _confirmed(number, today):
        text = f"Hovednummer og adresse: {number.get('phone', 'mangler')}, {number.get('address', 'mangler')}."
        listed.append(Finding("bekraeft", area, text, "bot/directory.yml: main_number"))
    for unit, entry in found.units.items():
        told = [f"{name} {entry[field]}" for field, name in _CONTACT_FIELDS.items() if entry.get(field)]
        if told and not _confirmed(entry, today):
            text = f"{entry.get('name', unit)}: {', '.join(told)}."
            listed.append(Finding("bekraeft", area, text, f"bot/directory.yml: {unit}"))
    return listed or [Finding("ok", area, "Alle kontaktoplysninger i brug er bekræftet inden for et år.")]


def seen_on(text: str) -> date | None:
    """Return the day a note such as `31-03-2022`, `2024-26` or `marts 2026` says at the latest, or None.

    A year alone counts from its first day: contact data is rather asked about once too often.
    """
    days = []
    for pattern, order in (
        (r"\b(20\d\d)-(\d\d)-(\d\d)\b", (1, 2, 3)),
        (r"\b(\d{1,2})-(\d{1,2})-(20\d\d)\b", (3, 2, 1)),
    ):
        for match in re.finditer(pattern, text):
            try:
                days.append(date(*(int(match[n]) for n in order)))
            except ValueError:
                pass
        text = re.sub(pattern, " ", text)
    days += [date(2000 + int(end), 1, 1) for end in re.findall(r"\b20\d\d-(\d\d)\b", text)]
    days += [date(int(year), 1, 1) for year in re.findall(r"\b20\d\d\b", text)]
    return max(days, default=None)


def directory(found: Content, today: date) -> list[Finding]:
    """Return the kommune's units whose phone, hours or address is not known.

    A unit confirmed within a year may have empty fields: then it is known that there is nothing to tell.
    """
    area, listed = "Afdelinger", []
    for unit, entry in found.units.items():
        if not unit.startswith("ltk.") or unit == MAIN_NUMBER_UNIT or _confirmed(entry, today):
            continue
        missing = [name for field, name in _UNIT_FIELDS.items() if not entry.get(field)]
        if missing:
            text = f"{entry.get('name', unit)} mangler {', '.join(missing)}."
            listed.append(Finding("bekraeft", area, text, f"bot/directory.yml: {unit}"))
    return listed or [Finding("ok", area, "Alle kommunens afdelinger har telefon, åbningstid og adresse.")]


def unverified(found: Content, today: date) -> list[Finding]:
    """Return the facts in use that nobody has seen in a source."""
    area, listed = "Ukontrollerede oplysninger", []
    for key in sorted(found.cited.keys() & found.sources.keys()):
        source = found.sources[key]
        if source.get("confidence") == "unverified" and not _confirmed(source, today):
            says = " ".join((source.get("says") or source["title"]).split()).rstrip(".")
            text = f"{says}. Bruges i {used(found, key)}."
            listed.append(Finding("bekraeft", area, text, f"bot/sources: {key}"))
    return listed or [Finding("ok", area, "Alt, hvad svarene hviler på, er set i en kilde.")]


def overdue(found: Content, today: date) -> list[Finding]:
    """Return the sources in use that should have been checked again by now."""
    area, listed = "Kilder, der skal tjekkes igen", []
    for key in sorted(found.cited.keys() & found.sources.keys()):
        source = found.sources[key]
        if source.get("review_by") and source["review_by"] < today:
            text = (
                f"{source['title']}: skulle være tjekket {source['review_by']:%d.%m.%Y}. Bruges i {used(found, key)}."
            )
            listed.append(Finding("bekraeft", area, text, f"bot/sources: {key}"))
    return listed or [Finding("ok", area, "Ingen kilder har overskredet deres dato.")]


def _confirmed(entry: dict, today: date) -> bool:
    """Return whether somebody answerable said within the last year that this is right."""
    day = entry.get("confirmed")
    try:
        day = date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        return False
    return bool(day) and today - relativedelta(years=1) <= day <= today


def used(found: Content, key: str) -> str:
    """Return where a source is used, in words."""
    names = found.cited.get(key, ())
    return ", ".join(names[:3]) + (f" (og flere steder, {len(names)} i alt)" if len(names) > 3 else "")
