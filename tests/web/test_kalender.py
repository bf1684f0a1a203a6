"""The adviser's calendar on the staff pages, as adviser and reader meet it."""

import re
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from casework import availability, busy, cases, clock, meeting_calendar, meetings, meetings_time
from casework.case_json import full_json
from casework.cases import Actor
from casework.db import session
from casework.intake import Intake, file_case
from casework.meetings import Wish
from casework.models import Appointment, AppointmentRead, OutgoingMail
from casework.models_meetings import BusyTime
from casework.settings import Smtp, current
from tests.conftest import TODAY
from tests.web.people import account, signed_in

TUESDAY, THURSDAY = TODAY + timedelta(days=1), TODAY + timedelta(days=3)
FRIDAY_BEFORE = TODAY - timedelta(days=3)


@pytest.fixture
def calendar(db):
    """The default hours, and an account of each role."""
    availability.seed(db)
    db.commit()
    account("Julie")
    account("Lasse", "reader")
    return db


@pytest.fixture
def julie(app, calendar):
    return signed_in(app, "Julie")


@pytest.fixture
def lasse(app, calendar):
    return signed_in(app, "Lasse")


def at(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), clock.COPENHAGEN)


def booked(kind="telefon", start=None, now=None, **more):
    """A citizen books, early in the morning: some kinds want three whole days; the number of her meeting."""
    start = start or at(TUESDAY, 10)
    given = {"name": "Anna Jensen", "channel": "telefon", "value": "28 28 28 28", "subject": "Mit afslag", **more}
    with session() as db, db.begin():
        return meetings.book(db, Wish(kind, start, **given), now or at(clock.today(), 6)).id


def asked_for(**more):
    return booked("andet_sted", at(THURSDAY, 11), place="Bredebo 3", **more)


def stored(number):
    with session() as db:
        return db.get(Appointment, number)


def sees(browser, path):
    page = browser.sees(f"/personale/kalender/{path}")
    assert page.status_code == 200, path
    return page.text


def does(browser, number, verb, **given):
    """Open a meeting and send the form of one verb with the version it was shown with."""
    text = sees(browser, f"moede/{number}")
    given.setdefault("version", re.search(r'name="version" value="(\d+)"', text)[1])
    return browser.sends(f"/personale/kalender/moede/{number}/{verb}", **given)


def test_a_request_stands_first_with_its_count_in_the_menu_and_is_gone_once_answered(julie):
    number = asked_for()
    for path in ("", "?vis=dag", "?vis=liste"):
        text = sees(julie, path)
        assert "1 anmodning venter på svar" in text
        assert text.index("venter på svar</h2>") < text.index("Visning")
    assert ">1<span" in julie.sees("/personale/").text
    does(julie, number, "ja", place="Bredebo plejecenter")
    assert stored(number).status == "aftalt" and stored(number).place == "Bredebo plejecenter"
    assert "venter på svar</h2>" not in sees(julie, "")
    assert "vv-count" not in julie.page.text


def test_a_no_carries_its_reason_and_the_times_chosen_from_the_free_ones(julie):
    number = asked_for()
    text = sees(julie, f"moede/{number}")
    free = re.findall(r'name="alternatives" value="([^"]+)"', text)
    assert free and at(THURSDAY, 11).isoformat() not in free, "her own time is not an alternative"
    assert does(julie, number, "nej", reason="").status_code == 422
    assert "Skriv, hvorfor du siger nej" in julie.page.text
    assert stored(number).status == "anmodet"
    does(julie, number, "nej", reason="Jeg er i retten.", alternatives=free[:2])
    assert stored(number).status == "afvist"
    assert stored(number).alternatives == free[:2]
    assert "Jeg er i retten." in julie.page.text


def test_day_week_and_list_show_the_meeting_and_only_the_day_names_the_citizen(julie):
    number = booked()
    week = sees(julie, f"?vis=uge&dato={TUESDAY}")
    day = sees(julie, f"?vis=dag&dato={TUESDAY}")
    listed = sees(julie, "?vis=liste")
    for text in (week, day, listed):
        assert f"/personale/kalender/moede/{number}" in text
        assert "10.00" in text
    assert "Anna Jensen" in day
    assert "Anna Jensen" not in week + listed
    with session() as db:
        assert db.scalar(select(func.count(AppointmentRead.id))) == 1, "the day, and nothing else, named her"


def test_reading_a_meeting_and_printing_a_day_are_logged_and_told_on_the_meeting(julie, lasse):
    number = booked()
    assert "28 28 28 28" in sees(lasse, f"moede/{number}")
    paper = sees(lasse, f"udskriv?dato={TUESDAY}")
    assert "Anna Jensen" in paper and "28 28 28 28" in paper and "Mit afslag" in paper
    text = sees(julie, f"moede/{number}")
    assert "Hvem der har set mødet (3)" in text
    assert text.count(": Lasse") == 2


def test_a_reader_reads_and_cannot_act_or_change_settings(lasse):
    number = booked()
    text = sees(lasse, f"moede/{number}")
    assert "Kun en borgerrådgiver kan ændre det" in text and "Flyt mødet" not in text
    assert lasse.sends(f"/personale/kalender/moede/{number}/aflys", reason="x", version="1").status_code == 403
    assert stored(number).status == "aftalt"
    for path in ("ny", "indstillinger", "indstillinger/telefon", "fravaer", "andre-kalendere"):
        assert lasse.sees(f"/personale/kalender/{path}").status_code == 403, path
    assert "Book et møde" not in sees(lasse, "")


def test_the_way_through_the_days_and_a_day_that_cannot_be_read(julie):
    text = sees(julie, f"?vis=dag&dato={TUESDAY}")
    assert f"dato={TODAY}" in text and f"dato={THURSDAY - timedelta(days=1)}" in text
    for wrong in ("i%20morgen", "0001-01-01", "9999-12-31", "2026-02-30"):
        for view in ("dag", "uge", "liste"):
            page = julie.sees(f"/personale/kalender/?vis={view}&dato={wrong}&fra={wrong}")
            assert page.status_code == 422
            assert "Datoen kan ikke læses" in page.text or "Vælg et år" in page.text
    assert julie.sees("/personale/kalender/moede/4711").status_code == 404
    assert julie.sees("/personale/kalender/moede/99999999999999999999").status_code == 404
    assert julie.sees("/personale/kalender/?vis=maaned").status_code == 404


def test_days_say_why_they_are_closed_and_when_she_is_busy_elsewhere(julie):
    with session() as db, db.begin():
        calendar = busy.add(db, "Outlook", "https://example.com/k.ics")
        for first, last in ((9, 11), (10, 12)):
            start, end = at(TUESDAY, first), at(TUESDAY, last)
            db.add(BusyTime(calendar_id=calendar.id, start_at=start, end_at=end))
        availability.add_absence(db, THURSDAY, THURSDAY, "Kursus.", TODAY)
        availability.add_exception(db, TODAY, TODAY, start=time(10), end=time(12), note="Personalemøde")
    text = sees(julie, "?vis=uge")
    assert "Optaget andetsteds: 09.00–12.00" in text, "overlapping times are one"
    assert "Du er væk til og med" in text and "Personalemøde" in text
    assert "Juleaftensdag: lukket" in sees(julie, "?vis=uge&dato=2026-12-24")
    offered = sees(julie, f"?vis=dag&dato={TUESDAY}").split("Ledige tider")[1]
    assert "10.30" not in offered and "14.30" in offered


def booking(julie, **given):
    """Fill in the form for a citizen and send it."""
    text = sees(julie, "ny")
    given = {
        "submission": re.search(r'name="submission" value="([^"]+)"', text)[1],
        "kind": "telefon",
        "name": "Bo Hansen",
        "channel": "telefon",
        "value": "31 31 31 31",
        **given,
    }
    return julie.sends("/personale/kalender/ny", **given), given


def only():
    with session() as db:
        return db.scalars(select(Appointment)).one()


def test_booking_for_a_citizen_takes_the_time_and_sending_it_twice_is_one_meeting(julie):
    _, given = booking(julie, start=at(TUESDAY, 10).isoformat(), subject="Byggesag", needs=["tolk"])
    assert "Mødet er booket." in julie.page.text
    assert "Borgeren får ikke besked af systemet" in julie.page.text
    assert "Booket</strong>" in julie.page.text and "Julie" in julie.page.text
    julie.sends("/personale/kalender/ny", **given)
    assert only().status == "aftalt" and only().needs == ["tolk"] and only().start_at == at(TUESDAY, 10)


def test_a_time_outside_the_hours_is_booked_only_once_it_is_said_to_be_meant(julie):
    given = {"start": "andet", "dag": str(TUESDAY), "klokken": "17:00"}
    page, _ = booking(julie, **given)
    assert (
        page.status_code == 422 and "Er det meningen?" in page.text and "uden for dem, borgere kan vælge" in page.text
    )
    assert 'value="Bo Hansen"' in page.text, "nothing typed is lost"
    with session() as db:
        assert not db.scalars(select(Appointment)).all()
    agreed = re.search(r'name="alligevel" value="([^"]+)"', page.text)[1]
    # Agreed to one time and changed to another: asked again.
    assert booking(julie, **{**given, "klokken": "18:00"}, alligevel=agreed)[0].status_code == 422
    booking(julie, **given, alligevel=agreed)
    assert only().start_at == at(TUESDAY, 17)


def test_what_is_wrong_with_a_booking_is_told_field_by_field_and_a_taken_time_cannot_be_had(julie):
    page, _ = booking(julie, name="", value="", channel="", reference="BR-2026-ZZZZZ")
    assert page.status_code == 422
    for words in ("Vælg et tidspunkt", "Skriv borgerens navn", "Sagen findes ikke", "Vælg, hvordan borgeren kan nås"):
        assert words in page.text
    page, _ = booking(julie, start=at(TUESDAY, 10).isoformat(), value="1")
    assert "Skriv et helt telefonnummer" in page.text and "Skriv dit" not in page.text
    booked()
    page, _ = booking(julie, start=at(TUESDAY, 10).isoformat(), alligevel=at(TUESDAY, 10).isoformat())
    assert page.status_code == 409 and "lige blevet taget" in page.text
    page, _ = booking(julie, start="andet", dag="2026-03-29", klokken="02:30")
    assert "findes ikke den dag" in page.text


def test_a_meeting_is_moved_and_its_old_time_can_be_had_again(julie):
    number = booked()
    does(julie, number, "flyt", start=at(TUESDAY, 13).isoformat())
    assert stored(number).start_at == at(TUESDAY, 13) and stored(number).sequence == 1
    assert "Borgeren får ikke besked af systemet" in julie.page.text and "28 28 28 28" in julie.page.text
    assert "Flyttet" in julie.page.text
    assert booked(name="En anden", value="41 41 41 41") != number
    assert does(julie, number, "flyt", start=at(TUESDAY, 10).isoformat()).status_code == 422
    assert "Er det meningen?" in julie.page.text and stored(number).start_at == at(TUESDAY, 13)


def test_the_citizen_is_mailed_when_she_gave_an_address_and_the_page_says_so(julie, monkeypatch):
    monkeypatch.setattr(current(), "smtp", Smtp("mail.invalid", 25, "", "", tls=False))
    number = booked("bibliotek", at(THURSDAY, 10), channel="e-mail", value="anna@example.com")
    assert "Borgeren får aflysningen og din begrundelse på mail" in sees(julie, f"moede/{number}")
    does(julie, number, "aflys", reason="Jeg er syg.")
    assert "Borgeren får ikke besked" not in julie.page.text
    with session() as db:
        assert "moede_aflyst" in db.scalars(select(OutgoingMail.kind)).all()


def test_cancelling_needs_a_reason_and_gives_the_time_free(julie):
    number = booked()
    assert does(julie, number, "aflys", reason=" ").status_code == 422
    assert stored(number).status == "aftalt"
    does(julie, number, "aflys", reason="Jeg er syg. Mit cpr er 010203-1234.")
    assert stored(number).status == "aflyst" and "010203" not in stored(number).reason
    assert "Jeg er syg." in julie.page.text
    with session() as db:
        assert availability.is_free(db, "telefon", at(TUESDAY, 10), clock.now())


def test_kept_no_show_and_taking_that_back_only_once_it_has_begun(julie):
    coming = booked()
    assert "Blev mødet holdt?" not in sees(julie, f"moede/{coming}")
    assert does(julie, coming, "holdt").status_code == 409
    past = booked(start=at(FRIDAY_BEFORE, 10), now=at(FRIDAY_BEFORE - timedelta(days=2), 9))
    assert "1 overstået møde mangler at blive krydset af" in sees(julie, "")
    assert f"moede/{past}" in sees(julie, "?vis=liste&status=uafkrydset") and f"moede/{coming}" not in julie.page.text
    assert "Blev mødet holdt?" in sees(julie, f"moede/{past}")
    does(julie, past, "udeblevet")
    assert stored(past).status == "udeblevet"
    does(julie, past, "fortryd")
    assert stored(past).status == "aftalt"
    does(julie, past, "holdt")
    assert stored(past).status == "gennemfoert"
    assert "Afkrydsning fjernet" in julie.page.text
    assert "mangler at blive krydset af" not in sees(julie, "")


def test_of_two_who_act_at_once_one_wins_and_the_other_is_told(app, julie):
    account("Karen")
    karen, number = signed_in(app, "Karen"), asked_for()
    old = re.search(r'name="version" value="(\d+)"', sees(karen, f"moede/{number}"))[1]
    does(julie, number, "ret", name="Anna B. Jensen", channel="telefon", value="28 28 28 28", wished_place="Bredebo 3")
    assert stored(number).name == "Anna B. Jensen"
    answer = does(karen, number, "nej", reason="Ingen tid", version=old)
    assert answer.status_code == 409 and "ændret, siden du åbnede det" in answer.text
    assert "Ingen tid" in answer.text and "Julie" in answer.text, "what was typed and who did it are there"
    assert stored(number).status == "anmodet"


def test_a_request_whose_time_has_gone_can_be_declined_but_not_accepted(julie):
    number = booked("bisidder", at(FRIDAY_BEFORE, 13), now=at(FRIDAY_BEFORE - timedelta(days=3), 9), place="Rådhuset")
    text = sees(julie, f"moede/{number}")
    assert "Tiden er gået" in text and "Sig ja til mødet" not in text
    assert does(julie, number, "ja").status_code == 409
    does(julie, number, "nej", reason="Jeg nåede det ikke. Undskyld.")
    assert stored(number).status == "afvist"


def test_a_citizens_meetings_are_found_by_her_number_and_no_address_of_a_page_holds_it(julie):
    number = booked()
    sees(julie, "")
    page = julie.sends("/personale/kalender/find", contact="+45 28282828")
    assert page.status_code == 200 and f"moede/{number}" in page.text
    assert "ingen møder med det nummer" in julie.sends("/personale/kalender/find", contact="99 99 99 99").text
    assert julie.sends("/personale/kalender/find", contact=" ").status_code == 422


def test_a_long_list_is_paged_and_filtered(julie):
    with session() as db, db.begin():
        about = availability.kind_of(db, "telefon")
        for n in range(meeting_calendar.PAGE_SIZE + 3):
            start = at(TUESDAY + timedelta(days=n), 10)
            db.add(meetings_time.new("telefon", start, about, clock.now(), status="aftalt", name=f"Nr {n}", value="1"))
    text = sees(julie, "?vis=liste")
    assert "53 møder, side 1 af 2" in text and "Næste side" in text
    assert sees(julie, "?vis=liste&side=2").count('<tr role="row">') == 4, "three and the head"
    assert "ikke flere møder" in sees(julie, "?vis=liste&side=9")
    assert "1 møde" in sees(julie, f"?vis=liste&til={TUESDAY}")
    assert "ingen møder, der passer" in sees(julie, "?vis=liste&status=aflyst")
    page = julie.sees(f"/personale/kalender/?vis=liste&fra={THURSDAY}&til={TUESDAY}")
    assert page.status_code == 422 and "slutter, før den begynder" in page.text


@pytest.fixture
def case(julie):
    intake = Intake(
        story="Jeg venter på svar.",
        contact_name="Anna Jensen",
        contact_channel="telefon",
        contact_value="28 28 28 28",
    )
    with session() as db, db.begin():
        filed = file_case(db, intake, submission="s1", now=clock.now(), today=clock.today(), code_key=b"0" * 32)
    return filed.reference


def test_a_meeting_is_booked_from_the_case_and_stands_on_it_and_in_its_log(julie, case):
    text = julie.sees(f"/personale/sager/{case}").text
    assert "Der er ikke aftalt møder." in text
    link = re.search(r'href="(/personale/kalender/ny\?sag=[^"]+)"', text)[1]
    text = julie.sees(link).text
    assert 'value="Anna Jensen"' in text and 'value="28 28 28 28"' in text and f'value="{case}"' in text
    booking(julie, name="Anna Jensen", start=at(TUESDAY, 11).isoformat(), reference=case.lower())
    assert f"/personale/sager/{case}" in julie.page.text
    with session() as db, db.begin():
        cases.take(db, case, Actor("Julie", "adviser"), clock.now())
    text = julie.sees(f"/personale/sager/{case}").text
    assert f"moede/{only().id}" in text and "Telefonsamtale" in text
    assert "Det bliver stående, når sagen afsluttes" in text
    with session() as db:
        told = full_json(db, cases.find(db, case), TODAY)["appointments"]
    assert told == [
        {
            "start": "2026-11-24T11:00:00+01:00",
            "end": "2026-11-24T11:30:00+01:00",
            "kind": "telefon",
            "status": "aftalt",
        }
    ]


def test_an_unknown_case_in_the_address_is_told_and_books_nothing(julie):
    page = julie.sees("/personale/kalender/ny?sag=BR-2026-ZZZZZ&slags=ukendt&start=vrøvl")
    assert page.status_code == 422 and "Sagen findes ikke" in page.text


def settings_of(julie, kind="telefon", **given):
    sees(julie, f"indstillinger/{kind}")
    now = {f"hours{n}": "10-15" for n in range(5)}
    now |= {"open": "ja", "minutes": "30", "step_minutes": "30", "lead_hours": "4", "ahead_days": "42"}
    now |= {"buffer_before": "0", "buffer_after": "0", "daily_most": "6", "place": "I telefonen"}
    return julie.sends(f"/personale/kalender/indstillinger/{kind}", **{**now, **given})


def test_new_hours_are_what_citizens_are_offered(julie):
    assert "Mandag 10.00-15.00" in sees(julie, "indstillinger")
    settings_of(julie, hours1="9-10, 13.00-14.00", minutes="60", step_minutes="60")
    assert "Tirsdag 09.00-10.00, 13.00-14.00" in sees(julie, "indstillinger")
    with session() as db:
        free = availability.slots(db, "telefon", TUESDAY, TUESDAY, clock.now())
    assert [s.start for s in free] == [at(TUESDAY, 9), at(TUESDAY, 13)]


def test_settings_that_cannot_be_used_are_told_field_by_field_and_nothing_is_kept(julie):
    page = settings_of(julie, hours1="ti til tolv", minutes="7", daily_most="mange")
    assert page.status_code == 422
    assert "Tirsdag: Klokkeslættet kan ikke læses" in page.text and "Skriv et helt tal" in page.text
    page = settings_of(julie, hours1="12-10, 13-14", minutes="7")
    assert 'href="#hours1"' in page.text and 'href="#minutes"' in page.text
    with session() as db:
        assert availability.kind_of(db, "telefon").minutes == 30
        assert len(availability.hours_of(db, "telefon")) == 5
    assert julie.sees("/personale/kalender/indstillinger/ukendt").status_code == 404


def test_an_absence_closes_its_days_tells_of_what_is_booked_and_can_be_taken_away(julie):
    booked()
    sees(julie, "fravaer")
    page = julie.sends("/personale/kalender/fravaer", first_day=str(THURSDAY), last_day=str(TUESDAY), text="")
    assert page.status_code == 422 and "efter den første" in page.text and "Skriv, hvad borgerne skal vide" in page.text
    assert julie.sends("/personale/kalender/fravaer", first_day="", last_day="", text="x").status_code == 422
    julie.sends("/personale/kalender/fravaer", first_day=str(TUESDAY), last_day=str(THURSDAY), text="Ferie.")
    assert "Der ligger 1 møde i den tid" in julie.page.text and "Ferie." in julie.page.text
    with session() as db:
        assert not availability.slots(db, "telefon", TUESDAY, THURSDAY, clock.now())
        number = availability.absences(db, TODAY)[0].id
    julie.sends(f"/personale/kalender/fravaer/{number}/fjern")
    assert "ikke skrevet noget fravær" in julie.page.text
    julie.sends(f"/personale/kalender/fravaer/{number}/fjern")
    assert "findes ikke længere" in julie.page.text


def test_a_day_that_differs_closes_or_opens_what_it_says(julie):
    saturday = TODAY + timedelta(days=5)
    sees(julie, "fravaer")
    assert julie.sends("/personale/kalender/dage", day=str(saturday), open="ja").status_code == 422
    julie.sends(
        "/personale/kalender/dage",
        day=str(saturday),
        open="ja",
        start="10:00",
        end="11:00",
        kind="telefon",
        note="Prøve",
    )
    julie.sends("/personale/kalender/dage", day=str(TUESDAY), open="nej", note="")
    assert "ekstra åbent 10.00–11.00, Telefonsamtale" in julie.page.text and "lukket hele dagen" in julie.page.text
    with session() as db:
        free = availability.slots(db, "telefon", TODAY, saturday, clock.now())
    assert {s.start.date() for s in free} & {TUESDAY, saturday} == {saturday}


def test_another_calendar_is_tested_at_once_and_its_problem_is_shown(julie):
    sees(julie, "andre-kalendere")
    page = julie.sends("/personale/kalender/andre-kalendere", name="", address="ftp://x")
    assert page.status_code == 422 and "Skriv, hvad kalenderen hedder" in page.text
    julie.sends("/personale/kalender/andre-kalendere", name="Outlook", address="https://127.0.0.1/hemmelig.ics")
    text = julie.page.text
    assert "Kalenderen kunne ikke hentes" in text and "Aldrig hentet. " in text
    assert "hemmelig.ics" not in text, "the address is a secret"
    with session() as db:
        number = busy.calendars(db)[0].id
    julie.sends(f"/personale/kalender/andre-kalendere/{number}/hent")
    assert "Kalenderen kunne ikke hentes" in julie.page.text
    julie.sends(f"/personale/kalender/andre-kalendere/{number}/fjern")
    assert "Der læses ikke andre kalendere" in sees(julie, "andre-kalendere")


def test_ones_own_address_is_shown_once_reads_the_meetings_and_can_be_closed(julie):
    booked()
    sees(julie, "andre-kalendere")
    page = julie.sends("/personale/kalender/abonnement")
    address = re.search(r'value="(http[^"]+\.ics)"', page.text)[1]
    path = "/kalender/" + address.split("/kalender/")[1]
    feed = julie.client.get(path)
    assert feed.status_code == 200 and "Anna" not in feed.text and "BEGIN:VEVENT" in feed.text
    assert address not in sees(julie, "andre-kalendere")
    julie.sends("/personale/kalender/abonnement/luk")
    assert julie.client.get(path).status_code == 404
    assert "Du har ingen adresse" in julie.page.text


def test_nothing_of_the_calendar_is_kept_by_a_cache(julie):
    number = booked()
    for path in ("", f"moede/{number}", f"udskriv?dato={TUESDAY}", "ny", "andre-kalendere"):
        sees(julie, path)
        assert julie.page.headers["Cache-Control"] == "no-store", path


def test_a_form_without_its_token_changes_nothing(julie):
    number = booked()
    answer = julie.client.post(f"/personale/kalender/moede/{number}/aflys", data={"reason": "x", "version": "1"})
    assert answer.status_code == 400 and stored(number).status == "aftalt"
