"""The command line for accounts: `vejviser staff …`."""

from __future__ import annotations

import click

from casework import clock, second_factor, staff
from casework.db import reading, session
from casework.enums import ROLES


@click.group("staff")
def staff_group() -> None:
    """Personalets konti."""


@staff_group.command("add")
@click.option("--email", required=True, help="Bruges ved login.")
@click.option("--name", required=True, help="Vises for kolleger og borgere.")
@click.option("--role", type=click.Choice(list(ROLES)), default="adviser", show_default=True)
@click.password_option(help="Spørges der om, hvis den ikke gives. Mindst 12 tegn.")
def add(email: str, name: str, role: str, password: str) -> None:
    """Opret en konto."""
    with session() as db, db.begin():
        staff.add_staff(db, email=email, name=name, role=role, password=password, now=clock.now())
    click.echo(f"{email} er oprettet som {ROLES[role].lower()}.")


@staff_group.command("list")
def list_all() -> None:
    """Vis alle konti: rolle, om de er åbne, totrinslogin og sidste login."""
    page = 1
    while True:
        with reading() as db:
            found, total = staff.everyone(db, page)
        if not total:
            click.echo("Der er ingen konti endnu. Lav en med: vejviser staff add")
        for one in found:
            person = one.person
            last = one.last_in.astimezone(clock.COPENHAGEN).strftime("%d.%m.%Y") if one.last_in else "aldrig"
            state = "åben" if person.active else "lukket"
            factor = "totrin" if second_factor.enrolled(person) else "uden totrin"
            click.echo(f"{person.email}\t{person.name}\t{ROLES[person.role]}\t{state}\t{factor}\tsidst inde: {last}")
        if page * staff.PAGE_SIZE >= total:
            return
        page += 1


@staff_group.command("close")
@click.option("--email", required=True)
def close(email: str) -> None:
    """Luk en konto. Personen logges ud med det samme; sporene i sagerne bliver."""
    with session() as db, db.begin():
        staff.close(db, staff.find(db, email=email), clock.now(), by_id=None)
    click.echo(f"{email} er lukket.")


@staff_group.command("reset-totp")
@click.option("--email", required=True)
def reset_totp(email: str) -> None:
    """Fjern en persons totrinslogin, når telefonen er væk. Personen logges ud."""
    with session() as db, db.begin():
        second_factor.remove(db, staff.find(db, email=email), clock.now())
    click.echo(f"Totrinslogin for {email} er fjernet. Det kan slås til igen ved næste login.")


@staff_group.command("new-password")
@click.option("--email", required=True)
def new_password(email: str) -> None:
    """Giv en midlertidig adgangskode til den, der har glemt sin. Den vises kun denne ene gang."""
    with session() as db, db.begin():
        password = staff.new_temporary_password(db, staff.find(db, email=email), clock.now(), by_id=None)
    click.echo(password)
