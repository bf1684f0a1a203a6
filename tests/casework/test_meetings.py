"""Meetings: booked, held, moved, cancelled, asked for and answered, with nothing told to who may not know."""

from datetime import date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from casework import availability, cases, conversations, meetings
from casework.case_json import full_json
from casework.clock import COPENHAGEN
from casework.errors import InvalidInput, InvalidState, NotFound, SlotTaken
from casework.intake import Intake, file_case
from casework.meetings import Wish
from casework.models import Case, CaseEvent, OutgoingMail, Staff
from casework.models_meetings import Appointment, AppointmentEvent, AppointmentSlice

TODAY = date(2026, 11, 23)  # a Monday
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=timezone.utc)


def at(day, hour, minute=0):
    """A time on a day of November or, past 30, December 2026."""
    return datetime(2026, 11, 1, hour, minute, tzinfo=COPENHAGEN) + timedelta(days=day - 1)


TUESDAY = at(24, 10)


@pytest.fixture
def calendar(db):
    """The calendar as a new database has it."""
    availability.seed(db)
    return db


@pytest.fixture
def adviser(calendar):
    person = Staff(email="r@ltk.dk", name="Rikke", role="adviser", password_hash="x", created_at=NOW)
    calendar.add(person)
    calendar.flush()
    return cases.Actor("Rikke", "adviser", staff_id=person.id)


def wish(start=TUESDAY, kind="telefon", **values):
    return Wish(
        **{"kind": kind, "start": start, "name": "Anna Holm", "channel": "telefon", "value": "22334455", **values}
    )


def a_case(db, **values):
    intake = Intake(
        story="Jeg venter på svar.", contact_name="Anna Holm", contact_channel="telefon", contact_value="22334455"
    )
    receipt = file_case(db, intake, submission="sag-1", now=NOW, today=TODAY, code_key=b"k", **values)
    return cases.find(db, receipt.reference)


def free(db, start=TUESDAY, kind="telefon", now=NOW):
    return availability.is_free(db, kind, start, now)


def happened(db, appointment):
    return list(
        db.scalars(
            sa.select(AppointmentEvent.kind)
            .where(AppointmentEvent.appointment_id == appointment.id)
            .order_by(AppointmentEvent.id)
        )
    )


def test_a_booked_time_is_hers_and_nobody_elses(calendar):
    appointment = meetings.book(calendar, wish(), NOW)
    assert (appointment.status, appointment.name, appointment.value) == ("aftalt", "Anna Holm", "22334455")
    assert not free(calendar)
    with pytest.raises(SlotTaken, match="Den tid er lige blevet taget. Vælg en anden."):
        meetings.book(calendar, wish(name="Bo"), NOW)
    assert happened(calendar, appointment) == ["booket"]


def test_the_link_opens_the_meeting_however_it_is_typed_and_tells_a_stranger_nothing(calendar):
    appointment = meetings.book(calendar, wish(), NOW)
    assert meetings.find(calendar, f" {appointment.code.upper()} ") is appointment
    told = []
    for wrong in ("", "abc", "x" * 20, appointment.code[:-1], "../../etc", "\x00"):
        with pytest.raises(NotFound) as error:
            meetings.find(calendar, wrong)
        told.append(str(error.value))
    assert len(set(told)) == 1
    shown = meetings.as_json(appointment)
    assert shown == {
        "code": appointment.code,
        "start": "2026-11-24T10:00:00+01:00",
        "end": "2026-11-24T10:30:00+01:00",
        "kind": "telefon",
        "ics_url": f"/moede/{appointment.code}/kalender.ics",
        "manage_url": f"/moede/{appointment.code}",
    }


def test_the_code_and_the_name_are_not_readable_in_the_database(calendar):
    appointment = meetings.book(calendar, wish(place="Lyngvej 4", kind="andet_sted", start=at(26, 10)), NOW)
    row = calendar.execute(sa.text("select * from appointments")).mappings().one()
    kept = " ".join(str(value) for value in row.values())
    for secret in (appointment.code, "Anna", "22334455", "Lyngvej"):
        assert secret not in kept


def test_the_same_form_sent_twice_is_one_meeting(calendar):
    first = meetings.book(calendar, wish(), NOW, submission="form-1")
    again = meetings.book(calendar, wish(), NOW, submission="form-1")
    assert again is first
    assert happened(calendar, first) == ["booket"]


def test_a_held_time_is_kept_for_its_holder_and_becomes_the_meeting(calendar):
    held = meetings.hold(calendar, "telefon", TUESDAY, NOW)
    assert not free(calendar)
    with pytest.raises(SlotTaken):
        meetings.book(calendar, wish(), NOW)
    with pytest.raises(NotFound):
        meetings.find(calendar, held.code)  # nobody's meeting yet
    booked = meetings.book(calendar, wish(), NOW + timedelta(minutes=9), held=held.code)
    assert booked.id == held.id and booked.status == "aftalt" and booked.held_until is None


def test_a_hold_that_runs_out_is_free_for_others_and_its_holder_is_told(calendar):
    held = meetings.hold(calendar, "telefon", TUESDAY, NOW)
    later = NOW + timedelta(minutes=10)
    assert not free(calendar, now=later - timedelta(seconds=1))
    assert free(calendar, now=later)
    meetings.book(calendar, wish(name="Bo"), later)
    with pytest.raises(SlotTaken):
        meetings.book(calendar, wish(), later, held=held.code)


def test_a_hold_that_ran_out_and_nobody_took_still_becomes_the_meeting(calendar):
    held = meetings.hold(calendar, "telefon", TUESDAY, NOW)
    assert meetings.book(calendar, wish(), NOW + timedelta(hours=1), held=held.code).status == "aftalt"


def test_released_and_expired_holds_leave_nothing_behind(calendar):
    meetings.release(calendar, meetings.hold(calendar, "telefon", TUESDAY, NOW).code, NOW)
    assert free(calendar)
    meetings.hold(calendar, "telefon", TUESDAY, NOW)
    assert meetings.release_expired(calendar, NOW + timedelta(minutes=5)) == 0
    assert meetings.release_expired(calendar, NOW + timedelta(minutes=10)) == 1
    assert calendar.scalar(sa.select(sa.func.count()).select_from(AppointmentSlice)) == 0
    assert calendar.scalar(sa.select(sa.func.count()).select_from(Appointment)) == 0


def test_a_conversation_holds_one_time_and_another_choice_gives_the_first_free(calendar):
    talk, _ = conversations.start(calendar, NOW)
    first = meetings.hold(calendar, "telefon", TUESDAY, NOW, conversation_id=talk.id)
    again = meetings.hold(calendar, "telefon", TUESDAY, NOW + timedelta(minutes=5), conversation_id=talk.id)
    assert again.id == first.id and again.held_until == NOW + timedelta(minutes=15)
    meetings.hold(calendar, "telefon", at(24, 11), NOW, conversation_id=talk.id)
    assert free(calendar) and not free(calendar, at(24, 11))
    assert meetings.held_in(calendar, talk.id, NOW).start_at == at(24, 11)


def test_booking_another_time_than_the_held_one_gives_the_held_one_free(calendar):
    held = meetings.hold(calendar, "telefon", TUESDAY, NOW)
    meetings.book(calendar, wish(at(24, 11)), NOW, held=held.code)
    assert free(calendar) and not free(calendar, at(24, 11))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("kind", {"kind": "frokost"}),
        ("start", {"start": datetime(2026, 11, 24, 10)}),  # no zone
        ("start", {"start": at(20, 10)}),  # gone
        ("start", {"start": at(23, 10)}),  # too soon: four hours' notice
        ("start", {"start": at(24, 9)}),  # before she opens
        ("start", {"start": at(24, 10, 7)}),
        ("start", {"start": at(28, 10)}),  # a Saturday
        ("start", {"start": at(24 + 365, 10)}),
        ("name", {"name": " "}),
        ("name", {"name": "010190-1234"}),
        ("channel", {"channel": "fax"}),
        ("value", {"value": ""}),
        ("value", {"value": "ring bare"}),
        ("value", {"channel": "e-mail", "value": "anna"}),
        ("value", {"channel": "e-mail", "value": "anna@x.dk"}),  # she has to be phoned
        ("subject", {"subject": "x" * 1001}),
        ("needs", {"needs": ["heste"]}),
        ("needs", {"needs": "tolk"}),
        ("place", {"kind": "andet_sted", "start": at(26, 11)}),
        ("reference", {"reference": "min sag"}),
    ],
)
def test_what_cannot_be_used_is_said_at_its_own_field(calendar, field, values):
    with pytest.raises(InvalidInput) as error:
        meetings.book(calendar, wish(**values), NOW)
    assert list(error.value.fields) == [field]
    assert error.value.fields[field] and str(error.value) == error.value.fields[field]
    assert calendar.scalar(sa.select(sa.func.count()).select_from(Appointment)) == 0


def test_several_wrong_fields_are_all_said_at_once(calendar):
    with pytest.raises(InvalidInput) as error:
        meetings.book(calendar, wish(name="", value="", needs=["heste"]), NOW)
    assert set(error.value.fields) == {"name", "value", "needs"}


def test_the_subject_is_masked_and_a_cpr_number_is_nowhere(calendar):
    subject = "Ring til min søn på 33445566, cpr 010190-1234"
    appointment = meetings.book(calendar, wish(subject=subject), NOW)
    assert "33445566" not in appointment.subject and "1234" not in appointment.subject


def test_a_meeting_at_the_library_keeps_half_an_hour_free_on_both_sides(calendar):
    meetings.book(calendar, wish(at(26, 11), "bibliotek"), NOW)  # 11.00 to 12.00, and 10.30 to 12.30 of her time
    taken = [start for start in (at(26, 10), at(26, 10, 30), at(26, 12), at(26, 12, 30)) if not free(calendar, start)]
    assert taken == [at(26, 10, 30), at(26, 12)]


def test_a_day_has_no_more_of_a_kind_than_the_adviser_will_have(calendar):
    availability.save_kind(calendar, "telefon", daily_most=2)
    for hour in (10, 11):
        meetings.book(calendar, wish(at(24, hour)), NOW)
    assert not free(calendar, at(24, 12)) and free(calendar, at(25, 12))
    with pytest.raises(SlotTaken):
        meetings.book(calendar, wish(at(24, 12)), NOW)


def test_a_cancelled_meeting_leaves_room_in_the_day_again(calendar):
    availability.save_kind(calendar, "telefon", daily_most=1)
    first = meetings.book(calendar, wish(), NOW)
    meetings.cancel(calendar, first, NOW)
    assert meetings.book(calendar, wish(at(24, 14)), NOW).status == "aftalt"


def test_a_moved_meeting_gives_its_old_time_free_and_its_calendar_entry_grows(calendar):
    appointment = meetings.book(calendar, wish(), NOW)
    uid = appointment.uid
    meetings.move(calendar, appointment, at(25, 13), NOW)
    assert (meetings.start_of(appointment), appointment.uid, appointment.sequence) == (at(25, 13), uid, 1)
    assert free(calendar) and not free(calendar, at(25, 13))
    assert appointment.place_on_day == "telefon:2026-11-25:1"
    assert happened(calendar, appointment) == ["booket", "flyttet"]


def test_a_meeting_can_be_moved_into_its_own_shadow(calendar):
    appointment = meetings.book(calendar, wish(at(26, 11), "bibliotek"), NOW)
    meetings.move(calendar, appointment, at(26, 11, 30), NOW)
    assert meetings.start_of(appointment) == at(26, 11, 30)


def test_moving_to_a_taken_time_changes_nothing(calendar):
    appointment = meetings.book(calendar, wish(), NOW)
    meetings.book(calendar, wish(at(24, 11)), NOW)
    with pytest.raises(SlotTaken):
        meetings.move(calendar, appointment, at(24, 11), NOW)
    assert meetings.start_of(appointment) == TUESDAY and appointment.sequence == 0
    assert not free(calendar)


def test_staff_moving_onto_another_meeting_lose_neither(calendar, adviser):
    appointment = meetings.book(calendar, wish(), NOW)
    other = meetings.book(calendar, wish(at(24, 11)), NOW)
    with pytest.raises(SlotTaken):  # only the unique key stops this one
        meetings.move(calendar, appointment, at(24, 11), NOW, actor=adviser)
    assert meetings.start_of(appointment) == TUESDAY and appointment.version == 1
    pieces = sa.select(sa.func.count()).where(AppointmentSlice.appointment_id == appointment.id)
    assert calendar.scalar(pieces) == 6
    assert meetings.start_of(other) == at(24, 11)


def test_moving_to_the_same_time_is_nothing(calendar):
    appointment = meetings.book(calendar, wish(), NOW)
    meetings.move(calendar, appointment, TUESDAY, NOW)
    assert appointment.sequence == 0 and happened(calendar, appointment) == ["booket"]


def test_cancelling_twice_is_once_and_a_meeting_that_has_begun_cannot_be_cancelled_by_the_citizen(calendar, adviser):
    appointment = meetings.book(calendar, wish(), NOW)
    with pytest.raises(InvalidState, match="allerede gået i gang"):
        meetings.cancel(calendar, appointment, TUESDAY)
    meetings.cancel(calendar, appointment, NOW, reason="Jeg hedder Anna Holm og er syg")
    meetings.cancel(calendar, appointment, NOW)
    assert appointment.status == "aflyst" and "Holm" not in appointment.reason
    assert free(calendar) and appointment.sequence == 1
    assert happened(calendar, appointment) == ["booket", "aflyst"]
    with pytest.raises(InvalidState, match="Book et nyt"):
        meetings.move(calendar, appointment, at(25, 10), NOW)


def test_two_staff_changing_at_once_the_second_is_told(calendar, adviser):
    appointment = meetings.book(calendar, wish(), NOW)
    seen = appointment.version
    meetings.move(calendar, appointment, at(25, 10), NOW, actor=adviser, seen=seen)
    with pytest.raises(InvalidState, match="ændret, siden du åbnede det"):
        meetings.cancel(calendar, appointment, NOW, actor=adviser, seen=seen)
    assert appointment.status == "aftalt"


def test_a_meeting_elsewhere_is_asked_for_and_takes_the_time_until_it_is_answered(calendar, adviser):
    request = meetings.book(calendar, wish(at(26, 11), "andet_sted", place="Lyngvej 4"), NOW)
    assert request.status == "anmodet" and request.wished_place == "Lyngvej 4" and request.place == ""
    assert meetings.waiting(calendar) == [request]
    assert not free(calendar, at(26, 11))
    meetings.accept(calendar, request, NOW, adviser, "Virum Bibliotek")
    assert (request.status, request.place, request.sequence) == ("aftalt", "Virum Bibliotek", 1)
    assert meetings.waiting(calendar) == []
    with pytest.raises(InvalidState):
        meetings.accept(calendar, request, NOW, adviser)


def test_a_request_that_is_declined_gives_a_reason_and_times_of_which_one_can_be_taken(calendar, adviser):
    request = meetings.book(calendar, wish(at(26, 11), "andet_sted", place="Lyngvej 4"), NOW)
    with pytest.raises(InvalidInput) as error:
        meetings.decline(calendar, request, NOW, adviser, " ")
    assert list(error.value.fields) == ["reason"]
    with pytest.raises(InvalidInput) as error:
        meetings.decline(calendar, request, NOW, adviser, "Nej", [at(20, 10)])
    assert list(error.value.fields) == ["alternatives"]
    evening = at(27, 18)  # outside her hours: she may offer it
    meetings.decline(calendar, request, NOW, adviser, "Jeg er i byrådet", [evening, at(30, 12)])
    assert request.status == "afvist" and request.reason == "Jeg er i byrådet"
    assert free(calendar, at(26, 11))
    assert meetings.offers(request) == [evening, at(30, 12)]
    with pytest.raises(InvalidState):
        meetings.move(calendar, request, at(26, 12), NOW)  # not one of those
    meetings.move(calendar, request, evening, NOW)
    assert request.status == "aftalt" and meetings.start_of(request) == evening


def test_a_citizen_who_moves_an_agreed_meeting_elsewhere_asks_anew(calendar, adviser):
    request = meetings.book(calendar, wish(at(26, 11), "andet_sted", place="Lyngvej 4"), NOW)
    meetings.accept(calendar, request, NOW, adviser)
    meetings.move(calendar, request, at(31, 11), NOW)
    assert request.status == "anmodet"
    meetings.move(calendar, request, at(33, 11), NOW, actor=adviser)
    assert request.status == "aftalt"


def test_the_adviser_is_asked_along_to_a_meeting_at_any_time_she_is_not_booked(calendar):
    evening = at(28, 19)  # a Saturday night: the kommune decides
    request = meetings.book(calendar, wish(evening, "bisidder", place="Rådhuset"), NOW)
    assert request.status == "anmodet" and request.wished_place == "Rådhuset"
    with pytest.raises(SlotTaken, match="optaget på det tidspunkt"):
        meetings.book(calendar, wish(evening + timedelta(minutes=30), "bisidder", place="Rådhuset"), NOW)


def test_nobody_is_asked_along_while_the_adviser_is_away(calendar):
    availability.add_absence(calendar, date(2026, 11, 30), date(2026, 12, 4), "Jeg har ferie.", TODAY)
    with pytest.raises(InvalidInput, match="væk den dag. Jeg har ferie."):
        meetings.book(calendar, wish(at(31, 9), "bisidder", place="Rådhuset"), NOW)


def test_staff_book_for_a_citizen_outside_hours_and_beyond_the_daily_maximum_but_never_on_top(calendar, adviser):
    availability.save_kind(calendar, "telefon", daily_most=1)
    meetings.book(calendar, wish(), NOW)
    evening = meetings.book(calendar, wish(at(24, 19, 5)), NOW, actor=adviser)
    assert evening.status == "aftalt" and evening.booked_by.name == "Rikke"
    with pytest.raises(SlotTaken):
        meetings.book(calendar, wish(), NOW, actor=adviser)
    elsewhere = meetings.book(calendar, wish(at(26, 11), "andet_sted", place="Lyngvej 4"), NOW, actor=adviser)
    assert elsewhere.status == "aftalt"
    for wrong in (at(20, 10), at(24, 13, 3)):
        with pytest.raises(InvalidInput):
            meetings.book(calendar, wish(wrong), NOW, actor=adviser)


def test_a_meeting_is_marked_only_once_it_has_begun_and_the_mark_can_be_taken_away(calendar, adviser):
    appointment = meetings.book(calendar, wish(), NOW)
    with pytest.raises(InvalidState, match="ikke begyndt"):
        meetings.mark(calendar, appointment, "gennemfoert", NOW, adviser)
    meetings.mark(calendar, appointment, "udeblevet", TUESDAY, adviser)
    meetings.mark(calendar, appointment, "aftalt", TUESDAY, adviser)
    meetings.mark(calendar, appointment, "gennemfoert", TUESDAY, adviser)
    assert happened(calendar, appointment) == ["booket", "udeblevet", "genoptaget", "gennemfoert"]
    with pytest.raises(InvalidInput):
        meetings.mark(calendar, appointment, "holdt", TUESDAY, adviser)
    with pytest.raises(InvalidState):
        meetings.cancel(calendar, appointment, TUESDAY, actor=adviser)


def test_staff_correct_contact_and_needs_and_wrong_ones_are_refused(calendar, adviser):
    appointment = meetings.book(calendar, wish(), NOW)
    before = appointment.contact_hash
    meetings.correct(calendar, appointment, NOW, adviser, value="33 44 55 66", needs=["tolk"], place="Lokale 2")
    assert (appointment.value, appointment.needs, appointment.place) == ("33 44 55 66", ["tolk"], "Lokale 2")
    assert appointment.contact_hash != before and appointment.name == "Anna Holm"
    meetings.correct(calendar, appointment, NOW, adviser, needs=["tolk"])
    assert happened(calendar, appointment) == ["booket", "rettet"]  # nothing changed: no line
    with pytest.raises(InvalidInput) as error:
        meetings.correct(calendar, appointment, NOW, adviser, value="?")
    assert list(error.value.fields) == ["value"]


def test_a_meeting_about_a_case_is_on_its_timeline_and_names_nobody(calendar):
    case = a_case(calendar)
    appointment = meetings.book(calendar, wish(reference=case.reference.lower()), NOW)
    meetings.move(calendar, appointment, at(25, 10), NOW)
    lines = calendar.scalars(sa.select(CaseEvent.text).where(CaseEvent.kind == "moede").order_by(CaseEvent.id)).all()
    assert lines == [
        "Telefonsamtale tirsdag den 24. november 2026 kl. 10.00: booket.",
        "Telefonsamtale onsdag den 25. november 2026 kl. 10.00: flyttet.",
    ]
    assert meetings.of_case(calendar, case) == [appointment]


def test_withdrawing_a_case_can_ask_about_its_meetings_and_cancel_them(calendar):
    case = a_case(calendar)
    coming = meetings.book(calendar, wish(reference=case.reference), NOW)
    assert meetings.upcoming_of_case(calendar, case, NOW) == [coming]
    assert meetings.upcoming_of_case(calendar, case, TUESDAY) == []
    cases.withdraw(calendar, case.reference, NOW)
    assert coming.status == "aftalt"  # she may want to talk all the same
    assert meetings.cancel_of_case(calendar, case, NOW) == 1
    assert coming.status == "aflyst" and meetings.upcoming_of_case(calendar, case, NOW) == []


def test_a_case_number_that_is_not_there_is_not_told_to_a_citizen_but_kept_for_the_adviser(calendar, adviser):
    appointment = meetings.book(calendar, wish(reference="BR-2026-22222"), NOW)
    assert appointment.case_id is None and "BR-2026-22222" in appointment.subject
    with pytest.raises(InvalidInput) as error:
        meetings.book(calendar, wish(at(25, 10), reference="BR-2026-22222"), NOW, actor=adviser)
    assert list(error.value.fields) == ["reference"]


def test_a_meeting_booked_in_the_chat_belongs_to_the_conversation_and_its_open_case(calendar):
    talk, _ = conversations.start(calendar, NOW)
    case = a_case(calendar, conversation_id=talk.id)
    appointment = meetings.book(calendar, wish(), NOW, conversation_id=talk.id)
    assert appointment.case_id == case.id
    assert meetings.of_conversation(calendar, talk.id) == [appointment]


def test_an_anonymous_case_is_not_tied_to_a_booking_with_a_name(calendar):
    talk, _ = conversations.start(calendar, NOW)
    case = a_case(calendar, conversation_id=talk.id)
    calendar.execute(sa.update(Case).values(anonymous=True))
    calendar.expire(case)
    assert meetings.book(calendar, wish(), NOW, conversation_id=talk.id).case_id is None


def test_what_was_masked_in_the_chat_is_put_back_in_name_and_contact_only(calendar):
    talk, _ = conversations.start(calendar, NOW)
    conversations.hear(calendar, talk, "Ring til 22334455 om min sag", NOW)
    token = "[telefon 1]"
    appointment = meetings.book(calendar, wish(value=token, subject=f"Ring til {token}"), NOW, conversation_id=talk.id)
    assert appointment.value == "22334455" and appointment.subject == f"Ring til {token}"


def test_a_kind_the_adviser_has_closed_cannot_be_booked(calendar):
    availability.save_kind(calendar, "telefon", open=False)
    assert availability.slots(calendar, "telefon", TODAY, TODAY + timedelta(days=7), NOW) == []
    with pytest.raises(InvalidInput, match="kan ikke bookes"):
        meetings.book(calendar, wish(), NOW)


def test_the_days_list_shows_meetings_but_no_holds(calendar):
    meetings.hold(calendar, "telefon", at(24, 12), NOW)
    later, first = meetings.book(calendar, wish(at(25, 10)), NOW), meetings.book(calendar, wish(), NOW)
    meetings.cancel(calendar, later, NOW)
    assert meetings.between(calendar, TODAY, date(2026, 11, 25)) == [first, later]
    assert meetings.between(calendar, TODAY, date(2026, 11, 24)) == [first]
    assert meetings.find_id(calendar, first.id) is first
    with pytest.raises(NotFound):
        meetings.find_id(calendar, 999_999)


def test_a_mail_about_a_meeting_needs_no_case(calendar):
    appointment = meetings.book(calendar, wish(), NOW)
    calendar.add(
        OutgoingMail(key="m", kind="x", appointment_id=appointment.id, state="venter", created_at=NOW, due_at=NOW)
    )
    calendar.flush()


def test_the_staff_api_tells_of_a_cases_meetings_but_not_the_citizens_key(calendar):
    case = a_case(calendar)
    appointment = meetings.book(calendar, wish(reference=case.reference, needs=["tolk"]), NOW)
    told = full_json(calendar, case, TODAY)
    (meeting,) = told["appointments"]
    assert meeting["kind"] == "telefon" and meeting["status"] == "aftalt"
    assert (meeting["start"], meeting["end"]) == ("2026-11-24T10:00:00+01:00", "2026-11-24T10:30:00+01:00")
    assert appointment.code not in str(told)
