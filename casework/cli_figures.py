"""The commands about the annual figures: `vejviser report`, and `vejviser cases …` for those of earlier years."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from casework import cases_import, clock, figures_document
from casework.db import session, snapshot
from casework.figures import period_of
from casework.figures_report import report


@click.command("report")
@click.option("--year", help="Et helt år, for eksempel 2025.")
@click.option("--from", "first", help="Første dag: 2025-02-01 eller 01.02.2025.")
@click.option("--to", "last", help="Sidste dag, som er med. Uden den: til og med i dag.")
@click.option("--format", "form", type=click.Choice(list(figures_document.FORMS)), default="json", show_default=True)
@click.option("--til", "to", type=click.Path(dir_okay=False, path_type=Path), help="Filen, der skrives.")
def report_command(year: str | None, first: str | None, last: str | None, form: str, to: Path | None) -> None:
    """Skriv årstallene: i alt, pr. center, årsag og håndtering efter center, de tre største og svartiderne.

    Vælg et år, en periode eller begge dele for en del af året. Prøver tæller ikke med.
    """
    out = sys.stdout.buffer
    if to is not None and to.exists():
        raise click.ClickException(f"{to} findes allerede. Vælg et andet navn.")
    if form == "docx" and to is None and out.isatty():
        raise click.ClickException("En Word-fil kan ikke vises her. Brug --til FIL, eller send den videre med > FIL.")
    today = clock.today()
    period = period_of(year, first, last, today)
    with snapshot() as db:
        content = figures_document.write(report(db, period, today), form)
    if to is None:
        out.write(content)
        out.flush()
        return
    to.write_bytes(content)
    click.echo(f"Tallene er skrevet til {to}.", err=True)


@click.group("cases")
def cases_group() -> None:
    """Sager fra tiden før Vejviser."""


@cases_group.command("import")
@click.argument("file", metavar="FIL.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--igen", "again", is_flag=True, help="Tag de samme sager ind en gang til.")
def take_in(file: Path, again: bool) -> None:
    """Tag sager fra en CSV-fil ind, så årstallene har dem med: alle eller ingen.

    Filen er UTF-8 med komma eller semikolon. Første linje er overskrifterne i vilkårlig rækkefølge:
    received,center,unit,cause,handling,kind,follows.

    received er dagen (2022-03-14 eller 14.03.2022). cause og handling skal være der; center følger ellers af unit, og
    kind (klage, vejledning, vejvisning, andet) af cause. follows er sagens hovedsag: nummeret på en tidligere linje i
    filen, hvor overskrifterne er linje 1, eller nummeret på en sag, der findes.
    """
    with session() as db, db.begin():
        taken = cases_import.take_in(db, file.read_bytes(), clock.now(), clock.today(), again=again)
    followers = f", {taken.following} af dem følgesager" if taken.following else ""
    click.echo(
        f"{taken.count} {'sag' if taken.count == 1 else 'sager'} er taget ind{followers}: modtaget fra "
        f"{taken.first:%d.%m.%Y} til {taken.last:%d.%m.%Y}. Sagen på linje {taken.line} har nummeret {taken.reference}."
    )


@cases_group.command("skabelon")
def template() -> None:
    """Skriv en CSV-fil med overskrifterne og en linje at skrive over."""
    sys.stdout.buffer.write(cases_import.template())
