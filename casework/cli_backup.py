"""The commands about backups: `vejviser backup …`."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from pathlib import Path

import click
from babel.numbers import format_decimal

from casework import backup, backup_restore, clock, schema
from casework.backup_archive import Manifest
from casework.calendar import short_time
from casework.enums import RETENTION_KINDS
from casework.settings import Settings, current

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
COUNTED = {
    "cases": "sager",
    "conversations": "samtaler",
    "appointments": "møder",
    "messages": "beskeder",
    "staff": "brugere",
}
_FILE = click.argument("path", metavar="FIL", type=click.Path(path_type=Path))


@click.group("backup", invoke_without_command=True)
@click.option("--til", "to", type=click.Path(path_type=Path), help="Mappe eller ny fil; ellers VEJVISER_BACKUP_DIR.")
@click.option("--behold", "keep", type=int, help="Behold kun så mange af de nyeste kopier i mappen.")
@click.option("--med-noegle", "with_key", is_flag=True, help="Læg den hemmelige nøgle med i kopien.")
@click.pass_context
def backup_group(context: click.Context, to: Path | None, keep: int | None, with_key: bool) -> None:
    """Tag en sikkerhedskopi, mens systemet kører. Med vis og indlaes prøves den og lægges tilbage."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever stops us leaves nothing half behind
    if context.invoked_subcommand:
        if to or keep is not None or with_key:
            raise click.UsageError("--til, --behold og --med-noegle bruges kun, når der tages en kopi.")
        return
    settings = current()
    made = backup.make(settings, to, with_key=with_key, keep=keep)
    click.echo(f"Kopien er taget og læst igennem: {made.path} ({_size(made.size)})")
    click.echo(f"  {_contents(made.manifest)}")
    for path in made.removed:
        click.echo(f"  Ældre kopi fjernet: {path.name}")
    if with_key:
        click.echo("  Nøglen er med i kopien. Hvem der har filen, kan læse alt. Opbevar den derefter.")
    else:
        click.echo(f"  Nøglen er IKKE med. Uden den kan kontaktoplysninger ikke læses. {_where_is_the_key(settings)}")


@backup_group.command("vis")
@_FILE
def show(path: Path) -> None:
    """Fortæl, hvad en kopi indeholder, og prøv, om den er hel. Slutter med 1, når den ikke er."""
    settings = current()
    manifest = backup_restore.check(settings, path)
    click.echo(f"Kopien er hel: {path}")
    click.echo(f"  Taget {short_time(manifest.when)}, {_age(manifest.when)}. Vejviser {manifest.version}.")
    click.echo(f"  {_contents(manifest)}")
    for name, digest in manifest.sha256.items():
        click.echo(f"  SHA-256 af {name}: {digest}")
    newest = schema.newest()
    if not schema.is_known(manifest.revision):
        click.echo(f"  Den er fra et nyere system ({manifest.revision} mod {newest} her) og kan ikke indlæses.")
    elif manifest.revision != newest:
        click.echo(f"  Tabellerne har version {manifest.revision} og bringes op til {newest}, når den indlæses.")
    click.echo("  Nøglen ligger i kopien." if manifest.has_key else "  Nøglen ligger ikke i kopien.")
    same = backup_restore.same_key(settings, manifest)
    if same is False:
        click.secho("  Nøglen her er en ANDEN end den, kopien er lavet med.", fg="red")
    elif same:
        click.echo("  Nøglen her er den, kopien er lavet med.")


@backup_group.command("indlaes")
@_FILE
@click.option("--overskriv", "overwrite", is_flag=True, help="Også når der er noget. Der tages først en kopi af det.")
@click.option("--uden-noegle", "without_key", is_flag=True, help="Også når nøglen er tabt: kontakt kan så ikke læses.")
def put_back(path: Path, overwrite: bool, without_key: bool) -> None:
    """Læg en kopi tilbage i stedet for databasen. Systemet skal være stoppet."""
    settings = current()
    done = backup_restore.restore(settings, path, clock.now(), overwrite=overwrite, without_key=without_key)
    when = done.manifest.when
    click.echo(f"Kopien fra {short_time(when)} er lagt tilbage. Det, der er sket siden, er ikke med ({_age(when)}).")
    if done.before:
        click.echo(f"Det, der lå der før, er gemt i {done.before}")
    if done.key_installed:
        click.echo(f"Nøglen er taget fra kopien og lagt i {settings.key_file}")
    _tell_erased(done)
    _tell_mail(done)
    for kind, number in done.cleared.items():
        if number:
            click.echo(f"Ryddet op, fordi tiden var gået: {RETENTION_KINDS[kind]}: {number}")
    click.echo(
        "Alle skal logge ind igen. Adgangskoder, konti og API-nøgler er som på kopiens dag: luk igen, hvad der er"
    )
    click.echo("lukket siden (vejviser staff list).")
    if done.unreadable:
        text = f"ADVARSEL: {done.unreadable} af {done.tried} prøvede værdier kan ikke læses med nøglen i brug."
        click.secho(f"{text} {_where_is_the_key(settings)}", fg="red", err=True)
    else:
        click.echo(f"Nøglen passer: {done.tried} krypterede værdier er prøvet.")
    click.echo("Se efter med: vejviser doctor. Start så systemet.")
    sys.exit(int(bool(done.unreadable)))


def _tell_erased(done: backup_restore.Restored) -> None:
    if done.journal_missing:
        text = (
            "ADVARSEL: Her er ingen slettelog fra efter kopien (sletninger.jsonl). Er nogen slettet siden, er de "
            "kommet igen: slet dem med vejviser person slet. Findes loggen et andet sted, så læg den ved kopien, "
            "og indlæs igen."
        )
        click.secho(text, fg="red", err=True)
    if done.journal_unreadable:
        click.secho(f"ADVARSEL: {done.journal_unreadable} linjer i sletteloggen kan ikke læses.", fg="red", err=True)
    click.echo(f"Slettet igen, fordi det blev slettet efter kopien: {len(done.erased_again) or 'intet'}")
    for what in done.erased_again:
        click.echo(f"  {what}")


def _tell_mail(done: backup_restore.Restored) -> None:
    if done.mail:
        click.echo("Mails, der måske er sendt siden, sendes ikke igen. Se efter, og spørg modtageren:")
        for about in done.mail:
            click.echo(f"  {about[:1].upper()}{about[1:]}")


def _contents(manifest: Manifest) -> str:
    counted = ", ".join(f"{manifest.rows.get(table, 0)} {name}" for table, name in COUNTED.items())
    return f"{NAMES[manifest.database]}, tabellernes version {manifest.revision}: {counted}."


def _where_is_the_key(settings: Settings) -> str:
    if settings.key_file.exists():
        return (
            f"Den ligger i {settings.key_file}, hvis VEJVISER_SECRET_KEY ikke er sat. Gem den et andet sted end kopien."
        )
    return "Den står i VEJVISER_SECRET_KEY. Gem den et andet sted end kopien."


def _size(number: int) -> str:
    return f"{format_decimal(number / 1e6, '0.0', locale='da')} MB"


def _age(when: datetime) -> str:
    hours = max(0, int((backup.moment() - when).total_seconds() // 3600))
    if hours < 48:
        return f"{hours} {'time' if hours == 1 else 'timer'} gammel"
    return f"{hours // 24} dage gammel"
