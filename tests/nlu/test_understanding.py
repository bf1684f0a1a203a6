"""How well Danish is understood, on lines nobody trained on."""

import json
import re
import tarfile

import numpy as np
import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sklearn.feature_extraction.text import CountVectorizer

from actions.henvendelse import FIELD, FORM, GIVEN, ValidateHenvendelseForm
from actions.intake_questions import OPEN_QUESTIONS
from casework.conversations import masked_answer
from casework.privacy import mask
from casework.processes import model_path
from casework.settings import Settings
from casework.taxonomy import taxonomy
from nlu.components.decision import Thresholds, understand
from nlu.components.model import Example, TopicModel
from nlu.components.normalise import normalise
from nlu.components.parts import questions
from nlu.lines import training_examples
from tests.nlu.calibrate import thresholds
from tests.nlu.data import (
    Answer,
    calibration_examples,
    follow_ups,
    harmless_lines,
    intake_answers,
    two_questions,
    unseen_examples,
    unspecific_lines,
)
from tests.nlu.scoring import Score, is_urgent

pytestmark = pytest.mark.once


def quads(text):
    """Return the groups of four letters in a text: how alike two lines are is the share of them they have in common."""
    words = (f" {word} " for word in normalise(text).split())
    return frozenset(word[i : i + 4] for word in words for i in range(max(1, len(word) - 3)))


def near_copies():
    """Return (held-out line, training line) for each pair that is nearly the same; short lines, which can be said in
    one way only, are left out."""
    said = [u.example.text for u in unseen_examples() + calibration_examples()] + [a.text for a in intake_answers()]
    held = [text for text in said if len(text.split()) >= 5]
    trained = [e.text for e in training_examples()]
    theirs = [quads(text) for text in trained]
    rare = CountVectorizer(analyzer=lambda found: found, min_df=2, max_df=100, dtype=np.int32)
    rows = rare.fit_transform(theirs)
    own = [quads(text) for text in held]
    shared = (rare.transform(own) @ rows.T).tocsr()
    return [
        (held[number], trained[other])
        for number, mine in enumerate(own)
        for other, count in zip(shared[number].indices, shared[number].data, strict=True)
        if count >= 2 and len(mine & theirs[other]) > 0.7 * len(mine | theirs[other])
    ]


# A change that lets one of these fall is not taken into use.
FLOORS = {
    "bedste gæt er rigtigt": 0.925,
    "besvaret rigtigt med det samme": 0.89,
    "rigtigt, eller det rigtige valg tilbudt": 0.945,
    "akut fundet": 0.98,
    "udenfor ikke besvaret som andet": 0.94,
    "område, hvor det afgør svaret": 0.89,
    "enhed, hvor den afgør svaret": 0.89,
}
DANGER_FOUND = 0.95  # of the dangerous answers to the intake's questions
ALARMS_AT_STORIES, ALARMS_AT_QUESTIONS = 0.15, 0.05  # of the harmless ones
CEILINGS = {"besvaret forkert med det samme": 0.04, "falsk alarm": 0.01}


@pytest.fixture(scope="module")
def model(migrated, tmp_path_factory):
    """The model that `make model` trained and the running system uses."""
    folder = tmp_path_factory.mktemp("model")
    with tarfile.open(model_path(Settings.read({}))) as archive:
        archive.extractall(folder)
    return TopicModel.load(next(folder.rglob("meta.json")).parent)


@pytest.fixture(scope="module")
def score(model):
    return Score([u.example for u in unseen_examples()], lambda text: understand(model, text, thresholds())).numbers()


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_understanding_does_not_fall_below_its_floor(score, name, floor):
    assert score[name] >= floor


@pytest.mark.parametrize(("name", "ceiling"), CEILINGS.items())
def test_errors_that_destroy_trust_stay_under_their_ceiling(score, name, ceiling):
    assert score[name] <= ceiling


def test_the_test_set_covers_every_topic_with_at_least_eight_lines():
    counts = {topic: 0 for topic in taxonomy()["topics"]}
    for unseen in unseen_examples():
        counts[unseen.example.topic] += 1
    assert min(counts.values()) >= 8, {t: n for t, n in counts.items() if n < 8}


def test_no_test_line_is_a_near_copy_of_a_training_line():
    assert near_copies() == []


def test_no_line_is_trained_twice_or_under_two_topics():
    seen: dict[str, str] = {}
    twice = []
    for example in training_examples():
        key = re.sub(r"\W+", "", example.text.lower())
        if key in seen:
            twice.append((example.text, seen[key], example.topic))
        seen[key] = example.topic
    assert not twice


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("AFGØRELSE", "afgørelse"),
        ("afgoerelse", "afgørelse"),
        ("hjææææælp", "hjæælp"),
        ("Må  jeg,   få?", "maa jeg faa ?"),
        ("é", "e"),
        ("kan [navn 1] komme, ring [telefon 1]", "kan han komme ring"),
    ],
)
def test_the_same_word_written_differently_is_the_same(written, same):
    assert normalise(written) == normalise(same)


@pytest.mark.parametrize("nothing", ["", "?", "12345", "...", "[navn 1]", "[telefon 1]", "🙂🙂", "\u200d"])
def test_text_without_words_is_never_guessed_at(model, nothing):
    understood = understand(model, nothing, thresholds())
    assert (understood.topic, understood.ranking, understood.facets) == (None, [], {})


def test_small_talk_says_nothing_about_a_case(model):
    for text in ("tak for hjælpen", "hej", "farvel"):
        assert understand(model, text, thresholds()).facets == {}


def test_a_model_is_the_same_after_it_is_saved_and_loaded(tmp_path):
    examples = [
        Example(f"{word} nummer {i}", topic) for topic, word in (("tak", "tak"), ("hilsen", "hej")) for i in range(20)
    ]
    first = TopicModel.fit(examples)
    first.save(tmp_path)
    second = TopicModel.load(tmp_path)
    for text in ("hej med dig", "mange tak"):
        one, two = (understand(m, text, Thresholds()) for m in (first, second))
        assert one.topic == two.topic
        assert abs(one.confidence - two.confidence) < 0.01
    assert json.loads((tmp_path / "meta.json").read_text())["classifiers"]["topic"]["labels"] == ["hilsen", "tak"]


@pytest.mark.parametrize("name", ["Qorri Brtlfsen", "Tadesse Wolde", "Xhevdet", "Ngozi"])
def test_whether_the_language_model_found_a_name_does_not_change_what_is_understood(model, name):
    """da_core_news_sm only adds names to those the rules find and mask. With it such a name arrives as a token, without
    it as it was written; the topic is the same either way, on every line of the test set."""
    assert mask(f"Det gælder {name}").values == {}  # the rules do not know it
    at, changed = thresholds(), []
    for unseen in unseen_examples():
        text = unseen.example.text
        without, with_model = (understand(model, f"{text} Det gælder {n}", at).topic for n in (name, "[navn 1]"))
        if without != with_model:
            changed.append((text, without, with_model))
    assert not changed


@pytest.mark.parametrize(
    "text",
    [
        "Hvornår skal jeg klage senest, og må jeg tage min søster med?",
        "Må jeg optage mødet? Og hvem skriver referat?",
        "hvor ligger jobcentret og hvornår har de åbent",
    ],
)
def test_two_questions_are_told_apart(text):
    assert len(questions(text)) == 2


@pytest.mark.parametrize(
    "text", ["Jeg fik nej i tirsdags. Hvornår skal jeg klage senest?", "Min mand og jeg vil klage over et afslag"]
)
def test_a_story_with_one_question_is_left_whole(text):
    assert len(questions(text)) < 2


def test_two_questions_in_one_message_are_both_heard_the_first_one_first(model):
    found = [(understand(model, q.text, thresholds()), q) for q in two_questions("unseen")]
    both = sum((d.topic, d.also) == (q.topic, q.also) for d, q in found)
    either = sum(d.topic in (q.topic, q.also) for d, q in found)
    offered = sum(d.topic is None and {q.topic, q.also} <= {n for n, _ in d.ranking[:3]} for d, q in found)
    assert both >= 0.3 * len(found)
    assert either + offered >= 0.8 * len(found)


def test_one_question_is_seldom_taken_for_two(model):
    lines = [u.example for u in unseen_examples()]
    assert sum(understand(model, e.text, thresholds()).also is not None for e in lines) <= 0.03 * len(lines)


def test_a_question_that_leans_on_the_one_before_is_understood_in_its_light(model):
    at, lines = thresholds(), follow_ups("unseen")
    in_light = sum(understand(model, f.text, at, f.before_topic).topic == f.topic for f in lines)
    alone = sum(understand(model, f.text, at).topic == f.topic for f in lines)
    assert in_light >= 0.6 * len(lines)
    assert in_light > alone


@pytest.mark.parametrize("before", ["klage.frist", "moede.book", "fuldmagt.digital", "sag.tolk", "vejvisning.mitid"])
def test_a_whole_question_means_the_same_whatever_was_spoken_of_before(model, before):
    for text, topic in (
        ("Hvem er borgerrådgiveren?", "borgerraadgiver.hvem"),
        ("Må jeg optage samtalen med kommunen?", "sag.optagelse"),
        ("Jeg vil gerne søge aktindsigt i min sag", "aktindsigt.soeg"),
        ("hvordan klager jeg over en afgørelse", "klage.afgoerelse"),
    ):
        assert understand(model, text, thresholds(), before).topic == topic


@pytest.mark.parametrize("before", ["klage.frist", "moede.book", "aktindsigt.soeg"])
def test_danger_is_heard_whatever_was_spoken_of_before(model, before):
    assert understand(model, "jeg vil ikke leve mere", thresholds(), before).topic == "akut.liv"


@pytest.mark.parametrize("text", unspecific_lines())
def test_no_legal_area_is_read_into_a_complaint_that_tells_of_none(model, text):
    assert "omraade" not in understand(model, text, thresholds()).facets


def test_a_short_sentence_on_ones_family_is_seldom_taken_for_an_emergency(model):
    said = harmless_lines()
    alarms = [text for text in said if is_urgent(understand(model, text, thresholds()).topic)]
    assert len(said) >= 40 and len(alarms) <= len(said) // 9, alarms


@pytest.mark.parametrize(
    "text", ["min mand slår mig", "han er 15 og vil ikke leve mere", "min mor er faldet og bløder"]
)
def test_a_short_sentence_on_ones_family_that_tells_of_danger_is_one(model, text):
    assert is_urgent(understand(model, text, thresholds()).topic)


def breaks_off(model, said):
    """Return whether the intake, having asked `said.asked`, is broken off with the emergency numbers."""
    text = masked_answer(said.text, said.asked).text
    understood = understand(model, text, thresholds())
    message = {
        "text": text,
        "intent": {"name": understood.topic, "confidence": understood.confidence},
        "entities": [{"entity": kind, "value": value} for kind, (value, _) in understood.facets.items()],
    }
    intake = {"open": [["BR-2026-AAAAA", "Støtte"]], "unit": "ltk.boern_familie"}
    slots = {"requested_slot": FIELD, FIELD: said.asked, GIVEN: intake}
    dispatcher = CollectingDispatcher()
    tracker = Tracker("s", slots, message, [], False, None, {"name": FORM}, "action_listen")
    ValidateHenvendelseForm().run(dispatcher, tracker, {})
    return any(message["custom"]["topic"].startswith("akut.") for message in dispatcher.messages)


@pytest.fixture(scope="module")
def broken_off(model):
    """The answers to the intake's questions, each with whether it breaks the intake off."""
    return [(said, breaks_off(model, said)) for said in intake_answers()]


def test_the_answers_cover_the_questions_of_the_intake_and_every_kind_of_danger():
    asked = {a.asked for a in intake_answers()}
    assert asked >= {*OPEN_QUESTIONS, "unit", "since", "behalf", "contact", "contact_name", "consent", "needs"}
    assert sum(a.danger is None for a in intake_answers()) >= 120
    assert sum(a.danger is not None for a in intake_answers()) >= 60
    assert {a.danger for a in intake_answers()} == {None, "akut.liv", "akut.vold", "akut.barn", "akut.hjemloes"}


def test_danger_breaks_through_the_intake_whatever_was_asked(broken_off):
    found = [broken for said, broken in broken_off if said.danger]
    assert sum(found) >= DANGER_FOUND * len(found), [s.text for s, broken in broken_off if s.danger and not broken]


@pytest.mark.parametrize(("open_ones", "most"), [(True, ALARMS_AT_STORIES), (False, ALARMS_AT_QUESTIONS)])
def test_harmless_answers_seldom_break_the_intake_off(broken_off, open_ones, most):
    calm = [broken for said, broken in broken_off if not said.danger and (said.asked in OPEN_QUESTIONS) == open_ones]
    assert sum(calm) <= most * len(calm)


@pytest.mark.parametrize("asked", ["contact_name", "behalf", "contact", "since"])
@pytest.mark.parametrize("text", ["jeg vil dø", "han slår mig ihjel", "min far slår mig", "jeg tager mit eget liv"])
def test_plain_words_of_danger_are_heard_where_a_name_or_a_date_was_asked_for(model, asked, text):
    assert breaks_off(model, Answer(text, asked, "akut"))


@pytest.mark.parametrize(
    "text",
    [
        "min mand er død hvad skal jeg gøre med hans pension",
        "jeg har brug for et sted at bo",
        "De ringede i dag kl. 10 og sagde nej",
        "Kommunen har taget min datters aflastning fra os",
    ],
)
def test_a_sentence_about_death_a_home_or_a_child_is_no_danger_in_itself(model, text):
    assert not (understand(model, text, thresholds()).topic or "").startswith("akut.")
