"""The commands about outgoing mail: `vejviser mail …`."""

from __future__ import annotations

import time

import click
from sqlalchemy.exc import SQLAlchemyError

from casework import busy, clock, mail, meetings, outbox
from casework.cli_kept import tidy_up
from casework.db import reading, session
from casework.settings import current

EVERY_SECONDS = 3
AFTER_TROUBLE_SECONDS = 30
BESIDE_SECONDS = 60  # between looks at what else is to be done
BEAT_SECONDS = 60  # between signs of life, which `vejviser doctor` looks for
STATES = {
    "venter": "venter",
    "taget": "er ved at blive sendt",
    "afleveres": "er ved at blive afleveret",
    "sendt": "er sendt",
    "opgivet": "er opgivet",
    "uvist": "er måske sendt; de bliver ikke sendt igen",
}
_beaten = float("-inf")


@click.group("mail")
def mail_group() -> None:
    """Udgående mail."""


@mail_group.command("send")
@click.option("--watch", is_flag=True, help="Bliv ved, til processen stoppes; passer også kalenderen og oprydningen.")
def send(watch: bool) -> None:
    """Send de mails, der venter. Uden VEJVISER_SMTP_URL er der ingen."""
    settings = current()
    if not settings.smtp:
        click.echo("Der er ingen mailserver (VEJVISER_SMTP_URL), så ingen mail bliver sendt.")
        while watch:  # the other processes must not end because there is no mail to send
            _beside()
            time.sleep(BESIDE_SECONDS)
        return
    if not watch:
        click.echo(f"Sendt: {mail.send_due(settings)}")
        return
    looked = None
    while True:
        if looked is None or time.monotonic() - looked > BESIDE_SECONDS:
            _beside()
            looked = time.monotonic()
        time.sleep(_once(settings))


def _beside() -> None:
    """What else this process sees to: the day's clearing, the adviser's other calendars, and times held too long."""
    tidy_up()
    try:
        with session() as db, db.begin():
            meetings.release_expired(db, clock.now())
        busy.refresh_due(clock.now())
    except SQLAlchemyError as error:
        click.echo(f"Kalenderen venter: {type(error).__name__}", err=True)


def _once(settings) -> float:
    """Send what is due, say that this process is alive, and return how long to wait; a database that is away is waited
    for."""
    try:
        mail.send_due(settings)
        _beat()
    except SQLAlchemyError as error:
        click.echo(f"Mail venter: {type(error).__name__}", err=True)
        return AFTER_TROUBLE_SECONDS
    return EVERY_SECONDS


def _beat() -> None:
    global _beaten
    if time.monotonic() - _beaten < BEAT_SECONDS:
        return
    with session() as db, db.begin():
        outbox.beat(db, clock.now())
    _beaten = time.monotonic()


@mail_group.command("status")
def status() -> None:
    """Vis, hvor mange mails der venter, er sendt eller er opgivet."""
    with reading() as db:
        found = outbox.counts(db)
    for state, words in STATES.items():
        if found.get(state):
            click.echo(f"{found[state]} {words}")
    if not found:
        click.echo("Der er ingen mails.")
