"""The command line: `vejviser …`. Each command opens one session and calls one casework function."""

from __future__ import annotations

import json
import secrets
import sys

import click

from casework import backup_restore, clock, doctor, processes, schema, staff
from casework.cli_answers import svar_group
from casework.cli_backup import backup_group
from casework.cli_figures import cases_group, report_command
from casework.cli_kalender import kalender_group
from casework.cli_kept import person_group, retention_group, samtaler_group, train_if_better
from casework.cli_mail import mail_group
from casework.cli_staff import staff_group
from casework.db import reading, session
from casework.errors import CaseworkError, ConfigurationError
from casework.launch import launch
from casework.settings import current

DEMO_EMAIL = "demo@vejviser.invalid"
SECOND_DEMO_EMAIL = "kollega@vejviser.invalid"  # a text needs another person's approval


class _DanishErrors(click.Group):
    """Says a broken rule in one line instead of a traceback."""

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except CaseworkError as error:
            click.secho(f"Fejl: {error}", fg="red", err=True)
            sys.exit(1)


@click.group(cls=_DanishErrors)
def main() -> None:
    """Vejviser for borgerrådgiveren i Lyngby-Taarbæk Kommune."""


@main.command()
@click.option("--hvis-bedre", "if_better", is_flag=True, help="Tag den kun i brug, hvis intet tal bliver ringere.")
@click.option("--margin", default=0.5, show_default=True, help="Procentpoint, et tal må blive ringere.")
def train(if_better: bool, margin: float) -> None:
    """Træn modellen, hvis data er ændret."""
    if if_better:
        sys.exit(0 if train_if_better(current(), margin) else 1)
    path = processes.model_path(current())
    if path.exists():
        processes.train(current())
        click.echo("Modellen er opdateret.")
    else:
        click.echo("Træner modellen (under et minut) …")
        processes.train(current())
        click.echo(f"Modellen er trænet: {path.stat().st_size / 1e6:.1f} MB")


@main.command()
def validate() -> None:
    """Lad Rasa kontrollere domæne, regler og eksempler."""
    processes.validate(current())
    click.echo("Domæne, regler og eksempler passer sammen.")


@main.command()
def migrate() -> None:
    """Bring databasen op på den nyeste version, og gem filernes tekster, hvis de er ændret."""
    schema.upgrade()
    click.echo("Databasen er opdateret.")
    with session() as db, db.begin():
        recorded, indexed = schema.bring_up(db, clock.now())
    if indexed:
        click.echo(f"{indexed} sager kan nu findes med søgningen.")
    if any(recorded):
        click.echo(
            f"Filernes tekster er gemt: {recorded.new} nye, {recorded.changed} ændrede, {recorded.gone} fjernede. "
            f"{recorded.absorbed} rettelser står nu i filerne."
        )


@main.command()
def start() -> None:
    """Start Rasa, handlingsserver og web, og vent til det hele er klar. Ctrl-C stopper det."""
    settings = current()
    if not processes.model_path(settings).exists():
        raise CaseworkError("Modellen mangler. Kør: vejviser train")
    if backup_restore.unfinished(settings):
        raise CaseworkError("En indlæsning af en sikkerhedskopi blev ikke færdig. Kør: vejviser backup indlaes")
    password = _prepare_users()

    def announce() -> None:
        click.secho(f"\nKlar. Borgernes side:   http://127.0.0.1:{settings.port}/", fg="green")
        click.secho(f"      Personalets side: http://127.0.0.1:{settings.port}/personale", fg="green")
        if password:
            click.echo(f"      Demo-login: {DEMO_EMAIL} / {password}")
            click.echo(f"      Kollega, som kan godkende tekster: {SECOND_DEMO_EMAIL} / {password}")
        click.echo("      Ctrl-C stopper.\n")

    click.echo("Starter Rasa, handlingsserver og web. Det tager typisk 15-30 sekunder …")
    sys.exit(processes.start(settings, announce))


def _prepare_users() -> str | None:
    """In demo: give the demonstration users a new password and return it. In production: refuse such users."""
    with session() as db, db.begin():
        if current().production:
            if staff.demo_users(db):
                raise CaseworkError("Der er demo-brugere i databasen. Slet dem, før systemet sættes i drift.")
            return None
        password = secrets.token_urlsafe(9)
        staff.set_demo_user(db, email=DEMO_EMAIL, password=password, now=clock.now())
        staff.set_demo_user(
            db, email=SECOND_DEMO_EMAIL, password=password, now=clock.now(), name="Kollega", role="administrator"
        )
        return password


@main.command("doctor")
@click.option("--launch", "before_launch", is_flag=True, help="Også alt det, kommunen skal bekræfte, før der åbnes.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def doctor_command(before_launch: bool, form: str) -> None:
    """Se efter, om systemet er sundt. Slutter med 1, når noget skal rettes eller bekræftes."""
    given = doctor.given()
    findings = doctor.system(given)
    if before_launch:
        try:
            with reading() as db:
                findings += launch(db, given, clock.today())
        except ConfigurationError:
            pass  # the settings cannot be read: that is the first finding already
    click.echo(doctor.report(findings) if form == "text" else json.dumps(doctor.as_json(findings), ensure_ascii=False))
    sys.exit(int(any(found.level != "ok" for found in findings)))


main.add_command(svar_group)
main.add_command(mail_group)
main.add_command(kalender_group)
for _group in (samtaler_group, retention_group, person_group):
    main.add_command(_group)
main.add_command(staff_group)
main.add_command(cases_group)
main.add_command(report_command)
main.add_command(backup_group)


@main.group("token")
def token_group() -> None:
    """Nøgler til personalets API."""


@token_group.command("create")
@click.option("--role", type=click.Choice(["reader", "adviser"]), required=True)
@click.option("--name", default="kommandolinje", show_default=True, help="Hvem eller hvad der bruger nøglen.")
def token_create(role: str, name: str) -> None:
    """Lav en nøgle. Den vises kun denne ene gang."""
    with session() as db, db.begin():
        click.echo(staff.create_token(db, name=name, role=role, now=clock.now()))
