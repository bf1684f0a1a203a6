"""One person's data: found, handed out, erased."""

import json
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from casework import cases, conversations, letters, messages, person, retention, review
from casework.cli import main
from casework.db import session
from casework.errors import InvalidInput, InvalidState
from casework.intake import Intake, file_case
from casework.models import Case, CaseRead, Conversation, ConversationRead, PersonLog
from tests.casework.actors import create_actor
from tests.casework.test_retention import everything

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=timezone.utc)
PHONE, MAIL = "22 33 44 55", "anneke@dahl.dk"


def talk(db, said):
    conversation, _ = conversations.start(db, NOW)
    conversations.hear(db, conversation, said, NOW)
    conversations.say(db, conversation, [{"text": "Et svar."}], NOW)
    return conversation.id


def file(db, number=1, *, value=PHONE, conversation_id=None, story="Jeg fik afslag på en carport"):
    intake = Intake(
        story=story, unit="ltk.byggesag", contact_name="Anneke", contact_channel="telefon", contact_value=value
    )
    receipt = file_case(
        db,
        intake,
        submission=f"s{number}",
        now=NOW,
        today=TODAY,
        conversation_id=conversation_id,
        code_key=b"0" * 32,
    )
    return receipt.reference


def close(db, reference, actor):
    cases.take(db, reference, actor, NOW)
    cases.close(db, reference, actor, NOW, cause="manglende_svar", handling="dialog_afdeling", center="CBB")


def names(found):
    return {c.reference for c in found.cases}, {c.id for c in found.conversations}


@pytest.fixture
def actor(db):
    return create_actor(db, "Admin", "administrator")


@pytest.mark.parametrize("typed", ["22334455", "+45 22 33 44 55", "22-33-44-55", "0045 22334455"])
def test_a_phone_number_finds_cases_and_conversations_however_it_was_written(db, actor, typed):
    conversation_id = talk(db, "ring til mig på 2233 4455")
    reference = file(db, 1, value="tlf. 22 33 44 55 eller på arbejdet 66 77 88 99")
    file(db, 2, value="99 88 77 66")
    talk(db, "ring 99 88 77 66")
    assert names(person.search(db, actor, NOW, contact=typed)) == ({reference}, {conversation_id})


def test_a_mail_address_finds_whatever_its_capitals(db, actor):
    reference = file(db, 1, value="Anneke@Dahl.dk")
    assert names(person.search(db, actor, NOW, contact=" anneke@DAHL.dk "))[0] == {reference}


def test_a_case_brings_its_conversation_and_the_cases_tied_to_it(db, actor):
    conversation_id = talk(db, "hej")
    first, second = file(db, 1, conversation_id=conversation_id), file(db, 2, value="66 77 88 99")
    db.scalars(select(Case).where(Case.reference == second)).one().follows_id = db.scalars(
        select(Case.id).where(Case.reference == first)
    ).one()
    db.flush()
    assert names(person.search(db, actor, NOW, reference=second.lower())) == ({first, second}, {conversation_id})


@pytest.mark.parametrize("contact", ["", "1234", "Anneke"])
def test_what_cannot_be_searched_for_is_told_in_words(db, actor, contact):
    with pytest.raises(InvalidInput):
        person.search(db, actor, NOW, contact=contact)


def test_everything_held_is_handed_out_readable_and_as_data_and_each_reading_is_logged(db, actor):
    conversation_id = talk(db, f"Jeg hedder Søren Madsen, min mail er {MAIL}")
    reference = file(db, 1, conversation_id=conversation_id, value=MAIL, story="Søren Madsen fik afslag")
    letters.keep(db, conversation_id, "klage", {"navn": "Søren Madsen"}, NOW)
    cases.take(db, reference, actor, NOW)
    cases.note(db, reference, "Ringet til byggesag.", actor, NOW)
    messages.reply(db, reference, "Vi har set på det.", actor, NOW)
    review.read(db, conversation_id, actor, NOW)
    content = person.export(db, person.search(db, actor, NOW, reference=reference), actor, NOW)
    with ZipFile(BytesIO(content)) as archive:
        data = json.loads(archive.read("oplysninger.json"))
        page = archive.read("oplysninger.html").decode()
    (case,), (held,) = data["sager"], data["samtaler"]
    assert (case["reference"], case["story"], case["contact_value"]) == (reference, "Søren Madsen fik afslag", MAIL)
    assert held["linjer"][0]["text"] == f"Jeg hedder Søren Madsen, min mail er {MAIL}"
    assert "Søren Madsen" in str(held["andet"]["letters"])
    assert [m["text"] for m in case["andet"]["messages"]] == ["Vi har set på det."]
    for told in (reference, "Søren Madsen fik afslag", MAIL, "Ringet til byggesag.", "Vi har set på det.", "Admin"):
        assert told in page, told
    whole = json.dumps(data)
    secrets = [db.scalars(select(Case.code_hash)).one(), db.scalars(select(Conversation.token_hash)).one()]
    assert not [secret for secret in secrets if secret in whole]
    assert len(db.scalars(select(CaseRead)).all()) == 1 and len(db.scalars(select(ConversationRead)).all()) == 2
    assert [(e.kind, e.items) for e in db.scalars(select(PersonLog).order_by(PersonLog.id))] == [
        ("soeg", [reference, conversation_id]),
        ("udlever", [reference, conversation_id]),
    ]


def test_what_a_citizen_wrote_cannot_become_code_on_the_page(db, actor):
    reference = file(db, 1, story="<script>alert(1)</script>")
    content = person.export(db, person.search(db, actor, NOW, reference=reference), actor, NOW)
    page = ZipFile(BytesIO(content)).read("oplysninger.html").decode()
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_erasing_leaves_nothing_but_the_registration_and_the_log(db, actor):
    conversation_id = talk(db, f"Jeg hedder Søren Madsen, ring {PHONE}")
    other = talk(db, "hvad er klokken")
    reference = file(db, 1, conversation_id=conversation_id, story="Søren Madsen fik afslag")
    close(db, reference, actor)
    found = person.search(db, actor, NOW, contact=PHONE)
    person.erase(db, found, "Borgeren har bedt om det", actor, NOW)
    log = db.scalars(select(PersonLog).where(PersonLog.kind == "slet")).one()
    assert (log.reason, log.items, log.staff_id) == (
        *("Borgeren har bedt om det", [reference, conversation_id], actor.staff_id),
    )
    left = everything(db)
    assert "Madsen" not in left and PHONE not in left and "22334455" not in left
    assert db.scalars(select(Conversation.id)).all() == [other]
    case = db.scalars(select(Case)).one()
    assert (case.cause, case.center, case.status) == ("manglende_svar", "CBB", "afsluttet")
    assert not person.search(db, actor, NOW, contact=PHONE)


def test_what_is_preserved_open_or_tied_to_another_case_is_not_erased(db, actor):
    conversation_id = talk(db, "hej")
    reference = file(db, 1, conversation_id=conversation_id)
    both = person.chosen(db, [reference], [conversation_id])
    with pytest.raises(InvalidState, match="er åben"):
        person.erase(db, both, "Bedt om", actor, NOW)
    close(db, reference, actor)
    with pytest.raises(InvalidState, match="hører til sagen"):
        person.erase(db, person.chosen(db, [], [conversation_id]), "Bedt om", actor, NOW)
    for kind, key in (("sag", reference), ("samtale", conversation_id)):
        retention.preserve(db, kind, key, "Ombudsmanden har bedt om den", actor, NOW)
        with pytest.raises(InvalidState, match="skal bevares: Ombudsmanden"):
            person.erase(db, both, "Bedt om", actor, NOW)
        retention.release(db, kind, key, actor, NOW)
    for found, reason in ((both, " "), (person.chosen(db, [], []), "Bedt om")):
        with pytest.raises(InvalidInput):
            person.erase(db, found, reason, actor, NOW)
    assert db.get(Conversation, conversation_id)
    person.erase(db, both, "Bedt om", actor, NOW)
    assert not db.get(Conversation, conversation_id)


def test_the_log_of_persons_goes_with_the_other_logs(db, actor):
    person.search(db, actor, NOW - timedelta(days=800), reference="BR-2024-XXXXX")
    person.search(db, actor, NOW, reference="BR-2026-XXXXX")
    retention.run(db, NOW)
    assert [entry.at for entry in person.log(db)] == [NOW]


def test_the_commands_hand_out_and_erase_and_ask_twice(db, actor, tmp_path):
    reference = file(db, 1)
    close(db, reference, actor)
    db.commit()
    target = tmp_path / "alt.zip"
    done = CliRunner().invoke(main, ["person", "eksporter", "--kontakt", PHONE, "--til", str(target)])
    assert done.exit_code == 0 and "1 sag og 0 samtaler" in done.output
    assert target.stat().st_mode & 0o077 == 0 and ZipFile(target).namelist() == ["oplysninger.json", "oplysninger.html"]
    erase = ["person", "slet", "--reference", reference, "--begrundelse", "Bedt om"]
    stopped = CliRunner().invoke(main, erase, input="y\nn\n")
    assert stopped.exit_code == 1 and "Er du sikker?" in stopped.output
    with session() as reader:
        assert reader.scalars(select(Case.reference)).all() == [reference]
    done = CliRunner().invoke(main, erase, input="y\ny\n")
    assert "Det er slettet" in done.output
    with session() as reader:
        assert reader.scalars(select(Case.contact_value)).all() == [None]
        assert reader.scalars(select(PersonLog.staff_id).where(PersonLog.kind == "slet")).all() == [None]
    nobody = CliRunner().invoke(main, ["person", "slet", "--reference", reference, "--begrundelse", "Bedt om"])
    assert nobody.exit_code == 1
