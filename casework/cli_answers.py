"""The command line for the answers: `vejviser svar …`."""

from __future__ import annotations

from datetime import datetime

import click

from casework import clock, texts
from casework.calendar import short_time
from casework.db import reading
from casework.errors import NotFound
from casework.revision_diff import as_lines
from casework.revision_export import write_back
from casework.revision_history import InForce, on_day
from casework.settings import ROOT


@click.group("svar")
def svar_group() -> None:
    """Svarene, som personalet retter dem."""


@svar_group.command("eksporter")
def export() -> None:
    """Skriv godkendte rettelser ind i filerne i bot/."""
    with reading() as db:
        written = write_back(db)
    if not written:
        click.echo("Filerne har allerede alle godkendte rettelser. Intet er ændret.")
        return
    for path in dict.fromkeys(w.path for w in written):
        click.echo(str(path.relative_to(ROOT)))
        for w in written:
            if w.path == path:
                click.echo(f"  {w.key}: {w.field}")
    click.echo(
        f"\n{len(written)} {'felt' if len(written) == 1 else 'felter'} er skrevet. Se ændringerne med git diff, og "
        "læg dem i versionsstyringen.\nNår de nye filer er sat i drift, så kør vejviser migrate, og genstart "
        "processerne. Så afløses rettelserne af filerne."
    )


@svar_group.command("vis")
@click.argument("key", metavar="NØGLE")
@click.option("--dato", "day", type=click.DateTime(["%Y-%m-%d"]), help="ÅÅÅÅ-MM-DD; ellers i dag.")
@click.option("--slags", "kind", type=click.Choice(list(texts.KINDS)), default="svar", show_default=True)
def show(key: str, day: datetime | None, kind: str) -> None:
    """Vis, hvad der stod den dag."""
    asked = day.date() if day else clock.today()
    with reading() as db:
        found = on_day(db, kind, key, asked)
    if not found:
        raise NotFound(
            f"Der er ikke gemt nogen tekst med nøglen {key} for {asked:%d.%m.%Y}. Gem filernes tekster med "
            "vejviser migrate."
        )
    for number, said in enumerate(found):
        click.echo(("\n" if number else "") + _heading(key, said))
        shown = texts.editable(kind, key, said.body) or {field: field for field in said.body}
        for field, name in shown.items():
            value = as_lines(texts.value_of(said.body, field))
            if value:
                variant = texts.split_field(field)[0]
                click.echo(f"\n{name}{f' ({variant})' if variant else ''}:\n{value}")


def _heading(key: str, said: InForce) -> str:
    origin = f"rettelse {said.edit.id}" if said.edit else "filernes tekst"
    until = f"til {short_time(said.until)}" if said.until else "og gælder stadig"
    return f"{key}: {origin}, fra {short_time(said.since)} {until}"
