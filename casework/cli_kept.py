"""The command line for what is kept: `vejviser samtaler …`, `vejviser retention …` and `vejviser person …`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from casework import candidate, clock, person, retention, review_export
from casework.cases import Actor
from casework.db import reading, session
from casework.enums import MEETING_KINDS, RETENTION_KINDS
from casework.errors import NotFound
from casework.files import create
from casework.settings import Settings

COMMAND_LINE = Actor("kommandolinjen", "administrator")


def train_if_better(settings: Settings, margin: float) -> bool:
    """Train a candidate, say what came of it, and return whether the model in use is today's."""
    click.echo("Træner en kandidat og måler den mod modellen før (et par minutter) …")
    verdict = candidate.train_if_better(settings, margin / 100)
    if verdict is None:
        click.echo("Modellen er allerede trænet på dagens data.")
        return True
    points = f"{margin:g}".replace(".", ",")
    for f in verdict.figures:
        mark = "  RINGERE" if f in verdict.fell else ""
        click.echo(f"  {f.lines}: {f.name}: {_percent(f.before)} -> {_percent(f.after)}{mark}")
    if verdict.used:
        click.echo(
            f"Intet tal blev over {points} procentpoint ringere. Den nye model er taget i brug: genstart systemet."
        )
        return True
    click.echo(
        f"Den nye model er ikke taget i brug. {len(verdict.fell)} tal blev over {points} procentpoint ringere:\n"
        + "\n".join(f"  {f.lines}: {f.name}, {_percent(f.worse)}" for f in verdict.fell)
        + "\nTag de nye linjer ud af nlu/data igen, så gælder den gamle model, eller ret dem, og prøv igen."
    )
    return False


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %".replace(".", ",")


@click.group("samtaler")
def samtaler_group() -> None:
    """Samtalerne, som personalet har vurderet."""


@samtaler_group.command("eksporter")
@click.option("--til", "to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Filen, der skrives.")
def export(to: Path) -> None:
    """Skriv vurderede linjer som eksempler i samme form som nlu/data. Det, der er skrevet, huskes."""
    if to.exists():
        raise click.ClickException(f"{to} findes allerede. Vælg et andet navn.")
    with session() as db, db.begin():
        found = review_export.due(db)
        to.write_text(review_export.as_yaml(found, clock.today()), encoding="utf-8")
        review_export.remember(db, found, clock.now())
    click.echo(f"{found.count} linjer er skrevet til {to}.")
    for text, number in (
        ("stod der allerede", found.known),
        ("var kun svar i en dialog eller skjulte oplysninger", found.unusable),
        ("står under et andet emne", len(found.elsewhere)),
        ("er to uenige om; de kommer igen næste gang", len(found.disputed)),
        ("mangler et emne", len(found.missing)),
    ):
        if number:
            click.echo(f"  {number} {text}.")
    click.echo("Læs hver linje, før den sættes ind i nlu/data. Kør så: vejviser train --hvis-bedre")


@click.group("retention")
def retention_group() -> None:
    """Hvor længe ting gemmes, og oprydningen."""


@retention_group.command("run")
@click.option("--dry-run", is_flag=True, help="Vis kun, hvad der ville blive slettet.")
def run(dry_run: bool) -> None:
    """Slet det, der er for gammelt. Det, der er mærket til bevaring, røres ikke."""
    if dry_run:
        with reading() as db:
            for due in retention.preview(db, clock.now()):
                oldest = f", den ældste fra {_day(due.oldest)}" if due.oldest else ""
                click.echo(f"{due.name}: {due.due} af {due.held} (før {_day(due.before)}{oldest})")
        click.echo("Intet er slettet.")
        return
    with session() as db, db.begin():
        row = retention.run(db, clock.now())
    for kind, name in RETENTION_KINDS.items():
        verb = "anonymiseret" if kind == "sager" else "slettet"
        click.echo(f"{name}: {row.counts[kind]} {verb}")


@retention_group.command("daily")
def daily() -> None:
    """Ryd op, hvis det ikke er gjort i dag. Kan kaldes fra cron, så tit det skal være."""
    with session() as db, db.begin():
        row = retention.daily(db, clock.today(), clock.now())
    click.echo("Der er ryddet op." if row else "Der er allerede ryddet op i dag.")


_tidied: set[date] = set()


def tidy_up() -> None:
    """Clear if it has not been done today. For a process that runs all the time: it asks the database once a day, and
    a database that is away is asked again the next time."""
    today = clock.today()
    if today in _tidied:
        return
    try:
        with session() as db, db.begin():
            retention.daily(db, today, clock.now())
        _tidied.add(today)
    except SQLAlchemyError as error:
        click.echo(f"Oprydningen venter: {type(error).__name__}", err=True)


@click.group("person")
def person_group() -> None:
    """Indsigt i og sletning af det, der er gemt om én person."""


_REFERENCE = click.option("--reference", default="", help="Sagens nummer.")
_CONTACT = click.option(
    "--kontakt", "contact", default="", help="Telefon eller mail; spørges der om, hvis intet gives."
)


@person_group.command("eksporter")
@_REFERENCE
@_CONTACT
@click.option("--til", "to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="ZIP-filen.")
def hand_out(reference: str, contact: str, to: Path) -> None:
    """Skriv alt, hvad der er gemt, til en ZIP-fil, som kun ejeren af filen kan læse."""
    if to.exists():
        raise click.ClickException(f"{to} findes allerede. Vælg et andet navn.")
    with session() as db, db.begin():
        found = _search(db, reference, contact)
        content = person.export(db, found, COMMAND_LINE, clock.now())
        with create(to) as file:
            file.write(content)
    click.echo(f"{_what(found)} er skrevet til {to}. Læs den igennem, før den udleveres.")


@person_group.command("slet")
@_REFERENCE
@_CONTACT
@click.option("--begrundelse", "reason", prompt="Hvorfor skal det slettes", help="Gemmes i loggen.")
def erase(reference: str, contact: str, reason: str) -> None:
    """Slet samtaler, og tag al tekst og kontakt ud af sager og møder. Spørger to gange. Kan ikke fortrydes."""
    with session() as db, db.begin():
        found = _search(db, reference, contact)
        for case in found.cases:
            click.echo(f"  Sag {case.reference}, modtaget {_day(case.created_at)}")
        for talk in found.conversations:
            click.echo(f"  Samtale {talk.id[:8]}, begyndt {_day(talk.created_at)}, {talk.turn_count} linjer")
        for meeting in found.meetings:
            click.echo(f"  Møde {_day(meeting.start_at)}, {MEETING_KINDS[meeting.kind].lower()}")
        hindrances = person.why_not(db, found, clock.now())
        if hindrances:
            raise click.ClickException(" ".join(hindrances))
        click.confirm(f"Skal {_what(found)} slettes?", abort=True)
        click.confirm("Det kan ikke fortrydes. Er du sikker?", abort=True)
        person.erase(db, found, reason, COMMAND_LINE, clock.now())
    click.echo("Det er slettet.")


def _search(db, reference: str, contact: str) -> person.Holdings:
    if not reference and not contact:
        contact = click.prompt("Telefonnummer eller mailadresse")
    found = person.search(db, COMMAND_LINE, clock.now(), reference=reference, contact=contact)
    if not found:
        raise NotFound("Der er ikke gemt noget under det nummer eller den kontakt.")
    return found


def _what(found: person.Holdings) -> str:
    cases, talks, meetings = len(found.cases), len(found.conversations), len(found.meetings)
    told = f"{cases} {'sag' if cases == 1 else 'sager'} og {talks} {'samtale' if talks == 1 else 'samtaler'}"
    return f"{told} og {meetings} {'møde' if meetings == 1 else 'møder'}" if meetings else told


def _day(when: datetime) -> str:
    return when.astimezone(clock.COPENHAGEN).strftime("%d.%m.%Y")
