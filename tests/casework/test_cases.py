"""The queue and the verbs."""

import threading
from datetime import date

import pytest
from sqlalchemy import select

from casework import cases, clock, staff
from casework.db import session
from casework.errors import InvalidInput, InvalidState, NotFound
from casework.intake import Intake, file_case
from casework.models import Case, CaseRead

TODAY = date(2026, 11, 23)


def create_case(db, number=1, **changes):
    intake = Intake(**{"story": f"Sag nummer {number}", "anonymous": True, "unit": "ltk.byggesag", **changes})
    return file_case(db, intake, submission=f"s{number}", now=clock.now(), today=TODAY, code_key=b"0" * 32).reference


def create_actor(db, name="Julie"):
    person = staff.add_staff(
        db,
        email=f"{name.lower()}@ltk.invalid",
        name=name,
        role="adviser",
        password="en lang adgangskode",
        now=clock.now(),
    )
    return cases.Actor(person.name, person.role, staff_id=person.id)


CLOSING = {"cause": "manglende_svar", "handling": "dialog_afdeling", "center": "CBB"}


def test_what_expires_first_stands_first(db):
    normal = create_case(db, 1)
    urgent = create_case(db, 2, omraade="sygedagpenge", decision_date=date(2026, 10, 27))
    soon = create_case(db, 3, omraade="sygedagpenge", decision_date=date(2026, 11, 2))
    found, total = cases.queue(db)
    assert [c.reference for c in found] == [urgent, soon, normal]
    assert total == 3


def test_the_queue_is_searched_in_what_the_citizen_wrote(db):
    create_case(db, 1, story="Min carport blev afvist")
    wanted = create_case(db, 2, story="Hjemmehjælpen kom 100% for sent")
    assert [c.reference for c in cases.queue(db, q="hjemmeHJÆLPEN".lower())[0]] == [wanted]
    assert [c.reference for c in cases.queue(db, q="100%")[0]] == [wanted]
    assert cases.queue(db, q="%")[1] == 1


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
