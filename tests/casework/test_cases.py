"""The queue and the verbs."""

import threading
from datetime import date

import pytest
from sqlalchemy import select

from casework import cases, clock, conversations, messages, questions, queue, refusal, registration, related
from casework.case_json import as_json, full_json
from casework.db import session
from casework.enums import CASE_STATUSES, EVENT_KINDS
from casework.errors import InvalidInput, InvalidState, NotFound
from casework.intake import Intake, file_case
from casework.models import Case, CaseRead
from casework.queue_filters import Filters
from casework.registration import suggest
from casework.taxonomy import taxonomy
from casework.urgency import deadlines, priority_now, why
from tests.casework.actors import create_actor

TODAY = date(2026, 11, 23)


def create_case(db, number=1, *, conversation_id=None, **changes):
    intake = Intake(**{"story": f"Sag nummer {number}", "anonymous": True, "unit": "ltk.byggesag", **changes})
    receipt = file_case(
        db,
        intake,
        submission=f"s{number}",
        now=clock.now(),
        today=TODAY,
        code_key=b"0" * 32,
        conversation_id=conversation_id,
    )
    return receipt.reference


def listed(db, today=TODAY, **filters):
    return queue.numbered(db, Filters(**filters), cases.Actor("Nogen", "reader"), today, 1)[0]


CLOSING = {"cause": "manglende_svar", "handling": "dialog_afdeling", "center": "CBB"}


def test_a_case_is_taken_noted_and_closed_with_its_registration(db):
    actor, reference = create_actor(db), create_case(db)
    cases.take(db, reference, actor, clock.now())
    cases.note(db, reference, "Ringet til afdelingen.", actor, clock.now())
    case = cases.close(db, reference, actor, clock.now(), **CLOSING)
    assert (case.status, case.cause, case.handling, case.center) == ("afsluttet", *CLOSING.values())
    assert [e.kind for e in case.events] == ["oprettet", "taget", "note", "afsluttet"]


def test_a_new_case_cannot_be_closed_before_somebody_has_taken_it(db):
    with pytest.raises(InvalidState, match="Tag sagen"):
        cases.close(db, create_case(db), create_actor(db), clock.now(), **CLOSING)


@pytest.mark.parametrize("wrong", [{"cause": ""}, {"handling": "x"}, {"center": "CUBA"}])
def test_a_case_is_not_closed_without_a_registration_of_its_year(db, wrong):
    actor, reference = create_actor(db), create_case(db)
    cases.take(db, reference, actor, clock.now())
    with pytest.raises(InvalidInput):
        cases.close(db, reference, actor, clock.now(), **{**CLOSING, **wrong})


def test_every_reading_of_a_case_is_logged(db):
    actor, reference = create_actor(db), create_case(db)
    cases.read(db, reference, actor, clock.now())
    read = db.scalars(select(CaseRead)).one()
    assert (read.staff_id, read.case_id) == (actor.staff_id, db.scalars(select(Case.id)).one())


def test_an_unknown_reference_is_not_found(db):
    with pytest.raises(NotFound):
        cases.read(db, "BR-2026-XXXXX", create_actor(db), clock.now())


def test_when_several_take_the_same_case_at_once_one_wins_and_the_others_are_told(db):
    reference = create_case(db)
    actors = [create_actor(db, f"Rådgiver{i}") for i in range(6)]
    db.commit()
    outcomes = []

    def take(actor):
        try:
            with session() as own, own.begin():
                cases.take(own, reference, actor, clock.now())
            outcomes.append("won")
        except InvalidState as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=take, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("won") == 1
    assert all("taget af Rådgiver" in o for o in outcomes if o != "won")


def taken(db, number=1, actor=None, **changes):
    actor = actor or create_actor(db)
    reference = create_case(db, number, **changes)
    cases.take(db, reference, actor, clock.now())
    return actor, reference


def test_a_complaint_deadline_that_moves_nearer_moves_the_case_up_without_anybody_touching_it(db):
    first = create_case(db, 1)
    second = create_case(db, 2, omraade="sygedagpenge", decision_date=date(2026, 11, 20))  # expires on 18 December
    assert [c.reference for c in listed(db)] == [first, second]
    later = date(2026, 12, 16)
    found = listed(db, later)
    assert [c.reference for c in found] == [second, first]
    assert [priority_now(c, later) for c in found] == ["akut", "normal"]
    assert as_json(found[0], later)["priority"] == "akut"
    assert listed(db, later, priority="akut") == found[:1]
    assert listed(db, priority="akut") == []


def test_the_queue_says_why_a_case_hurries(db):
    actor, reference = taken(
        db, omraade="sygedagpenge", decision_date=date(2026, 10, 28), consent_forward=True
    )  # expires on 25 November
    questions.ask(db, reference, "ltk.byggesag", "Hvad sker der?", actor, clock.now(), TODAY)
    case = cases.find(db, reference)
    assert why(case, TODAY) == [
        "Klagefristen udløber om 2 dage.",
        "Svar til borgeren senest mandag den 7. december 2026.",
        "Afdelingen skal svare senest mandag den 14. december 2026 (Byggesag).",
    ]
    assert why(case, date(2026, 12, 15)) == [
        "Svaret til borgeren skulle være givet mandag den 7. december 2026.",
        "Afdelingen skulle have svaret i går (Byggesag).",
    ]
    assert [over for _, _, over in deadlines(case, date(2026, 12, 15))] == [True, True, True]
    cases.close(db, reference, actor, clock.now(), **CLOSING)
    assert why(case, date(2026, 12, 15)) == []


def test_danger_told_of_after_the_case_was_sent_makes_it_urgent_at_once(db):
    conversation, _ = conversations.start(db, clock.now())
    reference = create_case(db, conversation_id=conversation.id)
    assert priority_now(cases.find(db, reference), TODAY) == "normal"
    turn = conversations.hear(db, conversation, "Jeg kan ikke mere", clock.now())
    conversations.note_understanding(db, turn.id, "akut.liv", 0.98)
    db.expire_all()
    case = cases.find(db, reference)
    assert priority_now(case, TODAY) == "akut"
    assert why(case, TODAY)[0] == "Borgeren skrev om fare."


def test_a_case_is_given_to_a_colleague_with_a_word_and_a_reader_cannot_get_it(db):
    julie, reference = taken(db)
    anna, reader = create_actor(db, "Anna"), create_actor(db, "Ras", role="reader")
    with pytest.raises(InvalidInput, match="kollega"):
        cases.hand_over(db, reference, reader.staff_id, julie, clock.now())
    case = cases.hand_over(db, reference, anna.staff_id, julie, clock.now(), text="Du kender området.")
    assert case.assigned_to.name == "Anna"
    assert (case.events[-1].kind, case.events[-1].text) == ("overdraget", "Til Anna. Du kender området.")
    with pytest.raises(InvalidInput, match="allerede"):
        cases.hand_over(db, reference, anna.staff_id, julie, clock.now())


def test_a_new_case_given_to_a_colleague_is_thereby_taken(db):
    julie, anna = create_actor(db), create_actor(db, "Anna")
    case = cases.hand_over(db, create_case(db), anna.staff_id, julie, clock.now())
    assert (case.status, case.assigned_to.name) == ("i_gang", "Anna")


def test_who_acts_on_a_case_that_changed_since_she_opened_it_is_told_by_whom(db):
    julie, reference = taken(db)
    anna = create_actor(db, "Anna")
    seen = cases.find(db, reference).version
    messages.reply(db, reference, "Hej", julie, clock.now(), seen=seen)
    with pytest.raises(InvalidState, match="ændret af Julie"):
        cases.close(db, reference, anna, clock.now(), **CLOSING, seen=seen)


def test_when_two_close_and_refuse_the_same_case_at_once_one_wins_and_the_other_is_told(db):
    julie, reference = taken(db)
    anna = create_actor(db, "Anna")
    seen = cases.find(db, reference).version
    db.commit()
    told = refusal.Refusal("Det er en anden myndighed.", "Skattestyrelsen", "Senest 1. december")
    ways = [
        lambda s: cases.close(s, reference, julie, clock.now(), **CLOSING, seen=seen),
        lambda s: refusal.refuse(s, reference, told, anna, clock.now(), cause="vejviser", center="CBB", seen=seen),
    ] * 3
    outcomes = []

    def run(way):
        try:
            with session() as own, own.begin():
                outcomes.append(way(own).status)
        except InvalidState as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=run, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [o for o in outcomes if o in CASE_STATUSES]
    assert len(won) == 1
    assert sum("allerede lukket" in o for o in outcomes) == 5
    with session() as own:
        case = cases.find(own, reference)
        assert case.status == won[0]
        assert len([e for e in case.events if e.kind in ("afsluttet", "afvist")]) == 1


def test_a_closed_case_is_reopened_with_a_reason_and_a_new_promise(db):
    actor, reference = taken(db)
    cases.close(db, reference, actor, clock.now(), **CLOSING)
    with pytest.raises(InvalidInput):
        cases.reopen(db, reference, " ", actor, clock.now(), TODAY)
    case = cases.reopen(db, reference, "Borgeren har fået et nyt brev.", actor, clock.now(), date(2026, 12, 1))
    assert (case.status, case.closed_at, case.respond_by) == ("i_gang", None, date(2026, 12, 15))
    assert suggest(db, case, TODAY)["cause"].id == "manglende_svar"
    with pytest.raises(InvalidState):
        cases.reopen(db, reference, "Igen", actor, clock.now(), TODAY)


def test_a_citizen_takes_her_case_back_once_and_nobody_works_on_it_after(db):
    actor, reference = taken(db)
    case = cases.withdraw(db, reference, clock.now(), text="Det løste sig.")
    assert (case.status, case.closed_at is not None) == ("tilbagetrukket", True)
    assert (case.events[-1].kind, case.events[-1].staff_id) == ("tilbagetrukket", None)
    with pytest.raises(InvalidState, match="trukket tilbage"):
        cases.withdraw(db, reference, clock.now())
    with pytest.raises(InvalidState, match="Genåbn"):
        messages.reply(db, reference, "Hej", actor, clock.now())


def test_the_adviser_overrules_the_first_look_at_the_statute_with_her_own_reason(db):
    actor, reference = taken(db, unit="ekstern.skat")
    assert cases.find(db, reference).competence["within"] == "no"
    with pytest.raises(InvalidInput):
        cases.correct_competence(db, reference, "yes", "", actor, clock.now())
    case = cases.correct_competence(db, reference, "yes", "Det er kommunens egen opkrævning.", actor, clock.now())
    assert case.competence == {"within": "yes", "reasons": ["Det er kommunens egen opkrævning."]}
    assert case.events[-1].text.startswith("Inden for: Det er kommunens egen opkrævning.\nFør: Uden for.")


def test_a_recommendation_that_is_not_followed_is_marked_also_after_closing(db):
    actor, reference = taken(db)
    cases.close(db, reference, actor, clock.now(), **CLOSING)
    case = cases.mark_not_followed(db, reference, "Afdelingen fastholder.", actor, clock.now())
    assert case.not_followed_at is not None
    assert case.events[-1].kind == "ikke_fulgt"


def test_a_refused_citizen_is_told_why_who_can_help_by_when_and_with_what(db):
    actor, reference = taken(db, unit="ekstern.udbetaling_danmark", anonymous=True)
    case = cases.find(db, reference)
    assert refusal.likely_ground(case) == "anden_myndighed"
    told = refusal.prefilled("anden_myndighed", case)
    assert told.who.startswith("Udbetaling Danmark.")
    case = refusal.refuse(
        db, reference, told, actor, clock.now(), cause="vejviser", center="EKSTERN", key="anden_myndighed"
    )
    assert (case.status, case.handling, case.cause, case.center) == ("afvist", "afvist", "vejviser", "EKSTERN")
    text = case.messages[-1].text
    for part in (told.reason, told.who, told.by_when, "Nummeret på din sag", "Julie"):
        assert part in text
    assert "[skriv" not in text and "**" not in text


@pytest.mark.parametrize("missing", ["reason", "who", "by_when"])
def test_nobody_is_refused_without_a_way_on(db, missing):
    actor, reference = taken(db)
    told = {"reason": "Nej", "who": "Retten", "by_when": "Snart", missing: " "}
    with pytest.raises(InvalidInput):
        refusal.refuse(db, reference, refusal.Refusal(**told), actor, clock.now(), cause="vejviser", center="CBB")


@pytest.mark.parametrize(
    ("facts", "cause", "handling", "center"),
    [
        ({"topic": "klage.sagsbehandlingstid"}, "langsommelig", "dialog_afdeling", "CBB"),
        ({"topic": "klage.frist", "unit": None, "omraade": "boern"}, "hjaelp_klage", "hjaelp_klage", "CSI"),
        ({"topic": "henvendelse.opret", "unit": "ekstern.skat"}, "vejviser", "vejviser", "EKSTERN"),
        ({"decision_date": date(2025, 9, 1), "omraade": "byggesag"}, "dialog_sagsforloeb", "raad_vejledning", "CBB"),
        ({"decision_date": date(2026, 11, 2), "omraade": "byggesag"}, "hjaelp_klage", "hjaelp_klage", "CBB"),
        ({"unit": None}, "", "raad_vejledning", ""),
    ],
)
def test_the_registration_is_suggested_from_topic_unit_area_and_age(db, facts, cause, handling, center):
    case = cases.find(db, create_case(db, **facts))
    found = suggest(db, case, TODAY)
    assert (found["cause"].id, found["handling"].id, found["center"].id) == (cause, handling, center)
    assert all(part.because for part in found.values())


def test_what_is_suggested_exists_in_the_taxonomy():
    kinds = taxonomy()
    assert set(registration.CAUSES.values()) <= set(kinds["causes"])
    assert set(registration.HANDLINGS.values()) <= set(kinds["handlings"])
    assert set(registration.UNITS) <= set(kinds["omraader"])
    assert set(registration.UNITS.values()) <= set(kinds["units"])
    for topic in registration.CAUSES:
        assert any(t.startswith(topic) for t in kinds["topics"]), topic


def test_the_same_phone_or_mail_written_otherwise_is_the_same_contact(db):
    known = {"anonymous": False, "contact_channel": "telefon"}
    first = create_case(db, 1, contact_value="28 28 28 28", **known)
    second = create_case(db, 2, contact_value="+45 28282828", **known)
    other = create_case(db, 3, contact_value="29 29 29 29", **known)
    create_case(db, 4)  # anonymous: like nobody
    mine = cases.find(db, second)
    assert [(c.reference, reason) for c, reason in related.related(db, mine)] == [(first, "samme kontakt")]
    assert related.related(db, cases.find(db, other)) == []
    assert "28" * 4 not in (mine.contact_hash or "") and len(mine.contact_hash) == 64
    assert related.contact_hash("Anna (at) post.dk") == related.contact_hash("anna@POST.dk")


def test_a_following_case_is_tied_to_its_main_case_and_shown_on_both(db):
    actor, main = taken(db, 1)
    follower, third = create_case(db, 2), create_case(db, 3)
    related.follow(db, follower, main.lower(), actor, clock.now())
    related.follow(db, third, follower, actor, clock.now())  # what follows a following case follows its main case
    db.expire_all()
    assert full_json(db, cases.find(db, third), TODAY)["follows"] == main
    assert {c.reference for c, _ in related.related(db, cases.find(db, main))} == {follower, third}
    assert dict((c.reference, r) for c, r in related.related(db, cases.find(db, third)))[main] == "hovedsag"
    for wrong in (main, follower):
        with pytest.raises(InvalidInput):
            related.follow(db, main, wrong, actor, clock.now())
    with pytest.raises(NotFound):
        related.follow(db, follower, "BR-2026-XXXXX", actor, clock.now())
    assert related.follow(db, follower, "", actor, clock.now()).follows is None


def test_cpr_numbers_are_dropped_from_what_staff_write(db):
    actor, reference = taken(db)
    cases.note(db, reference, "Borgeren 010190-1234 ringede.", actor, clock.now())
    assert cases.find(db, reference).events[-1].text == "Borgeren [cpr-nummer fjernet] ringede."


def test_every_line_on_a_timeline_has_a_danish_name(db):
    actor, reference = taken(db)
    cases.note(db, reference, "x", actor, clock.now())
    assert all(e.kind in EVENT_KINDS and len(e.kind) <= 20 for e in cases.find(db, reference).events)
    assert all(len(kind) <= 20 for kind in EVENT_KINDS)


def test_the_staff_api_tells_a_case_whole(db):
    actor, reference = taken(db, needs="Tolk", wish="Et svar", prior_dialogue="Nej")
    cases.note(db, reference, "Ringet.", actor, clock.now())
    messages.reply(db, reference, "Hej. Vi ser på det.", actor, clock.now())
    whole = full_json(db, cases.find(db, reference), TODAY)
    contract = """reference created_at respond_by status priority topic omraade unit center cause handling decision_date
        complaint_deadline contact anonymous consent_forward competence summary wish prior_dialogue needs follows
        transcript appointments notes"""
    assert set(contract.split()) <= set(whole)
    assert (whole["needs"], whole["notes"][0]["text"], whole["notes"][0]["who"]) == ("Tolk", "Ringet.", "Julie")
    assert [(t["who"], t["text"]) for t in whole["transcript"]] == [("staff", "Hej. Vi ser på det.")]
    assert set(whole["competence"]) == {"within", "reasons"}
