"""Is the system sound? What `vejviser doctor` looks at, and how it tells."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import redis
import requests
from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from casework import backup, backup_restore, clock, erased, notices, outbox, schema
from casework.calendar import short_time
from casework.db import make_engine
from casework.enums import SERVICE_PARTS
from casework.errors import ConfigurationError
from casework.launch import UNREADABLE, Content, Finding, content, used
from casework.processes import model_path
from casework.settings import ROOT, Settings

LEVELS = {"fejl": "FEJL", "bekraeft": "BEKRÆFT", "ok": "OK"}
MIN_FREE_BYTES = 1_000_000_000
MAIL_LATELY = timedelta(days=14)  # what was given up before that is no news
MAIL_LONG = timedelta(hours=1)
MAIL_SILENT = timedelta(minutes=5)
MAIL_NAMED = 5
ASSET = Path("dkfds") / "dist" / "css" / "dkfds.min.css"


def given() -> dict[str, str]:
    """Return the settings as they are given, in `.env` and the environment; what is not given is not there."""
    return {**{k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}, **os.environ}


def system(environment: Mapping[str, str]) -> list[Finding]:
    """Return what was found of settings, database, model, disk, assets, texts, processes, mail
    and backups."""
    try:
        settings = Settings.read(dict(environment))
    except ConfigurationError as error:
        return [
            Finding("fejl", "Indstillinger", f"{error}. Resten kontrolleres, når det er rettet.", ".env"),
            *assets(),
        ]
    return [
        Finding("ok", "Indstillinger", f"Alle indstillinger kan læses. VEJVISER_ENV er {settings.env}."),
        *database(settings),
        *model(settings),
        *disk(settings.data_dir),
        *assets(),
        *texts(),
        *processes(settings),
        *switches(settings),
        *mail(settings, clock.now()),
        *backups(settings, backup.moment()),
    ]


def database(settings: Settings) -> list[Finding]:
    """Say whether the database answers and has the newest tables, and Redis where it is used."""
    where, url = "VEJVISER_DATABASE_URL", make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        found = [Finding("fejl", "Database", "Databasen er ikke lavet endnu. Kør: make migrate", str(url.database))]
    else:
        try:
            missing = _missing_migrations(settings)
        except SQLAlchemyError as error:
            kind = type(error).__name__
            found = [Finding("fejl", "Database", f"Databasen svarer ikke ({kind}). Kører den?", where)]
        else:
            text = "Databasen svarer, men mangler de nyeste tabeller. Kør: make migrate"
            found = [Finding("fejl", "Database", text, where)] if missing else []
    found = found or [Finding("ok", "Database", "Databasen svarer og har de nyeste tabeller.")]
    if settings.redis_url:
        try:
            redis.Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5).ping()
            found.append(Finding("ok", "Database", "Redis svarer."))
        except (redis.RedisError, ValueError):
            found.append(Finding("fejl", "Database", "Redis svarer ikke. Kører den?", "VEJVISER_REDIS_URL"))
    return found


def _missing_migrations(settings: Settings) -> bool:
    engine = make_engine(settings.database_url).execution_options(write=False)
    try:
        return schema.revision_of(engine) != schema.newest()
    finally:
        engine.dispose()


def model(settings: Settings) -> list[Finding]:
    """Say whether there is a model trained on what is in the files now."""
    path = model_path(settings)
    if path.exists():
        return [Finding("ok", "Model", "Modellen er trænet på de nuværende data.")]
    return [Finding("fejl", "Model", "Modellen er ikke trænet på de nuværende data. Kør: make model", str(path.parent))]


def disk(data_dir: Path, least: int = MIN_FREE_BYTES) -> list[Finding]:
    """Say whether the data folder can be written to and has `least` bytes left."""
    there = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    if not os.access(there, os.W_OK):
        return [Finding("fejl", "Disk", "Der kan ikke skrives i datamappen.", str(data_dir))]
    free = shutil.disk_usage(there).free
    text = f"Der er {free / 1e9:.1f} GB ledig plads til data."
    if free < least:
        return [Finding("fejl", "Disk", f"{text} Der skal mindst være {least / 1e9:.1f} GB.", str(data_dir))]
    return [Finding("ok", "Disk", text)]


def assets(modules: Path = ROOT / "web" / "node_modules") -> list[Finding]:
    """Say whether the browser's files have been fetched."""
    if (modules / ASSET).exists():
        return [Finding("ok", "Browserens filer", "Det Fælles Designsystem er hentet.")]
    text = "Det Fælles Designsystem mangler, så siderne vises uden udseende. Kør: make install"
    return [Finding("fejl", "Browserens filer", text, str(modules))]


def texts(found: Content | None = None) -> list[Finding]:
    """Say whether the texts can be read and every source they name is in the register."""
    try:
        found = found or content()
    except UNREADABLE as error:
        return [Finding("fejl", "Tekster", f"Teksterne kan ikke læses: {' '.join(str(error).split())[:200]}", "bot/")]
    unknown = sorted(found.cited.keys() - found.sources.keys())
    text = "Kilden findes ikke i registret, men bruges i {}."
    missing = [Finding("fejl", "Tekster", text.format(used(found, key)), f"bot/sources: {key}") for key in unknown]
    return missing or [Finding("ok", "Tekster", f"Teksterne kan læses, og deres {len(found.cited)} kilder findes.")]


def processes(settings: Settings) -> list[Finding]:
    """Say whether the processes answer. That none of them runs is no error: the doctor may come first."""
    area, url = "Processer", f"http://127.0.0.1:{settings.port}/readyz"
    ports = {"Rasa": settings.rasa_port, "Handlingsserveren": settings.actions_port}
    try:
        answer = requests.get(url, timeout=10)
        parts = answer.json()["parts"].items()
    except requests.ConnectionError:
        running = [name for name, port in ports.items() if _listens(port)]
        if running:
            return [Finding("fejl", area, f"{name} kører, men web svarer ikke.", url) for name in running]
        return [Finding("ok", area, "Systemet er ikke startet lige nu. Start det med: make run")]
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError):
        return [Finding("fejl", area, f"Det, der svarer på port {settings.port}, er ikke Vejviser.", url)]
    down = [name for name, state in parts if state != "ok"]
    if down:
        return [Finding("fejl", area, f"Delen {name} svarer ikke.", url) for name in down]
    return [Finding("ok", area, "Web, Rasa, handlingsserver og database er klar.")]


def switches(settings: Settings) -> list[Finding]:
    """Say what staff have turned off, and why. Says nothing where the database cannot be asked: `database` does."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return []
    engine = make_engine(settings.database_url).execution_options(write=False)
    try:
        with Session(engine, future=True) as db:
            found = notices.standing(db, clock.now())
    except SQLAlchemyError:
        return []
    finally:
        engine.dispose()
    area, where = "Drift", "/personale/drift"
    text = "{} er slukket siden {} af {}: {}"
    told = [
        Finding("bekraeft", area, text.format(SERVICE_PARTS[n.part], short_time(n.since), n.who, n.reason), where)
        for n in found.off
    ]
    if found.notice:
        told.append(Finding("bekraeft", area, f"Borgerne læser en driftsbesked: {found.notice.text}", where))
    return told or [Finding("ok", area, "Intet er slukket, og der er ingen driftsbesked.")]


def mail(settings: Settings, now: datetime) -> list[Finding]:
    """Say of which cases a mail was given up, may not have come, or waits for long, and whether the process that sends
    it is alive. Says nothing where the database cannot tell; `database` does."""
    area, url = "Mail", make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return []
    engine = make_engine(settings.database_url).execution_options(write=False)
    try:
        with Session(engine, future=True) as db:
            lately = {state: outbox.stuck(db, state, since=now - MAIL_LATELY) for state in ("opgivet", "uvist")}
            waiting = outbox.stuck(db, "venter", before=now - MAIL_LONG)
            beat = outbox.last_beat(db)
    except SQLAlchemyError:
        return []
    finally:
        engine.dispose()
    told = (
        (lately["opgivet"], "er opgivet de seneste 14 dage. Sig det til modtageren på en anden måde."),
        (lately["uvist"], "er måske ikke nået frem de seneste 14 dage. Den bliver ikke sendt igen; spørg modtageren."),
        (waiting, "har ventet over en time. Svarer mailserveren? Se: vejviser mail status"),
    )
    found = [Finding("bekraeft", area, f"Mail om {_cases(refs)} {text}") for refs, text in told if refs]
    if settings.smtp is None:
        text = "Der er ingen mailserver, så ingen mail bliver sendt."
        return [*found, Finding("ok", area, text, "VEJVISER_SMTP_URL")]
    if (waiting or _listens(settings.port)) and (beat is None or beat < now - MAIL_SILENT):
        seen = f"siden {short_time(beat)}" if beat else "endnu"
        text = f"Processen, der sender mail, har ikke vist sig {seen}. Start den med: vejviser mail send --watch"
        found.append(Finding("fejl", area, text, "Procfile: mail"))
    return found or [Finding("ok", area, "Ingen mail er gået i stå.")]


def backups(settings: Settings, now: datetime) -> list[Finding]:
    """Say when the last backup was made, and whether what is erased can be noted for the day one is put back."""
    area, found = "Sikkerhedskopi", []
    if backup_restore.unfinished(settings):
        text = "En indlæsning af en kopi blev ikke færdig. Kør den igen: vejviser backup indlaes FIL --overskriv"
        found.append(Finding("fejl", area, text, str(settings.data_dir / backup_restore.UNFINISHED)))
    for path in erased.paths(settings):
        folder = path.parent
        unborn = folder == settings.data_dir and not folder.exists()  # it is made at the first start
        writable = os.access(path if path.exists() else folder, os.W_OK)
        if folder.parent.exists() and not unborn and not writable:
            text = "Sletteloggen kan ikke skrives, så slettede kan komme igen med en kopi. Er disken sat på?"
            found.append(Finding("fejl", area, text, str(path)))
    made = backup.last(settings)
    if made is None:
        level, text = "bekraeft" if settings.production else "ok", "Der er endnu ikke taget nogen. Kør: vejviser backup"
        return [*found, Finding(level, area, text)]
    old = made.at < now - timedelta(days=settings.backup_max_age)
    text = f"Den seneste er taget {short_time(made.at)}."
    if old:
        text += f" Den er over {settings.backup_max_age} dage gammel. Kører cron?"
    return [*found, Finding("bekraeft" if old and settings.production else "ok", area, text, made.file)]


def _cases(references: list[str]) -> str:
    """Return the cases as they are named in a line: the first few, and how many more."""
    named, more = ", ".join(references[:MAIL_NAMED]), len(references) - MAIL_NAMED
    return named if more <= 0 else f"{named} og {more} {'anden sag' if more == 1 else 'andre'}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def counts(findings: list[Finding]) -> dict[str, int]:
    """Return how many there are of each level."""
    return {level: sum(f.level == level for f in findings) for level in LEVELS}


def as_json(findings: list[Finding]) -> dict:
    """Return the findings and their counts as other programs read them."""
    return {"findings": [asdict(found) for found in findings], "counts": counts(findings)}


def report(findings: list[Finding]) -> str:
    """Return the findings as people read them: by area, what must be mended first, and the counts at the end."""
    lines = []
    for area in dict.fromkeys(f.area for f in findings):
        lines += ["", area]
        for found in sorted((f for f in findings if f.area == area), key=lambda f: list(LEVELS).index(f.level)):
            lines.append(f"  {LEVELS[found.level]:<8} {found.text}" + (f"  [{found.where}]" if found.where else ""))
    number = counts(findings)
    lines += ["", f"{number['fejl']} fejl, {number['bekraeft']} skal bekræftes, {number['ok']} i orden."]
    return "\n".join(lines).lstrip("\n")
