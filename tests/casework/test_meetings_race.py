"""Many at once: one time is one booking, whatever the database, and whoever loses is told so in words."""

import itertools
import multiprocessing
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from casework import availability, meetings
from casework import db as database
from casework.clock import COPENHAGEN
from casework.errors import SlotTaken
from casework.meetings import Wish
from casework.models_meetings import Appointment, AppointmentSlice

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=timezone.utc)
START = datetime(2026, 11, 26, 10, 0, tzinfo=COPENHAGEN)
TOLD = "Den tid er lige blevet taget. Vælg en anden."


@pytest.fixture
def calendar(db):
    """The calendar as a new database has it, on an empty database that nobody has open."""
    write(availability.seed)


def write(do):
    """Do something in a session of its own and return what came of it."""
    with database.session() as session, session.begin():
        return do(session)


def wish(start=START, kind="telefon", **values):
    return Wish(
        **{"kind": kind, "start": start, "name": "Anna Holm", "channel": "telefon", "value": "22334455", **values}
    )


def race(tries):
    """Let each of these do its thing in a session of its own, all at the same moment; return what came of each."""
    ready, results = threading.Barrier(len(tries)), [None] * len(tries)

    def run(number, do):
        ready.wait()
        try:
            with database.session() as session, session.begin():
                results[number] = do(session)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def outcomes(results):
    """Count what came: ids as "booked", errors by their words."""
    return Counter("booked" if isinstance(r, int) else str(r) for r in results)


def stored():
    with database.reading() as session:
        return session.scalars(sa.select(Appointment).order_by(Appointment.start_at)).all()


def test_fifty_citizens_at_the_same_time_are_one_booking(calendar):
    def book(session):
        return meetings.book(session, wish(), NOW).id

    assert outcomes(race([book] * 50)) == {"booked": 1, TOLD: 49}
    assert len(stored()) == 1


def test_fifty_citizens_holding_the_same_time_are_one_hold(calendar):
    def hold(session):
        return meetings.hold(session, "telefon", START, NOW).id

    assert outcomes(race([hold] * 50)) == {"booked": 1, TOLD: 49}
    assert len(stored()) == 1


def _process(ready, said):
    """Try five times in a process with a connection of its own, once all the others are there."""
    database.engine.cache_clear()  # the parent's connections are the parent's
    ready.wait()
    for _ in range(5):
        try:
            write(lambda session: meetings.book(session, wish(), NOW).id)
            said.put("booked")
        except Exception as error:
            said.put(str(error))


def test_ten_processes_trying_five_times_each_are_one_booking(calendar):
    database.engine().dispose()
    fork = multiprocessing.get_context("fork")
    ready, said = fork.Barrier(10), fork.Queue()
    running = [fork.Process(target=_process, args=(ready, said)) for _ in range(10)]
    for process in running:
        process.start()
    results = Counter(said.get(timeout=120) for _ in range(50))
    for process in running:
        process.join(timeout=60)
        assert process.exitcode == 0
    assert results == {"booked": 1, TOLD: 49}
    assert len(stored()) == 1


def test_neighbours_whose_buffers_overlap_are_never_both_booked(calendar):
    write(lambda session: availability.save_kind(session, "bibliotek", daily_most=20, step_minutes=5))
    starts = [START + timedelta(minutes=5 * n) for n in range(48)]
    results = race([lambda session, at=at: meetings.book(session, wish(at, "bibliotek"), NOW).id for at in starts])
    assert set(outcomes(results)) == {"booked", TOLD}
    booked = stored()
    assert booked
    for before, after in itertools.pairwise(booked):
        assert after.start_at - before.end_at >= timedelta(minutes=60)  # half an hour after one and before the other


def test_the_daily_maximum_holds_when_all_its_times_are_asked_for_at_once(calendar):
    write(lambda session: availability.save_kind(session, "telefon", daily_most=3))
    starts = [START + timedelta(minutes=30 * n) for n in range(10)] * 3
    results = race([lambda session, at=at: meetings.book(session, wish(at), NOW).id for at in starts])
    assert outcomes(results)["booked"] == 3
    assert all(isinstance(r, (int, SlotTaken)) for r in results)
    assert sorted(a.place_on_day for a in stored()) == [f"telefon:2026-11-26:{n}" for n in (1, 2, 3)]


def test_the_same_form_sent_twenty_times_at_once_is_one_meeting_for_all_of_them(calendar):
    results = race([lambda session: meetings.book(session, wish(), NOW, submission="form").id] * 20)
    assert set(results) == {stored()[0].id} and len(stored()) == 1


def test_a_hold_completed_while_others_book_is_its_holders(calendar):
    held = write(lambda session: meetings.hold(session, "telefon", START, NOW))
    mine = [lambda session: meetings.book(session, wish(name="Min"), NOW, held=held.code, submission="min").id] * 5
    others = [lambda session: meetings.book(session, wish(), NOW).id] * 20
    results = race([*mine, *others])
    assert set(results[:5]) == {held.id}
    assert all(isinstance(r, SlotTaken) for r in results[5:])
    assert [a.name for a in stored()] == ["Min"]


def test_a_hold_that_has_run_out_goes_to_one_of_those_who_want_it(calendar):
    held = write(lambda session: meetings.hold(session, "telefon", START, NOW))
    later = NOW + timedelta(minutes=11)
    mine = [lambda session: meetings.book(session, wish(name="Min"), later, held=held.code).id]
    results = race([*mine, *[lambda session: meetings.book(session, wish(), later).id] * 20])
    assert outcomes(results) == {"booked": 1, TOLD: 20}
    assert len(stored()) == 1 and stored()[0].status == "aftalt"


def test_moving_many_to_one_time_moves_one_and_the_others_keep_theirs(calendar):
    write(lambda session: availability.save_kind(session, "telefon", daily_most=50))
    starts = [START + timedelta(days=1, minutes=30 * n) for n in range(10)]
    ids = [write(lambda session, at=at: meetings.book(session, wish(at), NOW).id) for at in starts]

    def move(session, number):
        return meetings.move(session, meetings.find_id(session, number), START, NOW).id

    results = race([lambda session, n=n: move(session, n) for n in ids])
    assert outcomes(results) == {"booked": 1, TOLD: 9}
    kept = stored()
    assert kept[0].start_at == START and len(kept) == 10
    with database.reading() as session:
        pieces = session.execute(
            sa.select(AppointmentSlice.appointment_id, sa.func.count()).group_by(AppointmentSlice.appointment_id)
        ).all()
    assert len(pieces) == 10 and {count for _, count in pieces} == {6}


def test_the_database_itself_refuses_the_same_five_minutes_and_the_same_place_twice(calendar):
    first = write(lambda session: meetings.book(session, wish(), NOW))
    second = write(lambda session: meetings.book(session, wish(START + timedelta(hours=1)), NOW))
    same_time = sa.insert(AppointmentSlice).values(at=first.start_at, appointment_id=second.id)
    same_place = sa.update(Appointment).where(Appointment.id == second.id).values(place_on_day=first.place_on_day)
    for statement in (same_time, same_place):
        with pytest.raises(sa.exc.IntegrityError):
            write(lambda session, statement=statement: session.execute(statement))
