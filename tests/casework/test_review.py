"""Finding conversations, judging what was understood, agreement, and lines for the training data."""

import random
import threading
from datetime import date, timedelta

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework import candidate, clock, conversations, privacy, review, review_export
from casework.candidate import Figure, fallen
from casework.cli import main
from casework.db import session
from casework.errors import InvalidInput, NotFound
from casework.intake import Intake, file_case
from casework.models import Case, ConversationRead, Turn, TurnMark
from casework.review import Filters, InvalidMarks, kappa
from tests.casework.actors import create_actor

TODAY = date(2026, 11, 23)


def talk(db, *said, days_ago=0, awaiting=None):
    """A conversation in which the citizen said each text, understood as its topic with its confidence."""
    when = clock.now() - timedelta(days=days_ago)
    conversation, _ = conversations.start(db, when)
    for text, topic, confidence in said:
        turn = conversations.hear(db, conversation, text, when)
        conversations.note_understanding(db, turn.id, topic, confidence)
        conversations.say(db, conversation, [{"text": "Et svar.", "choices": []}], when, awaiting=awaiting)
    db.flush()
    return conversation.id


def file(db, conversation_id, number=1):
    return file_case(
        db,
        Intake(story="Min sag", anonymous=True),
        submission=f"s{number}",
        now=clock.now(),
        today=TODAY,
        conversation_id=conversation_id,
        code_key=b"0" * 32,
    ).reference


def found(db, actor, **filters):
    return review.found(db, Filters(**filters), actor, clock.now())


SURE = ("Hvornår skal jeg klage senest?", "klage.frist", 0.95)
FAINT = ("hvad med fristen der", "klage.frist", 0.4)
LOST = ("blå bananer på tirsdag", None, 0.1)


def test_each_filter_finds_its_conversations_and_no_others(db):
    actor = create_actor(db)
    sure, faint, lost = talk(db, SURE), talk(db, FAINT), talk(db, LOST)
    left = talk(db, SURE, days_ago=1, awaiting="story")
    filed = talk(db, SURE, days_ago=1, awaiting="wish")
    file(db, filed)
    talk(db, SURE, awaiting="story")  # still writing
    assert found(db, actor, low=True) == [faint]
    assert found(db, actor, unsure=True) == [lost]
    assert found(db, actor, abandoned=True) == [left]
    assert found(db, actor, handed_off=True) == [filed]
    assert set(found(db, actor, since=TODAY)) >= {sure, faint, lost}
    assert set(found(db, actor, until=TODAY - timedelta(days=1))) == {left, filed}


def test_a_conversation_without_a_word_from_a_citizen_is_not_listed(db):
    conversations.start(db, clock.now())
    assert found(db, create_actor(db)) == []


def test_the_same_key_draws_the_same_sample_and_another_key_another(db):
    actor = create_actor(db)
    everything = [talk(db, SURE, days_ago=n) for n in range(30)]
    first = found(db, actor, sample=8, seed=7)
    assert first == found(db, actor, sample=8, seed=7)
    assert len(first) == 8 and set(first) < set(everything)
    assert any(set(found(db, actor, sample=8, seed=seed)) != set(first) for seed in random.sample(range(1000), 5))


def test_reading_a_conversation_is_logged_and_shows_no_personal_value(db):
    actor = create_actor(db)
    conversation_id = talk(db, ("Jeg hedder Søren Madsen, ring 22 33 44 55", "kontakt.opkald", 0.9))
    review.read(db, conversation_id, actor, clock.now())
    text = " ".join(line.turn.text for line in review.lines(db, conversation_id, actor))
    assert "Søren" not in text and "22 33 44 55" not in text and "[telefon 1]" in text
    logged = db.scalars(select(ConversationRead)).one()
    assert (logged.conversation_id, logged.staff_id) == (conversation_id, actor.staff_id)
    with pytest.raises(NotFound):
        review.read(db, "findes-ikke", actor, clock.now())


def test_a_mark_is_kept_changed_and_taken_back(db):
    actor, conversation_id = create_actor(db), talk(db, FAINT)
    review.mark(db, conversation_id, {1: ("rigtig", "", "")}, actor, clock.now())
    assert db.scalars(select(TurnMark)).one().topic == "klage.frist"
    review.mark(db, conversation_id, {1: ("forkert", "Jeg har overskredet klagefristen", "")}, actor, clock.now())
    assert [(m.verdict, m.topic) for m in db.scalars(select(TurnMark))] == [("forkert", "klage.for_sent")]
    assert review.mark(db, conversation_id, {1: ("", "", "")}, actor, clock.now()) == 1
    assert db.scalars(select(TurnMark)).all() == []


@pytest.mark.parametrize(
    ("said", "mark", "tells"),
    [
        (SURE, ("forkert", "", ""), "Vælg det rigtige emne"),
        (SURE, ("forkert", "klage.frist", ""), "det emne, assistenten forstod"),
        (LOST, ("rigtig", "", ""), "forstod ikke noget emne"),
        (SURE, ("mangler", "", "  "), "Skriv med få ord"),
        (SURE, ("måske", "", ""), "Vælg en vurdering"),
    ],
)
def test_a_mark_that_says_nothing_is_refused_in_words_at_its_line(db, said, mark, tells):
    conversation_id = talk(db, SURE, said)
    with pytest.raises(InvalidMarks) as error:
        review.mark(db, conversation_id, {1: ("rigtig", "", ""), 3: mark}, create_actor(db), clock.now())
    assert list(error.value.turns) == [3] and tells in error.value.turns[3]
    assert db.scalars(select(TurnMark)).all() == []  # none is kept when one is wrong


def test_what_a_person_writes_about_a_missing_topic_is_masked(db):
    conversation_id = talk(db, LOST)
    about = "Søren Madsen (22 33 44 55) ville vide noget om frugt"
    review.mark(db, conversation_id, {1: ("mangler", "", about)}, create_actor(db), clock.now())
    kept = db.scalars(select(TurnMark)).one().about
    assert "Madsen" not in kept and "22 33" not in kept and "frugt" in kept


def test_what_the_assistant_said_and_a_pressed_button_are_not_judged(db):
    actor = create_actor(db)
    conversation, _ = conversations.start(db, clock.now())
    conversations.hear(db, conversation, "hej", clock.now())
    choices = [{"label": "Hvornår skal jeg klage?", "value": "emne:klage.frist"}]
    conversations.say(db, conversation, [{"text": "Hvad mener du?", "choices": choices}], clock.now())
    conversations.hear(db, conversation, "emne:klage.frist", clock.now())
    assert [line.judged for line in review.lines(db, conversation.id, actor)] == [True, False, False]
    for number in (2, 3, 99):
        with pytest.raises(InvalidMarks):
            review.mark(db, conversation.id, {number: ("mangler", "", "noget")}, actor, clock.now())


def test_two_may_judge_a_line_none_sees_the_others_mark_before_her_own_and_a_third_is_told(db):
    anna, bo, carl = (create_actor(db, name) for name in ("Anna", "Bo", "Carl"))
    conversation_id = talk(db, SURE)
    review.mark(db, conversation_id, {1: ("rigtig", "", "")}, anna, clock.now())
    assert review.lines(db, conversation_id, bo)[0].others == ()
    review.mark(db, conversation_id, {1: ("forkert", "klage.for_sent", "")}, bo, clock.now())
    assert [m.staff.name for m in review.lines(db, conversation_id, bo)[0].others] == ["Anna"]
    with pytest.raises(InvalidMarks, match="To har allerede"):
        review.mark(db, conversation_id, {1: ("rigtig", "", "")}, carl, clock.now())


def test_agreement_is_told_by_month_as_a_share_and_as_kappa(db):
    anna, bo = create_actor(db, "Anna"), create_actor(db, "Bo")
    november = clock.now()
    for number in range(10):
        conversation_id = talk(db, SURE)
        review.mark(db, conversation_id, {1: ("rigtig", "", "")}, anna, november)
        other = ("mangler", "", "noget") if number < 3 else ("rigtig", "", "")
        review.mark(db, conversation_id, {1: other}, bo, november)
    for topic in ("klage.for_sent", "klage.skriv"):
        conversation_id = talk(db, SURE)
        review.mark(db, conversation_id, {1: ("forkert", "klage.for_sent", "")}, anna, november)
        review.mark(db, conversation_id, {1: ("forkert", topic, "")}, bo, november)
    (month,) = review.agreement(db)
    assert (month.month, month.both, month.same, month.same_topic) == ("2026-11", 12, 9, 8)
    # By hand: seen 9/12; by chance rigtig 10/12 * 7/12 and forkert 2/12 * 2/12.
    chance = (10 * 7 + 2 * 2) / 144
    assert month.kappa == pytest.approx((9 / 12 - chance) / (1 - chance))


def test_kappa_cannot_be_worked_out_when_all_say_the_same():
    assert kappa([("rigtig", "rigtig")] * 5) is None
    assert kappa([("rigtig", "rigtig"), ("forkert", "forkert")]) == 1
    assert kappa([("rigtig", "forkert"), ("forkert", "rigtig")]) == -1


def test_a_test_conversation_is_left_out_of_samples_agreement_figures_and_export(db):
    anna, bo = create_actor(db, "Anna"), create_actor(db, "Bo")
    conversation_id = talk(db, ("hvordan virker en prøve egentlig i praksis her", "klage.frist", 0.9))
    reference = file(db, conversation_id)
    for actor in (anna, bo):
        review.mark(db, conversation_id, {1: ("rigtig", "", "")}, actor, clock.now())
    counted = select(Case.reference).where(review.counted_cases())
    assert db.scalars(counted).all() == [reference]
    review.set_test(db, conversation_id, True, anna, clock.now())
    assert found(db, anna) == [] and found(db, anna, test=True) == [conversation_id]
    assert review.agreement(db) == [] and review_export.due(db).count == 0
    assert review.judged_turns(db) == (0, 0)
    assert db.scalars(counted).all() == []
    with pytest.raises(InvalidInput, match="prøve"):
        review.mark(db, conversation_id, {1: ("rigtig", "", "")}, anna, clock.now())
    review.set_test(db, conversation_id, False, anna, clock.now())
    assert db.scalars(counted).all() == [reference]
    told = [event.text for event in db.scalars(select(Case)).one().events if event.kind == "proeve"]
    assert told == ["Er en prøve og tælles ikke med.", "Er ingen prøve og tælles med."]


def test_a_case_filed_in_a_test_conversation_afterwards_does_not_count_either(db):
    conversation_id = talk(db, SURE)
    review.set_test(db, conversation_id, True, create_actor(db), clock.now())
    file(db, conversation_id)
    assert db.scalars(select(Case).where(review.counted_cases())).all() == []


# Lines for the training data


def marked(db, actor, text, verdict="rigtig", topic="", about="", understood="klage.frist"):
    conversation_id = talk(db, (text, understood, 0.8))
    review.mark(db, conversation_id, {1: (verdict, topic, about)}, actor, clock.now())
    return conversation_id


def test_marked_lines_become_blocks_by_topic_masked_and_without_what_is_there_already(db, tmp_path):
    actor = create_actor(db)
    (tmp_path / "klage.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: klage.frist\n  examples: |\n    - Hvornår er sidste dag?\n', encoding="utf-8"
    )
    marked(db, actor, "hvornår er sidste dag")  # there, but for a capital and a sign
    marked(db, actor, "Kan Søren Madsen stadig klage, ring 22 33 44 55")
    marked(db, actor, "må jeg\nstadig nå det?", "forkert", "klage.for_sent")
    marked(db, actor, "hvad koster en banan", "mangler", about="priser på frugt")
    export = review_export.due(db, tmp_path)
    text = review_export.as_yaml(export, TODAY)
    blocks = {b["intent"]: b["examples"].splitlines() for b in yaml.safe_load(text)["nlu"]}
    assert blocks == {
        "klage.frist": ["- Kan [navn 1] stadig klage, ring [telefon 1]"],
        "klage.for_sent": ["- må jeg stadig nå det?"],
    }
    assert export.known == 1
    assert "# - hvad koster en banan  (priser på frugt)" in text


def test_the_same_question_with_other_names_is_one_line_and_masked_data_alone_is_none(db, tmp_path):
    actor = create_actor(db)
    conversation, _ = conversations.start(db, clock.now())
    for text in ("Jeg hedder Søren Madsen", "Kan Bente Hansen hjælpe mig med fristen", "22 33 44 55"):
        turn = conversations.hear(db, conversation, text, clock.now())
        conversations.note_understanding(db, turn.id, "klage.frist", 0.8)
    assert "[navn 2]" in db.scalars(select(Turn.text).where(Turn.number == 2)).one()
    review.mark(db, conversation.id, {2: ("rigtig", "", ""), 3: ("rigtig", "", "")}, actor, clock.now())
    marked(db, actor, "Kan Anne Larsen hjælpe mig med fristen")
    export = review_export.due(db, tmp_path)
    assert dict(export.lines) == {"klage.frist": ["Kan [navn 1] hjælpe mig med fristen"]}
    assert (export.known, export.unusable) == (1, 1)


def test_an_answer_to_a_question_of_a_dialogue_is_not_learnt_but_a_question_in_the_middle_of_it_is(db, tmp_path):
    actor = create_actor(db)
    conversation, _ = conversations.start(db, clock.now())
    conversations.say(db, conversation, [{"text": "Hvad er der sket?"}], clock.now(), awaiting="story")
    for text in ("de tog min cykel", "må jeg være anonym"):
        turn = conversations.hear(db, conversation, text, clock.now())
        conversations.note_understanding(db, turn.id, "henvendelse.opret", 0.5)
    marks = {2: ("rigtig", "", ""), 3: ("forkert", "borgerraadgiver.fortrolighed", "")}
    review.mark(db, conversation.id, marks, actor, clock.now())
    assert dict(review_export.due(db, tmp_path).lines) == {"borgerraadgiver.fortrolighed": ["må jeg være anonym"]}


def test_lines_two_people_judge_differently_wait_and_are_told_of(db, tmp_path):
    anna, bo = create_actor(db, "Anna"), create_actor(db, "Bo")
    conversation_id = marked(db, anna, "hvad så med det")
    review.mark(db, conversation_id, {1: ("forkert", "klage.for_sent", "")}, bo, clock.now())
    export = review_export.due(db, tmp_path)
    assert export.count == 0 and export.disputed == [("hvad så med det", ("klage.frist", "klage.for_sent"))]
    review_export.remember(db, export, clock.now())
    review.mark(db, conversation_id, {1: ("rigtig", "", "")}, bo, clock.now())
    assert review_export.due(db, tmp_path).count == 1


def test_the_command_writes_a_file_once_and_remembers(db, tmp_path):
    marked(db, create_actor(db), "xyzzy hvornår er det for sent med en plugh")
    db.commit()
    first = CliRunner().invoke(main, ["samtaler", "eksporter", "--til", str(tmp_path / "a.yml")])
    assert first.exit_code == 0 and "1 linjer er skrevet" in first.output
    assert "plugh" in (tmp_path / "a.yml").read_text(encoding="utf-8")
    again = CliRunner().invoke(main, ["samtaler", "eksporter", "--til", str(tmp_path / "b.yml")])
    assert "0 linjer" in again.output
    assert yaml.safe_load((tmp_path / "b.yml").read_text(encoding="utf-8"))["nlu"] == []
    over = CliRunner().invoke(main, ["samtaler", "eksporter", "--til", str(tmp_path / "a.yml")])
    assert over.exit_code == 1 and "findes allerede" in over.output


@given(st.text(max_size=80))
def test_whatever_is_written_is_one_line_that_reads_back_the_same(text):
    line = review_export.training_line(privacy.clean(text))
    export = review_export.Export()
    export.lines["klage.frist"].append(line)
    block = yaml.safe_load(review_export.as_yaml(export, TODAY))["nlu"][0]
    assert [one.removeprefix("- ") for one in block["examples"].split("\n")[:-1]] == [line] or not line.strip()


def test_tokens_are_those_the_understanding_knows():
    from nlu.components.normalise import normalise

    line = review_export.training_line("[kode 1] ring til [navn 3] på [telefon 2] eller [e-mail 4] i [adresse 9]")
    assert normalise(line) == normalise("ring til han på eller i")


# The model


def test_a_model_is_held_back_by_the_figures_that_fell_and_by_no_others():
    better = Figure("unseen", "bedste gæt er rigtigt", 0.94, 0.95, -0.01)
    within = Figure("unseen", "akut fundet", 0.98, 0.976, 0.004)
    worse = Figure("unseen", "falsk alarm", 0.006, 0.02, 0.014)
    assert fallen([better, within], 0.005) == []
    assert fallen([better, within, worse], 0.005) == [worse]


def test_two_models_are_measured_on_the_same_lines_in_both_directions(migrated, tmp_path):
    from casework.processes import model_path
    from casework.settings import Settings

    lines = tmp_path / "few.jsonl"
    lines.write_text(
        '{"text": "Hvornår skal jeg klage senest?", "topic": "klage.frist", "omraade": null, "unit": null}\n'
        '{"text": "jeg vil ikke leve mere", "topic": "akut.liv", "omraade": null, "unit": null}\n',
        encoding="utf-8",
    )
    model = model_path(Settings.read({}))
    figures = candidate.compare(Settings.read({}), model, model, [lines])
    assert {f.name: f.before for f in figures}["bedste gæt er rigtigt"] == 1.0
    assert all(f.worse == 0 for f in figures)
    assert "udenfor ikke besvaret som andet" not in {f.name for f in figures}  # no line bears on it


def test_pressing_twice_keeps_one_mark(db):
    anna, conversation_id = create_actor(db, "Anna"), talk(db, SURE)
    db.commit()
    told = []

    def press():
        with session() as own, own.begin():
            told.append(review.mark(own, conversation_id, {1: ("rigtig", "", "")}, anna, clock.now()))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [0, 0, 0, 1]
    with session() as reader:
        assert review.judged_turns(reader) == (1, 0)
