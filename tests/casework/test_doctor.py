"""The doctor: each kind of finding appears when there is cause and is gone when it is mended."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from casework import availability_settings, clock, doctor, launch, notices, outbox, staff
from casework.cases import Actor
from casework.db import make_engine, session
from casework.intake import Intake, file_case
from casework.models import Base, Case, OutgoingMail
from casework.processes import model_path
from casework.settings import ROOT, SETTINGS, Settings
from tests.stack import free_port

TODAY = date(2026, 11, 23)
KEY = "k3Jx9-aaQ7zz_Lm28vBnc0PqRst56WyU"
IN_USE = {"VEJVISER_ENV": "production", "VEJVISER_SECRET_KEY": KEY}
SOUND = {
    "title": "Kommunens telefonbog",
    "says": "Sådan er det.",
    "seen": "2026",
    "confidence": "verified",
    "review_by": date(2027, 5, 22),
}
UNIT = {"name": "Byggesag", "phone": "45 00 00 01", "hours": "mandag 10-15", "address": "Torvet 1", "confirmed": TODAY}
WELL = launch.Content(
    sources={"en-kilde": SOUND},
    main_number={"phone": "45 97 30 00", "address": "Torvet 17", "confirmed": TODAY},
    units={"ltk.byggesag": UNIT},
    cited={"en-kilde": ("svaret klage.frist",)},
)


def with_source(**changes):
    return replace(WELL, sources={"en-kilde": {**SOUND, **changes}})


def with_unit(key="ltk.byggesag", **changes):
    return replace(WELL, units={key: {**UNIT, **changes}})


def wrong(findings):
    return [found for found in findings if found.level != "ok"]


def settings(tmp_path, **changes):
    return Settings.read({"VEJVISER_DATA_DIR": str(tmp_path), **changes})


# --- Is it sound? ---------------------------------------------------------------------------------------------------


def test_settings_that_cannot_be_read_are_named_and_the_rest_is_still_looked_at():
    first, *others = doctor.system({"VEJVISER_ENV": "test"})
    assert (first.level, first.area) == ("fejl", "Indstillinger")
    assert "VEJVISER_ENV" in first.text
    assert {found.area for found in others} == {"Browserens filer"}


def test_every_part_of_the_system_is_looked_at(tmp_path):
    findings = doctor.system({"PORT": str(free_port()), "VEJVISER_DATA_DIR": str(tmp_path)})
    areas = {found.area for found in findings}
    own = {"Indstillinger", "Database", "Model", "Disk", "Browserens filer", "Tekster", "Processer"}
    assert areas == own | {"Sikkerhedskopi"}


def test_a_database_that_is_not_there_is_an_error(tmp_path):
    (found,) = doctor.database(settings(tmp_path))
    assert found.level == "fejl"
    assert "make migrate" in found.text
    assert not (tmp_path / "vejviser.db").exists()


def test_a_database_without_the_newest_tables_is_an_error_until_it_is_migrated(tmp_path):
    database = f"sqlite:///{tmp_path / 'proeve.db'}"
    engine = make_engine(database)
    Base.metadata.create_all(engine)
    engine.dispose()
    (found,) = doctor.database(settings(tmp_path, VEJVISER_DATABASE_URL=database))
    assert found.level == "fejl"
    assert "mangler de nyeste tabeller" in found.text


def test_a_migrated_database_is_sound(migrated):
    found = doctor.database(Settings.read())
    assert "nyeste tabeller" in found[0].text
    assert {one.level for one in found} == {"ok"}


def test_a_database_server_that_does_not_answer_is_an_error(tmp_path):
    url = f"postgresql://nogen:hemmelig@127.0.0.1:{free_port()}/findes"
    (found,) = doctor.database(settings(tmp_path, VEJVISER_DATABASE_URL=url))
    assert found.level == "fejl"
    assert "svarer ikke" in found.text
    assert "hemmelig" not in str(found)


def test_a_file_that_is_no_database_is_an_error(tmp_path):
    (tmp_path / "vejviser.db").write_text("dette er ikke en database " * 100)
    (found,) = doctor.database(settings(tmp_path))
    assert found.level == "fejl"


def test_redis_that_does_not_answer_is_an_error_only_where_it_is_used(tmp_path, migrated):
    database = Settings.read().database_url
    used = settings(tmp_path, VEJVISER_DATABASE_URL=database, VEJVISER_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert [found.where for found in wrong(doctor.database(used))] == ["VEJVISER_REDIS_URL"]
    assert not wrong(doctor.database(settings(tmp_path, VEJVISER_DATABASE_URL=database)))


def test_a_model_that_is_not_trained_is_an_error_until_it_is(tmp_path):
    (found,) = doctor.model(settings(tmp_path))
    assert found.level == "fejl"
    assert "make model" in found.text
    path = model_path(settings(tmp_path))
    path.parent.mkdir()
    path.write_bytes(b"model")
    assert not wrong(doctor.model(settings(tmp_path)))


def test_a_disk_that_is_nearly_full_is_an_error(tmp_path):
    assert not wrong(doctor.disk(tmp_path, least=1))
    (found,) = doctor.disk(tmp_path, least=10**18)
    assert found.level == "fejl"
    assert "GB" in found.text


def test_the_disk_is_looked_at_before_the_data_folder_is_made(tmp_path):
    assert not wrong(doctor.disk(tmp_path / "findes" / "ikke", least=1))


def test_missing_browser_files_are_an_error_until_they_are_fetched(tmp_path):
    (found,) = doctor.assets(tmp_path)
    assert found.level == "fejl"
    (tmp_path / doctor.ASSET).parent.mkdir(parents=True)
    (tmp_path / doctor.ASSET).write_text("")
    assert not wrong(doctor.assets(tmp_path))


def test_a_source_that_is_cited_and_missing_is_an_error():
    assert not wrong(doctor.texts(WELL))
    (found,) = doctor.texts(replace(WELL, cited={**WELL.cited, "forsvundet-kilde": ("svaret klage.frist",)}))
    assert found.level == "fejl"
    assert "svaret klage.frist" in found.text
    assert "forsvundet-kilde" in found.where


class _Ready(BaseHTTPRequestHandler):
    answer = (200, b"{}")

    def do_GET(self):  # noqa: N802 - the name the server asks for
        status, body = self.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def answering():
    """A program on a port of its own that answers what it is told to."""
    servers = []

    def start(status, body):
        kind = type("_Answer", (_Ready,), {"answer": (status, body.encode())})
        server = HTTPServer(("127.0.0.1", 0), kind)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def running(tmp_path, **ports):
    free = {name: str(free_port()) for name in ("PORT", "VEJVISER_RASA_PORT", "VEJVISER_ACTIONS_PORT")}
    return settings(tmp_path, **{**free, **{name: str(port) for name, port in ports.items()}})


def test_that_the_system_is_not_started_is_no_error(tmp_path):
    (found,) = doctor.processes(running(tmp_path))
    assert found.level == "ok"
    assert "ikke startet" in found.text


def test_a_running_system_is_sound_when_all_its_parts_answer(tmp_path, answering):
    port = answering(200, '{"parts": {"database": "ok", "model": "ok", "actions": "ok"}}')
    (found,) = doctor.processes(running(tmp_path, PORT=port))
    assert found.level == "ok"
    assert "klar" in found.text


def test_a_part_that_is_down_is_named(tmp_path, answering):
    port = answering(503, '{"parts": {"database": "ok", "model": "down", "actions": "ok"}}')
    (found,) = doctor.processes(running(tmp_path, PORT=port))
    assert found.level == "fejl"
    assert "model" in found.text


@pytest.mark.parametrize("body", ["<h1>En anden side</h1>", "[]", "{}", '{"parts": 7}'])
def test_another_program_on_the_port_is_an_error(tmp_path, answering, body):
    (found,) = doctor.processes(running(tmp_path, PORT=answering(200, body)))
    assert found.level == "fejl"
    assert "ikke Vejviser" in found.text


def test_rasa_without_web_is_an_error(tmp_path, answering):
    (found,) = doctor.processes(running(tmp_path, VEJVISER_RASA_PORT=answering(200, "{}")))
    assert found.level == "fejl"
    assert "Rasa kører, men web svarer ikke" in found.text


# --- What must be confirmed before it opens? ------------------------------------------------------------------------

OPERATED = ("VEJVISER_SMTP_URL", "VEJVISER_BACKUP_DIR", "VEJVISER_CONVERSATION_DAYS", "VEJVISER_CASE_KEEP_MONTHS")
SET_UP = {**IN_USE, **dict.fromkeys(OPERATED, "sat")}


def test_a_system_set_up_for_use_has_nothing_to_mend():
    assert not wrong(launch.operation(SET_UP, OPERATED))


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("VEJVISER_ENV", "", "fejl"),
        ("VEJVISER_ENV", "demo", "fejl"),
        ("VEJVISER_SECRET_KEY", "", "fejl"),
        ("VEJVISER_SECRET_KEY", "  ", "fejl"),
        ("VEJVISER_TODAY", "2026-11-23", "fejl"),
        ("VEJVISER_SMTP_URL", "", "fejl"),
        ("VEJVISER_BACKUP_DIR", "", "fejl"),
        ("VEJVISER_CONVERSATION_DAYS", "", "bekraeft"),
        ("VEJVISER_CASE_KEEP_MONTHS", "", "bekraeft"),
    ],
)
def test_a_setting_that_does_not_fit_a_system_in_use_is_named(name, value, level):
    (found,) = wrong(launch.operation({**SET_UP, name: value}, OPERATED))
    assert (found.level, found.where) == (level, name)
    assert KEY not in str(found)


def test_mail_backup_and_retention_are_open_points_while_there_is_no_setting_for_them():
    found = wrong(launch.operation(IN_USE, known=("PORT", "VEJVISER_ENV")))
    assert len(found) == 3
    assert all(f.text.startswith("Åbent punkt") for f in found)
    assert " ".join(f.where for f in found).count("VEJVISER_") == 3


def test_what_is_asked_of_the_settings_follows_the_settings_the_system_has():
    asked = {found.where for found in launch.operation(IN_USE)}
    assert asked == {found.where for found in launch.operation(IN_USE, tuple(s.name for s in SETTINGS))}


def test_a_demo_account_is_an_error_until_it_is_closed(db):
    assert not wrong(launch.accounts(db))
    staff.set_demo_user(db, email="demo@vejviser.invalid", password="en lang adgangskode", now=clock.now())
    person = staff.sign_in(db, "demo@vejviser.invalid", "en lang adgangskode")
    (found,) = launch.accounts(db)
    assert found.level == "fejl"
    person.active = False
    db.flush()
    assert not wrong(launch.accounts(db))


def test_hours_for_meetings_nobody_has_set_are_to_be_confirmed_until_the_adviser_sets_her_own(db):
    availability_settings.seed(db)
    assert len(wrong(launch.meeting_hours(db))) == 2
    availability_settings.set_hours(db, "bibliotek", [(2, time(9), time(12))])
    (found,) = launch.meeting_hours(db)
    assert found.level == "bekraeft" and "Møde et andet sted" in found.text
    availability_settings.save_kind(db, "andet_sted", open=False)
    assert not wrong(launch.meeting_hours(db))


def test_accounts_that_cannot_be_seen_are_an_error(tmp_path):
    with Session(create_engine(f"sqlite:///{tmp_path / 'tom.db'}", future=True), future=True) as empty:
        (found,) = launch.accounts(empty)
    assert found.level == "fejl"


@pytest.mark.parametrize(
    "changes",
    [
        {"contact": True, "seen": "31-03-2022"},
        {"contact": True, "seen": "2021-25"},
        {"contact": True, "seen": "2025"},
        {"contact": True, "seen": "undated"},
        {"contact": True, "seen": ""},
        {"contact": True, "third_party": True, "seen": "2026"},
        {"third_party": True},
        {"dated": "2022"},
        {"dated": 2022},
        {"contact": True, "seen": "2022", "confirmed": date(2025, 11, 22)},
        {"contact": True, "seen": "2022", "confirmed": "i går"},
        {"contact": True, "seen": "2022", "confirmed": date(2062, 1, 1)},
    ],
)
def test_old_or_second_hand_contact_data_is_to_be_confirmed_and_then_is_not_listed(changes):
    (found,) = wrong(launch.contacts(with_source(**changes), TODAY))
    assert found.level == "bekraeft"
    assert "en-kilde" in found.where
    assert "svaret klage.frist" in found.text
    for day in (TODAY, date(2025, 11, 23), "2026-03-01"):
        assert not wrong(launch.contacts(with_source(**{**changes, "confirmed": day}), TODAY))


@pytest.mark.parametrize(
    "changes", [{"contact": True, "seen": "2026"}, {"contact": True, "seen": "marts 2026"}, {"seen": "2019"}]
)
def test_fresh_contact_data_and_sources_that_are_no_contact_data_need_no_confirmation(changes):
    assert not wrong(launch.contacts(with_source(**changes), TODAY))


def test_contact_data_nobody_is_shown_needs_no_confirmation():
    unused = replace(with_source(contact=True, seen="2022"), cited={})
    assert not wrong(launch.contacts(unused, TODAY))


@pytest.mark.parametrize(
    ("note", "day"),
    [
        ("31-03-2022", date(2022, 3, 31)),
        ("2026-03-05", date(2026, 3, 5)),
        ("2024-26", date(2026, 1, 1)),
        ("ca. 2025, fra tredjepart", date(2025, 1, 1)),
        ("2022 / marts 2026", date(2026, 1, 1)),
        ("99-99-2022", None),
        ("stored copy", None),
    ],
)
def test_the_day_of_a_note_is_read_with_care(note, day):
    assert launch.seen_on(note) == day


def test_the_main_number_is_to_be_confirmed_every_year():
    for confirmed, count in ((None, 1), (date(2025, 1, 1), 1), (date(2026, 10, 1), 0)):
        number = {"phone": "45 97 30 00", "address": "Torvet 17", "confirmed": confirmed}
        found = wrong(launch.contacts(replace(WELL, main_number=number), TODAY))
        assert len(found) == count
        assert all("45 97 30 00" in f.text and "main_number" in f.where for f in found)


@pytest.mark.parametrize("key", ["ltk.byggesag", "ekstern.ankestyrelsen"])
def test_the_contact_data_of_a_unit_is_to_be_confirmed(key):
    (found,) = wrong(launch.contacts(with_unit(key, confirmed=None), TODAY))
    assert "45 00 00 01" in found.text
    assert key in found.where
    assert not wrong(launch.contacts(with_unit(key), TODAY))


@pytest.mark.parametrize(("field", "word"), [("phone", "telefon"), ("hours", "åbningstid"), ("address", "adresse")])
def test_an_empty_field_of_a_department_is_listed_until_it_is_filled_or_the_entry_confirmed(field, word):
    (found,) = wrong(launch.directory(with_unit(**{field: "", "confirmed": None}), TODAY))
    assert word in found.text
    assert "ltk.byggesag" in found.where
    assert not wrong(launch.directory(with_unit(confirmed=None), TODAY))
    assert not wrong(launch.directory(with_unit(**{field: ""}), TODAY))


def test_other_authorities_and_the_switchboard_need_no_fields_of_their_own():
    for key in ("ekstern.ankestyrelsen", "ltk.hovednummer"):
        assert not wrong(launch.directory(with_unit(key, phone="", hours="", address="", confirmed=None), TODAY))


def test_a_fact_nobody_has_seen_in_a_source_is_listed_while_it_is_used():
    unseen = with_source(confidence="unverified")
    (found,) = wrong(launch.unverified(unseen, TODAY))
    assert found.level == "bekraeft"
    assert "Sådan er det. Bruges i svaret klage.frist" in found.text
    assert not wrong(launch.unverified(WELL, TODAY))
    assert not wrong(launch.unverified(replace(unseen, cited={}), TODAY))
    assert not wrong(launch.unverified(with_source(confidence="unverified", confirmed=TODAY), TODAY))


def test_an_answer_that_rests_on_an_overdue_source_is_listed_from_the_day_after():
    for day, count in ((date(2026, 11, 22), 1), (TODAY, 0), (date(2027, 11, 22), 0)):
        found = wrong(launch.overdue(with_source(review_by=day), TODAY))
        assert len(found) == count
        assert all("22.11.2026" in f.text and "svaret klage.frist" in f.text for f in found)


def test_everything_in_order_gives_nothing_to_mend(db):
    found = launch.launch(db, {**SET_UP}, TODAY, WELL)
    assert {f.area for f in wrong(found)} <= {"Drift"}, "the settings the system does not have yet"


def test_all_that_citizens_are_told_is_looked_at():
    found = launch.content()
    named = {name for names in found.cited.values() for name in names}
    assert {"bot/course.yml", "bot/klageveje.yml", "bot/directory.yml", "casework/frister.py"} <= named
    assert "svaret klage.frist" in named
    assert found.main_number["phone"]
    assert "ltk.byggesag" in found.units
    assert "hovednummer" not in found.units


# --- Telling --------------------------------------------------------------------------------------------------------

MIXED = [
    launch.Finding("ok", "Disk", "Der er plads."),
    launch.Finding("bekraeft", "Kontakt", "Er nummeret rigtigt?", "bot/directory.yml"),
    launch.Finding("fejl", "Kontakt", "Nummeret mangler."),
]


def test_the_report_groups_by_area_puts_errors_first_and_counts_at_the_end():
    assert doctor.report(MIXED).splitlines() == [
        "Disk",
        "  OK       Der er plads.",
        "",
        "Kontakt",
        "  FEJL     Nummeret mangler.",
        "  BEKRÆFT  Er nummeret rigtigt?  [bot/directory.yml]",
        "",
        "1 fejl, 1 skal bekræftes, 1 i orden.",
    ]


def command(tmp_path, *arguments, **environment):
    env = {"PATH": "/usr/bin:/bin", "PORT": str(free_port()), "VEJVISER_DATA_DIR": str(tmp_path), **environment}
    line = [sys.executable, "-c", "from casework.cli import main; main()", "doctor", *arguments]
    return subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True)


def test_the_command_ends_with_1_when_something_is_to_be_mended_and_tells_machines_the_same(tmp_path):
    done = command(tmp_path, "--launch", "--format", "json", VEJVISER_ENV="demo")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert set(told["findings"][0]) == {"level", "area", "text", "where"}
    assert told["counts"]["fejl"] == sum(f["level"] == "fejl" for f in told["findings"]) > 0
    assert {"Drift", "Konti", "Kontaktoplysninger"} <= {f["area"] for f in told["findings"]}


def test_settings_that_cannot_be_read_end_the_command_with_words_and_no_traceback(tmp_path):
    done = command(tmp_path, "--launch", PORT="otte")
    assert done.returncode == 1
    assert "PORT skal være et helt tal" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_command_ends_with_0_when_all_is_sound(tmp_path, migrated):
    prepared = Settings.read()
    path = model_path(prepared)
    target = tmp_path / "models" / path.name
    target.parent.mkdir()
    target.write_bytes(b"model")
    done = command(tmp_path, VEJVISER_DATABASE_URL=prepared.database_url)
    assert done.returncode == 0, done.stdout
    assert "0 fejl, 0 skal bekræftes" in done.stdout


def test_what_staff_have_turned_off_is_told_with_its_reason_until_it_is_on_again(db):
    made = staff.add_staff(
        db, email="vagt@ltk.invalid", name="Vagt", role="adviser", password="lampe violin gryde torden", now=clock.now()
    )
    db.flush()
    db.commit()
    vagt = Actor("Vagt", "adviser", staff_id=made.id)
    assert not wrong(doctor.switches(Settings.read()))
    with session() as one, one.begin():
        notices.put(one, "moede", vagt, clock.now(), text="Vi retter en fejl.", reason="Kalenderen er forkert")
    (found,) = doctor.switches(Settings.read())
    assert (found.level, found.area) == ("bekraeft", "Drift")
    assert "Booking af møder er slukket" in found.text and "Vagt: Kalenderen er forkert" in found.text
    with session() as one, one.begin():
        notices.end(one, "moede", vagt, clock.now())
    assert not wrong(doctor.switches(Settings.read()))


# --- Mail -------------------------------------------------------------------------------------------------------------

POST = {"VEJVISER_SMTP_URL": "smtp://127.0.0.1:25"}


def mail_in_state(state, age, number=1):
    """A case with a mail about it that was queued so long ago and stands in `state`; return its reference."""
    with session() as own, own.begin():
        given = Intake(story="Min sag", anonymous=True)
        now = clock.now()
        filed = file_case(own, given, submission=f"m{number}", now=now, today=TODAY, code_key=b"0" * 32)
        case = own.query(Case).filter_by(reference=filed.reference).one()
        values = {"recipient": "a@post.invalid", "attempts": 1, "due_at": now, "problem": ""}
        own.add(
            OutgoingMail(key=f"m{number}", kind="besked", case_id=case.id, state=state, created_at=now - age, **values)
        )
        return filed.reference


def mail_findings(**changes):
    told = Settings.read({"VEJVISER_DATABASE_URL": Settings.read().database_url, **POST, **changes})
    return doctor.mail(told, clock.now())


@pytest.mark.parametrize(
    ("state", "age", "said"),
    [
        ("opgivet", timedelta(days=2), "er opgivet"),
        ("uvist", timedelta(days=2), "måske ikke nået frem"),
        ("venter", timedelta(hours=3), "har ventet over en time"),
    ],
)
def test_a_mail_that_was_given_up_may_not_have_come_or_waits_for_long_is_told_with_its_case(db, state, age, said):
    reference = mail_in_state(state, age)
    told = next(f for f in wrong(mail_findings(PORT=str(free_port()))) if f.level == "bekraeft")
    assert said in told.text and reference in told.text
    assert "post.invalid" not in str(told)


@pytest.mark.parametrize(
    ("state", "age"),
    [("sendt", timedelta(days=2)), ("venter", timedelta(minutes=5)), ("opgivet", timedelta(days=20))],
)
def test_mail_that_goes_as_it_should_and_what_is_long_past_is_no_finding(db, state, age):
    mail_in_state(state, age)
    assert not wrong(mail_findings(PORT=str(free_port())))


def test_of_many_cases_with_mail_that_was_given_up_the_first_few_are_named(db):
    references = [mail_in_state("opgivet", timedelta(days=2), number) for number in range(8)]
    (told,) = wrong(mail_findings(PORT=str(free_port())))
    assert references[0] in told.text and references[7] not in told.text and "og 3 andre" in told.text


def test_a_mail_process_that_has_gone_quiet_is_an_error_while_the_system_runs(db, answering):
    port = str(answering(200, "{}"))
    (found,) = mail_findings(PORT=port)
    assert found.level == "fejl" and "ikke vist sig endnu" in found.text
    beats(clock.now() - timedelta(minutes=20))
    (found,) = mail_findings(PORT=port)
    assert found.level == "fejl" and "ikke vist sig siden" in found.text
    beats(clock.now())
    assert not wrong(mail_findings(PORT=port))


def test_that_no_mail_process_runs_is_no_error_when_the_system_is_not_started_or_has_no_mail_server(db, answering):
    assert not wrong(mail_findings(PORT=str(free_port())))
    assert not wrong(mail_findings(PORT=str(answering(200, "{}")), VEJVISER_SMTP_URL=""))


def beats(now):
    with session() as own, own.begin():
        outbox.beat(own, now)
