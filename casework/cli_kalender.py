"""The commands about the adviser's calendar: `vejviser kalender …`."""

from __future__ import annotations

import sys

import click

from casework import busy, clock, feeds, staff
from casework.db import reading, session


@click.group("kalender")
def kalender_group() -> None:
    """Rådgiverens kalender: de optagne tider udefra, og abonnementet til Outlook."""


@kalender_group.command("hent")
def fetch() -> None:
    """Hent de andre kalendere nu. Slutter med 1, når en af dem ikke kunne hentes; dens tider fra før gælder så."""
    with reading() as db:
        known = [calendar.id for calendar in busy.calendars(db)]
    if not known:
        click.echo("Der er ingen andre kalendere. Tilføj en med: vejviser kalender tilfoej")
        return
    fetched = [busy.refresh(calendar_id, clock.now()) for calendar_id in known]
    _show()
    sys.exit(0 if all(fetched) else 1)


@kalender_group.command("vis")
def show() -> None:
    """Vis de andre kalendere, og hvordan det går med at hente dem. Adresserne vises ikke."""
    _show()


def _show() -> None:
    with reading() as db:
        for calendar in busy.calendars(db):
            click.echo(f"{calendar.id}\t{calendar.name}\t{len(calendar.times)} optagne tider\t{busy.told(calendar)}")


@kalender_group.command("tilfoej")
@click.option("--navn", "name", required=True)
@click.option("--adresse", "address", prompt="Kalenderens adresse (ICS)", hide_input=True, help="Spørges der om.")
def add(name: str, address: str) -> None:
    """Læs en kalender mere, og hent den med det samme."""
    with session() as db, db.begin():
        calendar_id = busy.add(db, name, address).id
    fetched = busy.refresh(calendar_id, clock.now())
    _show()
    sys.exit(0 if fetched else 1)


@kalender_group.command("fjern")
@click.argument("calendar_id", type=int)
def remove(calendar_id: int) -> None:
    """Læs ikke en kalender mere. Nummeret ses med: vejviser kalender vis"""
    with session() as db, db.begin():
        busy.remove(db, calendar_id)
    click.echo("Kalenderen læses ikke mere. Dens tider er slettet.")


@kalender_group.command("abonnement")
@click.option("--email", required=True, help="Hvis abonnement.")
@click.option("--luk", "close", is_flag=True, help="Luk adressen i stedet for at lave en ny.")
def subscription(email: str, close: bool) -> None:
    """Lav en privat adresse, som Outlook kan abonnere på. Den vises kun denne ene gang, og den gamle lukkes."""
    with session() as db, db.begin():
        person = staff.find(db, email=email)
        if close:
            ended = feeds.revoke(db, person.id, clock.now())
            click.echo("Adressen er lukket." if ended else "Der var ingen åben adresse.")
            return
        click.echo(feeds.address(feeds.create(db, person.id, clock.now())))
