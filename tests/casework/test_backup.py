"""Backups: a copy taken while the system runs is whole, comes back, and brings back nobody who was erased."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import traceback
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import backup, clock, conversations, doctor, erased, launch, own_case, person, settings
from casework import db as database
from casework.backup_archive import MANIFEST
from casework.cases import Actor
from casework.cli import main
from casework.columns import UNREADABLE
from casework.db import make_engine, session
from casework.erasure import forget_conversations
from casework.intake import Intake, file_case
from casework.models import Case, Conversation, OutgoingMail, Staff
from casework.settings import ROOT, Settings, current
from tests.casework.test_migrations import own_database  # noqa: F401 - a fixture
from tests.mailserver import MailServer
from tests.stack import free_port

KEY = "k3Jx9-aaQ7zz_Lm28vBnc0PqRst56WyU"
OTHER_KEY = "Zp4-Tt61qLw_88vXmNc7bHs2RkdEy90A"
TODAY = clock.today()
ON_POSTGRESQL = bool(os.environ.get("VEJVISER_TEST_DATABASE_URL"))
NAME, MAIL = "Anneke Dahl", "anneke@dahl.invalid"
ACTOR = Actor("kommandolinjen", "administrator")


class Office:
    """A system of its own: data folder, folder for backups, database and key, worked through the command line."""

    def __init__(self, root: Path, url: str) -> None:
        self.data, self.kept, self.url = root / "data", root / "kopier", url
        self.data.mkdir(parents=True)
        self.kept.mkdir(parents=True)
        ports = {name: str(free_port()) for name in ("PORT", "VEJVISER_RASA_PORT", "VEJVISER_ACTIONS_PORT")}
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("VEJVISER_", "PYTHONDONT"))},
            **ports,
            "VEJVISER_DATA_DIR": str(self.data),
            "VEJVISER_BACKUP_DIR": str(self.kept),
            "VEJVISER_SECRET_KEY": KEY,
            "VEJVISER_DATABASE_URL": url,
            "VEJVISER_TODAY": TODAY.isoformat(),
        }

    def run(self, *command, well=True, **changes):
        """Run `vejviser …` under this office's settings and return what it said."""
        environment, command = {**self.environment, **changes}, [str(word) for word in command]
        before, settings._current = settings._current, None
        stopped = signal.getsignal(signal.SIGTERM)
        database.engine.cache_clear()
        changed = {name: environment.get(name) for name in {*environment, *os.environ}}
        try:
            done = CliRunner().invoke(main, command, env=changed)
            if settings._current is not None and database.engine.cache_info().currsize:
                database.engine().dispose()
        finally:
            settings._current = before
            signal.signal(signal.SIGTERM, stopped)
            database.engine.cache_clear()
        unforeseen = done.exception and not isinstance(done.exception, SystemExit)
        assert not unforeseen, "".join(traceback.format_exception(*done.exc_info))
        assert (done.exit_code == 0) is well, done.output
        return done.output

    def run_limited(self, most, *command):
        """Run `vejviser …` in a process that can write no file past a size; return its code and what it said.

        It keeps nothing of what Python compiles: half a file of that would break every process after it.
        """
        whole = [str(ROOT / ".venv/bin/vejviser"), *map(str, command)]
        limits = f"import os, resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))"
        code = f"{limits}; os.execv({whole[0]!r}, {whole!r})"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**self.environment, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def backups(self):
        return sorted(path for path in self.kept.iterdir() if path.name.endswith(".tar.gz"))

    def backup(self, *options):
        """Take a backup into the folder and return the new file."""
        before = set(self.backups())
        self.run("backup", *options)
        (new,) = set(self.backups()) - before
        return new

    def lose_the_disk(self):
        """Let the data folder and the database be gone."""
        for path in self.data.iterdir():
            path.unlink()
        if self.url:
            engine = make_engine(self.url)
            with engine.begin() as connection:
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql("CREATE SCHEMA public")
            engine.dispose()

    def read(self, query):
        """Return what a query finds, with the key of this test process."""
        return self.work(lambda db: db.execute(query).all())

    def work(self, do):
        engine = make_engine(self.url or f"sqlite:///{self.data / 'vejviser.db'}")
        try:
            with Session(engine, future=True, expire_on_commit=False) as db, db.begin():
                return do(db)
        finally:
            engine.dispose()

    def file(self, number=1, **changes):
        """File a case and return its receipt."""
        told = {"story": f"{NAME} fik afslag", "contact_name": NAME, "contact_channel": "e-mail", "contact_value": MAIL}
        intake = Intake(**{**told, **changes})
        now = clock.now()
        key = b"0" * 32
        return self.work(lambda db: file_case(db, intake, submission=f"s{number}", now=now, today=TODAY, code_key=key))


@pytest.fixture
def office(tmp_path, monkeypatch, own_database, migrated):  # noqa: F811
    """An office with an empty database, of whose key and journal this process knows too."""
    made = Office(tmp_path, own_database if ON_POSTGRESQL else "")
    monkeypatch.setattr(current(), "_secret_key", KEY)
    monkeypatch.setattr(current(), "data_dir", made.data)
    monkeypatch.setattr(current(), "backup_dir", made.kept)
    made.run("migrate")
    return made


def repacked(path, change):
    """Write a backup anew with what `change` makes of each of its parts."""
    out = path.with_name("aendret.tar.gz")
    with tarfile.open(path) as old, tarfile.open(out, "w:gz") as new:
        for member in old:
            content = change(member.name, old.extractfile(member).read())
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return out


def manifest_changed(path, **changes):
    def change(name, content):
        return json.dumps({**json.loads(content), **changes}).encode() if name == MANIFEST else content

    return repacked(path, change)


def parts(path):
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def test_after_the_disk_is_lost_the_contact_can_be_read_and_the_citizens_code_opens_her_case(office):
    receipt = office.file()
    path = office.backup()
    office.lose_the_disk()
    said = office.run("backup", "indlaes", path)
    assert "lagt tilbage" in said and "Nøglen passer" in said
    assert office.read(select(Case.contact_name, Case.contact_value)) == [(NAME, MAIL)]
    opened = office.work(
        lambda db: own_case.open_case(db, receipt.reference, receipt.code, clock.now(), place="10.0.0.1")
    )
    assert opened.reference == receipt.reference
    with_words = "SELECT count(*) FROM case_search WHERE "
    with_words += "people @@ to_tsquery('danish', 'afslag')" if ON_POSTGRESQL else "case_search MATCH 'afslag'"
    assert office.read(sa.text(with_words)) == [(1,)]  # the search is there, and its triggers
    office.file(2)
    assert office.read(sa.text(with_words)) == [(2,)]
    assert office.run("backup", "vis", office.backup())  # and what was put back can be backed up


WRITER = """
import sys
from casework.db import session
from casework import clock, conversations
print("i gang", flush=True)
while True:
    with session() as db, db.begin():
        talk, _ = conversations.start(db, clock.now())
        for n in range(3):
            conversations.hear(db, talk, f"linje {n}", clock.now())
    print(".", flush=True)
"""


def test_a_copy_taken_while_another_process_writes_is_whole_and_of_one_moment(office):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER], cwd=ROOT, env=office.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        for _ in range(20):
            writer.stdout.readline()
        path = office.backup()
        for _ in range(5):
            assert writer.stdout.readline() == ".\n"  # and it goes on writing
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    office.run("backup", "vis", path)
    rows = json.loads(parts(path)[MANIFEST])["rows"]
    assert rows["conversations"] >= 18
    assert rows["turns"] == 3 * rows["conversations"]


def test_the_file_can_be_read_by_its_owner_only_and_holds_no_key_unless_it_is_asked_for(office):
    office.file()
    path = office.backup()
    assert path.stat().st_mode & 0o777 == 0o600
    inside = parts(path)
    assert "secret.key" not in inside and not any(KEY.encode() in content for content in inside.values())
    assert not any(word.encode() in content for word in (MAIL, "2233") for content in inside.values())
    assert "IKKE med" in office.run("backup", "--til", office.kept)
    assert [path.name for path in office.kept.iterdir() if path.name.startswith(backup.WORK)] == []
    with_key = office.kept / "med.tar.gz"
    assert "kan læse alt" in office.run("backup", "--med-noegle", "--til", with_key)
    assert parts(with_key)["secret.key"] == KEY.encode()


def test_a_key_that_is_in_the_copy_is_put_back_where_there_is_none_and_never_over_another(office):
    office.environment["VEJVISER_SECRET_KEY"] = ""
    (office.data / "secret.key").write_text(KEY)
    office.file()
    path = office.backup("--med-noegle")
    office.lose_the_disk()
    (office.data / "secret.key").write_text(OTHER_KEY)
    assert "en anden end den" in office.run("backup", "indlaes", path, well=False)
    assert (office.data / "secret.key").read_text() == OTHER_KEY
    (office.data / "secret.key").unlink()
    assert "taget fra kopien" in office.run("backup", "indlaes", path)
    assert (office.data / "secret.key").read_text() == KEY
    assert (office.data / "secret.key").stat().st_mode & 0o077 == 0


def test_another_key_is_told_and_nothing_is_replaced_until_it_is_said_that_the_key_is_lost(office):
    office.file()
    path = office.backup()
    assert "ANDEN" in office.run("backup", "vis", path, VEJVISER_SECRET_KEY=OTHER_KEY)
    office.lose_the_disk()
    said = office.run("backup", "indlaes", path, well=False, VEJVISER_SECRET_KEY=OTHER_KEY)
    assert "VEJVISER_SECRET_KEY" in said and OTHER_KEY not in said
    assert not (office.data / "vejviser.db").exists()
    said = office.run("backup", "indlaes", path, "--uden-noegle", well=False, VEJVISER_SECRET_KEY=OTHER_KEY)
    assert "lagt tilbage" in said and "ADVARSEL" in said and "kan ikke læses med nøglen" in said
    assert office.read(select(Case.contact_name)) == [(NAME,)]  # nothing was spoilt: the old key reads it still
    current()._secret_key = OTHER_KEY
    assert office.read(select(Case.contact_name)) == [(UNREADABLE,)]


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9, 1.0])
def test_a_byte_that_is_changed_anywhere_is_found(office, where):
    office.file()
    path = office.backup()
    content = bytearray(path.read_bytes())
    content[min(int(len(content) * where), len(content) - 5)] ^= 0xFF
    path.write_bytes(content)
    assert "beskadiget" in office.run("backup", "vis", path, well=False)
    office.lose_the_disk()
    assert "beskadiget" in office.run("backup", "indlaes", path, well=False)
    assert not (office.data / "vejviser.db").exists()


def test_a_part_that_is_cut_off_changed_missing_or_added_is_found(office):
    path = office.backup()
    cut = office.kept / "afkortet.tar.gz"
    cut.write_bytes(path.read_bytes()[:-2000])
    other = repacked(path, lambda name, content: content if name == MANIFEST else content + b"x")
    for wrong in (cut, other):
        assert "beskadiget" in office.run("backup", "vis", wrong, well=False)
    rows = json.loads(parts(path)[MANIFEST])["rows"]
    if not ON_POSTGRESQL:
        more = manifest_changed(path, rows={**rows, "cases": 7})
        assert "passer ikke i cases" in office.run("backup", "vis", more, well=False)
    for text in (b"noget helt andet", b""):
        (office.kept / "andet.tar.gz").write_bytes(text)
        assert "Fejl:" in office.run("backup", "vis", office.kept / "andet.tar.gz", well=False)
    assert "findes ikke" in office.run("backup", "vis", office.kept / "findes-ikke.tar.gz", well=False)


def test_a_copy_of_a_newer_system_is_refused_and_an_older_one_is_brought_up(office):
    path = office.backup()
    newer = manifest_changed(path, revision="9999")
    assert "nyere system" in office.run("backup", "vis", newer)
    assert "kender kun til" in office.run("backup", "indlaes", newer, well=False)
    older = {**office.environment, "PYTHONPATH": str(ROOT)}
    down = [sys.executable, "-m", "alembic", "downgrade", "-1"]
    subprocess.run(down, cwd=ROOT, env=older, check=True, capture_output=True)
    path = office.backup()
    assert "bringes op til" in office.run("backup", "vis", path)
    office.lose_the_disk()
    office.run("backup", "indlaes", path)
    assert "har de nyeste tabeller" in office.run("doctor", well=False)


def test_a_full_disk_leaves_no_file_and_the_old_ones_stay(office):
    old = [office.backup(), office.backup()]
    code, said = office.run_limited(40_000, "backup", "--behold", "1")
    assert code == 1 and "plads" in said and "Traceback" not in said
    assert office.backups() == sorted(old)
    assert {path.name for path in office.kept.iterdir()} <= {*(p.name for p in old), backup.LOCK, erased.NAME}


def test_a_dead_database_leaves_no_file_and_says_so(office):
    old = office.backup()
    if ON_POSTGRESQL:
        dead = {"VEJVISER_DATABASE_URL": f"postgresql://nogen:hemmelig@127.0.0.1:{free_port()}/findes"}
    else:
        dead = {}
        (office.data / "vejviser.db").write_bytes(b"dette er ikke en database " * 100)
        for beside in ("-wal", "-shm"):
            (office.data / f"vejviser.db{beside}").unlink(missing_ok=True)
    said = office.run("backup", well=False, **dead)
    assert ("svarer ikke" if ON_POSTGRESQL else "kan ikke læses") in said and "hemmelig" not in said
    assert office.backups() == [old]


def test_the_oldest_go_only_when_the_new_one_is_there_and_other_files_are_left_alone(office):
    strange = office.kept / "vejviser-foer-indlaesning-20200101-000000Z.tar.gz"
    strange.write_text("x")
    made = [office.backup() for _ in range(3)]
    office.run("backup", "--behold", "2")
    assert [path in office.backups() for path in made] == [False, False, True]
    assert len(backup.ours(office.kept)) == 2 and strange.exists()
    for wrong in (("--behold", "0"), ("--behold", "2", "--til", office.kept / "en.tar.gz")):
        assert "--behold" in office.run("backup", *wrong, well=False)


def test_a_folder_that_is_not_there_is_not_made_and_a_file_is_not_written_over(office):
    for place in (office.kept / "umonteret" / "kopi.tar.gz", office.kept / "umonteret"):
        assert "Er disken sat på?" in office.run("backup", "--til", place, well=False)
    assert not (office.kept / "umonteret").exists()
    path = office.backup()
    assert "findes allerede" in office.run("backup", "--til", path, well=False)
    assert "--til" in office.run("backup", well=False, VEJVISER_BACKUP_DIR="")


def test_what_is_there_is_not_replaced_unless_that_is_said_and_then_it_is_copied_first(office):
    first = office.file()
    path = office.backup()
    second = office.file(2)
    assert "--overskriv" in office.run("backup", "indlaes", path, well=False)
    assert len(office.read(select(Case.id))) == 2
    said = office.run("backup", "indlaes", path, "--overskriv")
    assert office.read(select(Case.reference)) == [(first.reference,)]
    (before,) = office.kept.glob(f"{backup.BEFORE}-*")
    assert str(before) in said
    office.run("backup", "indlaes", before, "--overskriv")
    assert set(office.read(select(Case.reference))) == {(first.reference,), (second.reference,)}


def test_nothing_is_put_back_beside_a_running_system_or_an_open_database(office):
    path = office.backup()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "Systemet kører" in office.run("backup", "indlaes", path, well=False, PORT=port)
    engine = make_engine(office.url or f"sqlite:///{office.data / 'vejviser.db'}")
    with engine.connect() as connection:  # as the process `mail`, which no port shows
        connection.exec_driver_sql("SELECT 1 FROM cases").all()
        assert "processen mail" in office.run("backup", "indlaes", path, "--overskriv", well=False)
    engine.dispose()
    office.run("backup", "indlaes", path)


def erase_everything(office, receipt, talk):
    """Erase a person through the pages' own function, and a conversation by the citizen's own hand."""

    def do(db):
        case = db.scalars(select(Case).where(Case.reference == receipt.reference)).one()
        case.status, case.closed_at = "afsluttet", clock.now()
        db.flush()
        person.erase(db, person.chosen(db, [receipt.reference], []), "Hun bad om det", ACTOR, clock.now())
        forget_conversations(db, [talk])

    office.work(do)


@pytest.mark.parametrize("lost", ["alt", "kun databasen", "sletteloggen i begge mapper"])
def test_who_was_erased_after_the_copy_does_not_come_back(office, lost):
    receipt, kept = office.file(), office.file(2, story="Bliver", contact_name="Bo", contact_value="bo@firma.invalid")
    talk = office.work(lambda db: conversations.start(db, clock.now())[0].id)
    path = office.backup()
    erase_everything(office, receipt, talk)
    journal = (office.kept / erased.NAME).read_text()
    assert journal == (office.data / erased.NAME).read_text()
    assert receipt.reference in journal and NAME not in journal and MAIL not in journal
    assert (office.data / erased.NAME).stat().st_mode & 0o077 == 0
    if lost != "kun databasen":
        office.lose_the_disk()
    if lost == "sletteloggen i begge mapper":
        (office.kept / erased.NAME).unlink()
        assert "ingen slettelog" in office.run("backup", "indlaes", path)
        assert len(office.read(select(Conversation.id))) == 1
        return
    said = office.run("backup", "indlaes", path, *(["--overskriv"] if lost == "kun databasen" else []))
    assert f"Sag {receipt.reference} (stod åben i kopien)" in said and f"Samtale {talk[:8]}" in said
    assert kept.reference not in said
    cases = office.work(lambda db: db.scalars(select(Case).order_by(Case.id)).all())
    assert [case.contact_name for case in cases] == [None, "Bo"]
    assert (cases[0].story, cases[0].status, cases[1].story) == ("", "afsluttet", "Bliver")
    assert office.read(select(Conversation.id)) == []
    assert receipt.reference in (office.data / erased.NAME).read_text()  # for the next time


def test_a_later_case_that_happens_to_get_an_erased_ones_number_is_left_alone(office):
    receipt = office.file()
    talk = office.work(lambda db: conversations.start(db, clock.now())[0].id)
    erase_everything(office, receipt, talk)
    later = office.file(2, story="En anden")

    def rename(db):
        db.scalars(select(Case).where(Case.reference == later.reference)).one().reference = receipt.reference

    office.work(rename)
    path = office.backup()
    office.lose_the_disk()
    office.run("backup", "indlaes", path)
    assert office.read(select(Case.story).where(Case.reference == receipt.reference)) == [("En anden",)]


def test_an_erasure_that_is_undone_is_not_noted(db):
    journal = current().data_dir / erased.NAME
    journal.unlink(missing_ok=True)
    talks = [conversations.start(db, clock.now())[0].id for _ in range(3)]
    db.commit()
    with session() as own:
        forget_conversations(own, [talks[0]])
        own.rollback()
    with session() as own, own.begin():
        with pytest.raises(ZeroDivisionError), own.begin_nested():
            forget_conversations(own, [talks[1]])
            assert not 1 / 0
        with own.begin_nested():
            forget_conversations(own, [talks[2]])
        assert not journal.exists()
    assert erased.read(erased.lines([journal])).conversations == {talks[2]}
    with session() as own:
        assert set(own.scalars(select(Conversation.id))) == set(talks[:2])


def test_a_journal_that_is_cut_off_is_read_as_far_as_it_goes_and_told_of(office):
    receipt = office.file()
    path = office.backup()
    erase_everything(office, receipt, str(uuid.uuid4()))
    for folder in (office.data, office.kept):
        with (folder / erased.NAME).open("a") as file:
            file.write('{"at": "2026-11-23T10:00:00+00:00", "slett')
    said = office.run("backup", "indlaes", path, "--overskriv")
    assert f"Sag {receipt.reference}" in said and "1 linjer i sletteloggen kan ikke læses" in said


def test_no_citizen_gets_a_mail_a_second_time_and_what_is_not_due_yet_still_goes_on_its_day(office, monkeypatch):
    server = MailServer()
    address = f"smtp://127.0.0.1:{server.port}"
    post = {"VEJVISER_SMTP_URL": address, "VEJVISER_MAIL_FROM": "vejviser@ltk.invalid"}
    monkeypatch.setattr(current(), "smtp", Settings.read(post).smtp)
    try:
        receipt = office.file()
        states = ("taget", "afleveres", "venter")
        office.work(lambda db: [add_mail(db, state) for state in states])
        path = office.backup()
        assert "Sendt: 2" in office.run("mail", "send", **post)  # the receipt, and what was waiting
        office.lose_the_disk()
        said = office.run("backup", "indlaes", path)
        assert "sendes ikke igen" in said and f"  {receipt.reference}" in said
        assert "Sendt: 0" in office.run("mail", "send", **post)
        assert len(server.taken) == 2
        states = dict(office.read(select(OutgoingMail.key, OutgoingMail.state)))
        assert states.pop("senere") == "venter" and set(states.values()) == {"uvist"} and len(states) == 4
        assert receipt.reference in office.run("doctor", well=False, **post)
    finally:
        server.stop()


def add_mail(db, state):
    case, now = db.scalars(select(Case)).first(), clock.now()
    values = {"kind": "kvittering", "case_id": case.id, "recipient": MAIL, "attempts": 0, "created_at": now}
    claimed = {} if state == "venter" else {"claim": "x", "claimed_at": now}
    db.add(OutgoingMail(key=state, state=state, due_at=now, problem="", **values, **claimed))
    if state == "venter":
        due = now + timedelta(days=3)
        db.add(OutgoingMail(key="senere", state=state, due_at=due, problem="", **values))


def test_whoever_was_signed_in_when_the_copy_was_made_must_sign_in_again(office):
    office.work(
        lambda db: db.add(
            Staff(
                email="a@ltk.invalid", name="A", role="reader", password_hash="x", stamp="før", created_at=clock.now()
            )
        )
    )
    path = office.backup()
    office.lose_the_disk()
    office.run("backup", "indlaes", path)
    assert office.read(select(Staff.stamp)) != [("før",)]


def test_a_system_whose_copy_was_put_back_only_in_part_does_not_start(office):
    from casework.backup_restore import UNFINISHED

    (office.data / UNFINISHED).write_text("")
    (office.data / "models").symlink_to(ROOT / "var" / "models")
    assert "blev ikke færdig" in office.run("start", well=False)
    assert "blev ikke færdig" in office.run("doctor", well=False)


def test_the_doctor_says_when_the_last_copy_was_made_and_warns_in_production_when_it_is_old_or_there_is_none(office):
    production = Settings.read({**office.environment, "VEJVISER_ENV": "production", "VEJVISER_TODAY": ""})
    demo = Settings.read(office.environment)

    def levels(given, later=timedelta(0)):
        return [(found.level, found.text) for found in doctor.backups(given, backup.moment() + later)]

    for given, level in ((production, "bekraeft"), (demo, "ok")):
        ((found, text),) = levels(given)
        assert found == level and "ikke taget nogen" in text
    office.backup()
    for later, level, word in ((timedelta(days=6), "ok", "seneste"), (timedelta(days=8), "bekraeft", "7 dage")):
        ((found, text),) = levels(production, later)
        assert found == level and word in text
    assert levels(demo, timedelta(days=8))[0][0] == "ok"
    gone = Settings.read({**office.environment, "VEJVISER_BACKUP_DIR": str(office.kept / "umonteret")})
    assert ("fejl", "Er disken sat på?") in [(level, text[-17:]) for level, text in levels(gone)]


def test_before_it_opens_the_kommune_is_asked_to_confirm_how_often_a_copy_is_made():
    (found,) = launch.backup_schedule({})
    assert found.level == "bekraeft" and "plan" in found.text
    assert launch.backup_schedule({"VEJVISER_BACKUP_MAX_AGE": "2"}) == []


@pytest.mark.postgresql
def test_a_missing_or_too_old_pg_dump_is_told_and_the_password_is_on_no_command_line(office, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    assert "apt install" in office.run("backup", well=False, PATH=str(folder))
    seen = tmp_path / "set"
    script = f'#!/bin/sh\necho "$0 $@" >> {seen}\ncase "$1" in --version) echo "pg_dump (PostgreSQL) 9.6.1";; esac\n'
    (folder / "pg_dump").write_text(script)
    (folder / "pg_dump").chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    assert "er version 9" in office.run("backup", well=False, PATH=path)
    (folder / "pg_dump").write_text(script.replace("9.6.1", "99.0"))
    office.run("backup", well=False, PATH=path)  # what it leaves is no dump
    assert "--format=custom" in seen.read_text() and ":vejviser_ci" not in seen.read_text()
    assert "password" not in seen.read_text().replace("--no-password", "")
    assert office.backups() == []
