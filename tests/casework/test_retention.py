"""How long things are kept: what goes, what is left of a case, what is preserved, once a day."""

import threading
from datetime import date, datetime, timedelta, timezone

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from casework import cases, cli_kept, clock, conversations, letters, messages, retention, review
from casework.cli import main
from casework.db import session
from casework.erasure import REGISTERED, anonymise, forget_conversations
from casework.errors import InvalidInput, NotFound
from casework.intake import Intake, file_case
from casework.keeping import in_words
from casework.models import (
    Base,
    Case,
    CaseRead,
    Conversation,
    ConversationRead,
    KeptLetter,
    PersonalValue,
    RetentionRun,
    Turn,
    TurnMark,
)
from casework.settings import Settings
from tests.casework.actors import create_actor

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=timezone.utc)
SECRET = "Anneke Dahl"  # nothing of hers may be left


def talk(db, when, said=f"Jeg hedder {SECRET}, mit nummer er 22 33 44 55"):
    conversation, _ = conversations.start(db, when)
    conversations.hear(db, conversation, said, when)
    conversations.say(db, conversation, [{"text": "Et svar."}], when)
    return conversation.id


def file(db, when, *, conversation_id=None, number=1, closed=None, story=f"{SECRET} fik afslag"):
    """A case received on a day, and closed on another."""
    intake = Intake(
        story=story,
        wish=f"{SECRET} vil have svar",
        unit="ltk.byggesag",
        contact_name=SECRET,
        contact_channel="e-mail",
        contact_value="anneke@dahl.dk",
    )
    submission = f"s{number}"
    file_case(
        db, intake, submission=submission, now=NOW, today=TODAY, conversation_id=conversation_id, code_key=b"0" * 32
    )
    case = db.scalars(select(Case).where(Case.submission == submission)).one()
    case.created_at, case.respond_by = morning(when), when + timedelta(days=14)
    if closed:
        case.status, case.cause, case.handling, case.center = "afsluttet", "manglende_svar", "dialog_afdeling", "CBB"
        case.answered_at = case.closed_at = morning(closed)
    db.flush()
    return case


def morning(day):
    return datetime(day.year, day.month, day.day, 9, tzinfo=timezone.utc)


def days_ago(number):
    return NOW - timedelta(days=number)


def everything(db):
    """All that stands in the database, decrypted, as one text."""
    rows = []
    for table in Base.metadata.sorted_tables:
        if table.name not in ("staff", "revisions"):
            rows += [str(dict(row)) for row in db.execute(select(table)).mappings()]
    return "\n".join(rows)


def due(db):
    return {d.kind: d for d in retention.preview(db, NOW)}


def test_a_conversation_without_a_case_goes_with_all_that_hangs_on_it(db):
    old, new = talk(db, days_ago(91)), talk(db, days_ago(89))
    letters.keep(db, old, "klage", {"navn": SECRET}, NOW)
    db.get(Conversation, old).last_at = days_ago(91)
    review.mark(db, old, {1: ("mangler", "", f"om {SECRET} og biler")}, create_actor(db), NOW)
    row = retention.run(db, NOW)
    assert row.counts["samtaler"] == 1
    assert db.scalars(select(Conversation.id)).all() == [new]
    for table in (Turn, PersonalValue):
        assert set(db.scalars(select(table.conversation_id))) == {new}
    assert db.scalars(select(KeptLetter.id)).all() == []
    kept = db.scalars(select(TurnMark)).one()  # the number stays for the agreement, the words do not
    assert (kept.verdict, kept.about) == ("mangler", "")


def test_an_open_case_and_its_conversation_stay_however_old(db):
    conversation_id = talk(db, days_ago(3000))
    case = file(db, date(2018, 9, 3), conversation_id=conversation_id)
    retention.run(db, NOW)
    assert SECRET in case.story and db.get(Conversation, conversation_id)


def test_a_closed_case_is_stripped_to_its_registration_when_its_time_is_up(db):
    conversation_id = talk(db, days_ago(2000))
    case = file(db, date(2021, 6, 24), conversation_id=conversation_id, closed=date(2021, 7, 2))
    actor = create_actor(db)
    cases.note(db, case.reference, f"{SECRET} har ringet", actor, NOW)
    cases.read(db, case.reference, actor, NOW)
    db.flush()
    reference = case.reference
    assert SECRET in everything(db) and "dahl" in everything(db)
    assert retention.run(db, NOW).counts["sager"] == 1
    left = everything(db).lower()
    for trace in (SECRET.lower(), "dahl", "22 33 44 55", reference.lower(), "afslag"):
        assert trace not in left, trace
    assert db.scalars(select(Conversation)).all() == []
    assert (case.unit, case.center, case.cause, case.handling, case.status) == (
        *("ltk.byggesag", "CBB", "manglende_svar", "dialog_afdeling", "afsluttet"),
    )
    assert (case.created_at.year, case.created_at.month) == (2021, 6)
    assert case.created_at.day <= 7 and case.created_at.weekday() == date(2021, 6, 24).weekday()
    assert case.answered_at - case.created_at == timedelta(days=8)  # the response time is what it was
    assert db.scalars(select(func.count(CaseRead.id))).one() == 1
    assert "anonymiseret" in [event.kind for event in case.events]


def test_the_staff_page_of_a_stripped_case_can_still_be_told(db):
    from casework.case_json import full_json

    case = file(db, date(2021, 6, 24), closed=date(2021, 7, 2))
    retention.run(db, NOW)
    shown = full_json(db, case, TODAY)
    assert shown["competence"]["within"] in ("yes", "no", "unclear")
    assert shown["contact"] == {"name": None, "channel": None, "value": None}


def test_a_case_is_stripped_once_and_not_a_day_too_soon(db):
    old = file(db, date(2021, 10, 1), closed=date(2021, 11, 22))
    new = file(db, date(2021, 10, 1), closed=date(2021, 11, 24), number=2)
    assert due(db)["sager"].due == 1
    retention.run(db, NOW)
    assert (old.anonymised_at is None, new.anonymised_at is None) == (False, True)
    assert due(db)["sager"].due == 0


def test_every_column_of_a_case_is_either_registration_or_emptied(db):
    case = file(db, date(2021, 6, 24), closed=date(2021, 7, 2))
    renamed = ("reference", "submission", "code_hash")
    before = {name: getattr(case, name) for name in renamed}
    anonymise(db, case, NOW)
    db.flush()
    columns = {c.name: getattr(case, c.name) for c in Case.__table__.columns}
    left = {name: value for name, value in columns.items() if value and name not in (*REGISTERED, *renamed)}
    assert left == {"competence": {"within": case.competence["within"], "reasons": []}}
    assert not {columns[name] for name in renamed} & set(before.values())


def test_a_conversation_with_another_case_stays_until_that_one_goes(db):
    conversation_id = talk(db, days_ago(2000))
    file(db, date(2021, 6, 24), conversation_id=conversation_id, closed=date(2021, 7, 2))
    file(db, date(2026, 6, 24), conversation_id=conversation_id, number=2)
    retention.run(db, NOW)
    assert db.get(Conversation, conversation_id)


def test_what_is_preserved_stays_until_it_is_lifted(db):
    actor = create_actor(db)
    conversation_id = talk(db, days_ago(200))
    case = file(db, date(2020, 6, 24), closed=date(2020, 7, 2))
    retention.preserve(db, "samtale", conversation_id, "Aktindsigt er bedt om", actor, NOW)
    later = NOW + timedelta(minutes=1)
    retention.preserve(db, "sag", case.reference, "Ombudsmanden har bedt om sagen", actor, later)
    assert [(kind, why) for kind, _, _, why, _ in retention.preserved(db)] == [
        ("samtale", "Aktindsigt er bedt om"),
        ("sag", "Ombudsmanden har bedt om sagen"),
    ]
    counts = retention.run(db, NOW).counts
    assert (counts["samtaler"], counts["sager"]) == (0, 0)
    retention.release(db, "samtale", conversation_id, actor, NOW)
    retention.release(db, "sag", case.reference, actor, NOW)
    counts = retention.run(db, NOW).counts
    assert (counts["samtaler"], counts["sager"]) == (1, 1)


def test_preserving_needs_a_reason_and_something_to_preserve(db):
    actor = create_actor(db)
    conversation_id = talk(db, NOW)
    with pytest.raises(InvalidInput, match="hvorfor"):
        retention.preserve(db, "samtale", conversation_id, "  ", actor, NOW)
    for kind, key in (("sag", "BR-2026-XXXXX"), ("samtale", "nej"), ("noget", conversation_id)):
        with pytest.raises(NotFound):
            retention.preserve(db, kind, key, "En grund", actor, NOW)


def test_logs_of_who_read_go_after_their_months_also_when_the_conversation_went_before(db):
    actor, conversation_id = create_actor(db), talk(db, days_ago(100))
    review.read(db, conversation_id, actor, days_ago(800))
    review.read(db, conversation_id, actor, days_ago(100))
    retention.run(db, NOW)
    assert db.get(Conversation, conversation_id) is None
    assert [read.at for read in db.scalars(select(ConversationRead))] == [days_ago(100)]


def test_a_preview_tells_what_would_go_and_changes_nothing(db):
    talk(db, days_ago(91)), talk(db, days_ago(100)), talk(db, days_ago(5))
    file(db, date(2021, 6, 24), closed=date(2021, 7, 2))
    found = due(db)
    assert (found["samtaler"].held, found["samtaler"].due, found["samtaler"].oldest) == (3, 2, days_ago(100))
    assert (found["sager"].due, found["logs"].due, found["breve"].due) == (1, 0, 0)
    told = CliRunner()
    db.commit()
    answer = told.invoke(main, ["retention", "run", "--dry-run"])
    assert "Samtaler uden sag: 2 af 3" in answer.output and "Intet er slettet" in answer.output
    with session() as reader:
        assert reader.scalar(select(func.count(Conversation.id))) == 3
    answer = told.invoke(main, ["retention", "run"])
    assert "Samtaler uden sag: 2 slettet" in answer.output and "Afsluttede sager: 1 anonymiseret" in answer.output


def test_many_old_conversations_go_in_one_run(db):
    for _ in range(1100):
        conversations.start(db, days_ago(100))
    assert retention.run(db, NOW).counts["samtaler"] == 1100


def test_of_two_processes_on_one_day_only_one_clears(db):
    talk(db, days_ago(91))
    db.commit()
    gate, told = threading.Barrier(2), []

    def tick():
        gate.wait()
        with session() as own, own.begin():
            told.append(retention.daily(own, TODAY, NOW) is not None)

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False, True]
    with session() as own, own.begin():
        assert retention.daily(own, TODAY + timedelta(days=1), NOW + timedelta(days=1)) is not None
        assert [run.counts["samtaler"] for run in own.scalars(select(RetentionRun).order_by(RetentionRun.id))] == [1, 0]


def test_a_clearing_that_fails_is_tried_again(db, monkeypatch):
    db.commit()
    with monkeypatch.context() as broken:
        broken.setattr(letters, "forget_old", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), session() as own, own.begin():
            retention.daily(own, TODAY, NOW)
    with session() as own, own.begin():
        assert retention.daily(own, TODAY, NOW) is not None


def test_messages_and_questions_about_a_case_go_with_its_text(db):
    actor, case = create_actor(db), file(db, TODAY)
    cases.take(db, case.reference, actor, NOW)
    messages.reply(db, case.reference, f"Kære {SECRET}, vi ser på det.", actor, NOW)
    cases.close(db, case.reference, actor, NOW, cause="manglende_svar", handling="dialog_afdeling", center="CBB")
    case.created_at, case.closed_at = morning(date(2021, 6, 24)), morning(date(2021, 7, 2))
    db.flush()
    assert "vi ser på det" in everything(db)
    retention.run(db, NOW)
    assert SECRET not in everything(db) and case.messages == []


def test_forgetting_nothing_is_no_error(db):
    assert forget_conversations(db, []) == 0


def test_how_long_is_said_in_words_by_the_settings():
    assert in_words(Settings.read({})) == {"samtaler": "90 dage", "sager": "5 år", "log": "2 år", "breve": "24 timer"}
    other = {
        "VEJVISER_KEEP_CASES_MONTHS": "18",
        "VEJVISER_KEEP_CONVERSATIONS_DAYS": "1",
        "VEJVISER_KEEP_LOGS_MONTHS": "1",
    }
    assert in_words(Settings.read(other)) == {
        "samtaler": "1 dag",
        "sager": "18 måneder",
        "log": "1 måned",
        "breve": "24 timer",
    }


def test_the_clock_of_the_daily_tick_is_ours(db):
    assert retention.daily(db, clock.today()).at.astimezone(clock.COPENHAGEN).date() == TODAY


def test_the_process_that_sends_mail_clears_once_a_day_and_survives_a_database_that_is_away(db, monkeypatch):
    talk(db, days_ago(91))
    db.commit()
    with monkeypatch.context() as away:
        away.setattr(letters, "forget_old", broken)
        cli_kept.tidy_up()  # said on the error output, and tried again
    for _ in range(3):
        cli_kept.tidy_up()
    with session() as reader:
        assert [run.counts["samtaler"] for run in reader.scalars(select(RetentionRun))] == [1]


def broken(*_):
    raise OperationalError("select", {}, Exception("væk"))
