"""Mail about a meeting: what happened is told once, the reminder follows the meeting, and nothing personal is in it."""

import threading
from datetime import datetime, timedelta, timezone

import pytest
import vobject
from sqlalchemy import select, text, update

from casework import clock, mail, meeting_mail, meetings, outbox
from casework.availability import seed
from casework.cases import Actor
from casework.clock import COPENHAGEN
from casework.db import reading, session
from casework.meetings import Wish
from casework.models import Appointment, OutgoingMail
from casework.settings import current

ADDRESS = "anna.jensen@firma.invalid"
PLACE = "Hjemme hos mig på Buddingevej"
SUBJECT = "Fleksjob og en klage over sygedagpenge"
TUESDAY = datetime(2026, 12, 1, 10, tzinfo=COPENHAGEN)
THURSDAY = datetime(2026, 12, 3, 13, 30, tzinfo=COPENHAGEN)
STAFF = Actor("Julie", "adviser")


@pytest.fixture
def server(db, mail_server, monkeypatch):
    """A mail server that the settings name, and an empty database with the kinds of meetings."""
    monkeypatch.setattr(current(), "public_url", "https://vejviser.invalid")
    with session() as own, own.begin():
        seed(own)
    return mail_server


def book(kind="telefon", start=TUESDAY, **changes):
    """Book as a citizen does, and return the meeting's id."""
    given = {"name": "Anna Jensen", "channel": "e-mail", "value": ADDRESS, "subject": SUBJECT, "needs": ["tolk"]}
    given |= {"value": f"{ADDRESS}, 28 28 28 28", "channel": "telefon"} if kind == "telefon" else {"place": PLACE}
    with session() as own, own.begin():
        return meetings.book(own, Wish(kind, start, **{**given, **changes}), clock.now()).id


def do(verb, number, *arguments, **more):
    with session() as own, own.begin():
        appointment = own.get(Appointment, number)
        verb(own, appointment, *arguments, **more)


def move(number, start=THURSDAY):
    do(meetings.move, number, start, clock.now())


def cancel(number):
    do(meetings.cancel, number, clock.now())


def queued():
    with reading() as own:
        return list(own.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def kinds(state="venter"):
    return [row.kind.removeprefix("moede_") for row in queued() if row.state == state]


def reminder():
    (found,) = [row for row in queued() if row.kind == "moede_paamindelse"]
    return found


def everything_is_due():
    with session() as own, own.begin():
        own.execute(update(OutgoingMail).values(due_at=clock.now() - timedelta(seconds=1)))


def send():
    return mail.send_due(current())


def body(sent):
    return sent.get_body().get_content().replace("\r\n", "\n")


def event_in(sent):
    """Return the event in a mail's calendar file, as another library than ours reads it."""
    (part,) = sent.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part.get_param("method") == "PUBLISH"
    assert part.get_filename().endswith(".ics")
    content = part.get_payload(decode=True).decode()
    return vobject.readOne(content).vevent


def test_a_booking_is_told_at_once_with_kind_time_place_link_and_a_file(server):
    number = book()
    assert send() == 1
    (sent,) = server.taken
    with reading() as own:
        code = own.get(Appointment, number).code
    assert sent["To"] == ADDRESS
    assert sent["Subject"] == "Din aftale tirsdag den 1. december 2026 kl. 10.00"
    for told in (
        "Hvad: Telefonsamtale\n",
        "Hvornår: tirsdag den 1. december 2026 kl. 10.00-10.30\n",
        "Hvor: I telefonen\n",
        f"https://vejviser.invalid/moede/{code}\n",
    ):
        assert told in body(sent)
    assert event_in(sent).dtstart.value == TUESDAY


def test_no_mail_of_any_kind_tells_anything_of_the_citizen_or_what_staff_wrote_to_her(server):
    for kind, start in (("telefon", TUESDAY), ("andet_sted", THURSDAY), ("bisidder", THURSDAY + timedelta(days=4))):
        number = book(kind, start)
        send()
        if kind == "bisidder":
            do(meetings.decline, number, clock.now(), STAFF, "Jeg skal i retten med en anden.", [TUESDAY])
        else:
            move(number, start + timedelta(days=7))
            send()
            if kind == "andet_sted":
                do(meetings.accept, number, clock.now(), STAFF)
                send()
                do(meetings.cancel, number, clock.now(), actor=STAFF, reason="Jeg er blevet syg.")
        everything_is_due()
        send()
    assert len({sent["Subject"] for sent in server.taken}) == len(server.taken) == 9
    for sent in server.taken:
        parts = [part.get_payload(decode=True).decode() for part in sent.walk() if not part.is_multipart()]
        whole = " ".join([str(sent["Subject"]), *parts]).replace("\r\n ", "")
        for secret in (
            "Anna",
            "Jensen",
            "28 28",
            "Fleksjob",
            "klage over",
            "olk",
            "Buddingevej",
            "retten",
            "syg",
            "BR-",
        ):
            assert secret not in whole, sent["Subject"]


@pytest.mark.parametrize("changes", [{"value": "28 28 28 28"}, {"value": "28 28 28 28", "channel": "telefon"}])
def test_who_gave_only_a_phone_number_gets_no_mail(server, changes):
    book(**changes)
    assert queued() == []


def test_without_a_mail_server_nothing_is_queued(server, monkeypatch):
    monkeypatch.setattr(current(), "smtp", None)
    book()
    assert queued() == []


def test_a_booking_that_is_not_stored_leaves_no_mail_behind(server):
    with pytest.raises(RuntimeError), session() as own, own.begin():
        meetings.book(own, Wish("telefon", TUESDAY, "Anna", "e-mail", f"{ADDRESS} 28282828"), clock.now())
        raise RuntimeError("power cut before the commit")
    assert queued() == []


def test_the_address_is_nowhere_in_the_outbox(server):
    book()
    with reading() as own:
        assert own.execute(text("SELECT recipient FROM outgoing_mail")).scalars().all() == [None, None]


def test_a_server_that_is_away_loses_nothing_and_gets_each_mail_once_when_it_is_back(server, monkeypatch):
    number = book()
    working = current().smtp
    monkeypatch.setattr(current(), "smtp", working._replace(port=1))
    assert send() == 0
    monkeypatch.setattr(current(), "smtp", working)
    server.trouble = "greylist"
    everything_is_due()
    send()
    assert kinds() == ["booket", "paamindelse"]
    server.trouble = None
    for _ in range(3):
        everything_is_due()
        send()
    assert [sent["Subject"].split(" ")[0] for sent in server.taken] == ["Din", "Husk"]
    move(number)
    for _ in range(2):
        everything_is_due()
        send()
    assert [sent["Subject"].split(" ")[0] for sent in server.taken] == ["Din", "Husk", "Ny", "Husk"]


def test_a_server_that_may_have_taken_it_never_gets_it_again(server):
    book()
    server.trouble = "cut"
    send()
    server.trouble = None
    for _ in range(2):
        send()
    assert kinds("uvist") == ["booket"]
    assert len(server.offered) == 1


def test_many_senders_at_once_send_each_mail_once(server):
    for minutes in range(0, 150, 30):
        book(start=TUESDAY + timedelta(minutes=minutes))
    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.taken) == len({sent["Message-ID"] for sent in server.taken}) == 5


def test_a_move_is_told_and_its_file_changes_the_entry_that_is_in_the_calendar(server):
    number = book()
    send()
    move(number)
    send()
    first, second = map(event_in, server.taken)
    assert server.taken[1]["Subject"] == "Ny tid: torsdag den 3. december 2026 kl. 13.30"
    assert first.uid.value == second.uid.value
    assert int(second.sequence.value) > int(first.sequence.value)
    assert second.dtstart.value == THURSDAY


def test_what_is_overtaken_before_it_could_be_sent_is_not_told(server):
    number = book()
    server.trouble = "greylist"
    send()
    move(number)
    cancel(number)
    server.trouble = None
    everything_is_due()
    send()
    (sent,) = server.taken
    assert sent["Subject"] == "Aflyst: aftalen torsdag den 3. december 2026 kl. 13.30"
    assert event_in(sent).status.value == "CANCELLED"


def test_a_mail_somebody_is_about_to_hand_over_is_stopped_by_a_cancellation(server):
    number = book()
    with session() as own, own.begin():
        claimed = outbox.claim(own, clock.now())
    cancel(number)
    with session() as own, own.begin():
        assert not outbox.handing_over(own, claimed, clock.now())
    send()
    assert [sent["Subject"].split(":")[0] for sent in server.taken] == ["Aflyst"]


@pytest.mark.parametrize(
    ("start", "reminded"),
    [
        (datetime(2026, 12, 1, 10, tzinfo=COPENHAGEN), datetime(2026, 11, 30, 9, tzinfo=timezone.utc)),
        (datetime(2026, 3, 29, 12, tzinfo=COPENHAGEN), datetime(2026, 3, 28, 9, tzinfo=timezone.utc)),
        (datetime(2026, 3, 30, 12, tzinfo=COPENHAGEN), datetime(2026, 3, 29, 8, tzinfo=timezone.utc)),
        (datetime(2026, 10, 26, 12, tzinfo=COPENHAGEN), datetime(2026, 10, 25, 9, tzinfo=timezone.utc)),
        (datetime(2026, 12, 1, 23, 30, tzinfo=timezone.utc), datetime(2026, 12, 1, 9, tzinfo=timezone.utc)),
    ],
)
def test_the_reminder_comes_at_ten_the_day_before_by_the_clock_on_the_wall(start, reminded):
    assert meeting_mail.reminder_at(start) == reminded


def test_the_reminder_waits_for_its_day_and_is_then_sent_once(server):
    book()
    assert send() == 1
    with session() as own, own.begin():
        assert outbox.claim(own, reminder().due_at - timedelta(seconds=1)) is None
    with session() as own:
        assert outbox.claim(own, reminder().due_at).subject == "Husk din aftale tirsdag den 1. december 2026 kl. 10.00"
    everything_is_due()
    assert send() == 1
    assert "flyt eller aflys aftalen: https://vejviser.invalid/moede/" in body(server.taken[-1])
    assert list(server.taken[-1].iter_attachments()) == []
    everything_is_due()
    assert send() == 0


def test_the_reminder_follows_the_meeting_when_it_moves_and_goes_when_it_is_cancelled(server):
    number = book()
    assert reminder().due_at == datetime(2026, 11, 30, 9, tzinfo=timezone.utc)
    move(number)
    assert reminder().due_at == datetime(2026, 12, 2, 9, tzinfo=timezone.utc)
    cancel(number)
    assert kinds() == ["aflyst"]


def test_a_meeting_moved_after_its_reminder_gets_a_new_one(server):
    number = book()
    everything_is_due()
    assert send() == 2
    move(number)
    assert reminders_sent_and_waiting() == (1, 1)


def reminders_sent_and_waiting():
    return kinds("sendt").count("paamindelse"), kinds().count("paamindelse")


def test_a_reminder_that_could_not_be_sent_in_time_is_not_sent_after_the_meeting(server):
    book()
    send()
    with session() as own, own.begin():
        assert outbox.claim(own, TUESDAY + timedelta(minutes=1)) is None
    assert kinds() == []


def test_who_books_for_tomorrow_after_ten_is_not_reminded(server):
    number = book(start=datetime(2026, 11, 24, 14, 30, tzinfo=COPENHAGEN))
    with session() as own, own.begin():
        appointment = own.get(Appointment, number)
        assert not meeting_mail.remind(own, appointment, datetime(2026, 11, 23, 11, tzinfo=timezone.utc))
        assert meeting_mail.remind(own, appointment, datetime(2026, 11, 22, 11, tzinfo=timezone.utc))


def test_a_request_is_told_as_one_and_is_reminded_of_only_when_the_adviser_has_said_yes(server):
    number = book("andet_sted")
    assert kinds() == ["anmodet"]
    send()
    assert "ikke aftalt endnu" in body(server.taken[0])
    assert list(server.taken[0].iter_attachments()) == []
    do(meetings.accept, number, clock.now(), STAFF, "Café Lyngby")
    assert kinds() == ["aftalt", "paamindelse"]
    send()
    assert "Hvor: Café Lyngby\n" in body(server.taken[1])
    assert event_in(server.taken[1]).status.value == "CONFIRMED"


def test_an_agreed_meeting_whose_new_time_the_adviser_must_agree_to_is_told_so_and_not_reminded_of(server):
    number = book("andet_sted")
    do(meetings.accept, number, clock.now(), STAFF)
    send()
    move(number, TUESDAY + timedelta(days=7))
    assert kinds() == ["nyt_oenske"]
    send()
    assert event_in(server.taken[-1]).status.value == "TENTATIVE"
    do(meetings.decline, number, clock.now(), STAFF, "Nej.")
    send()
    assert event_in(server.taken[-1]).status.value == "CANCELLED"


def test_a_no_tells_the_other_times_and_where_to_read_why(server):
    number = book("bisidder")
    send()
    do(meetings.decline, number, clock.now(), STAFF, "Jeg holder ferie.", [THURSDAY, TUESDAY + timedelta(days=7)])
    send()
    told = body(server.taken[-1])
    assert "- torsdag den 3. december 2026 kl. 13.30\n- tirsdag den 8. december 2026 kl. 10.00\n" in told
    assert "Læs hvorfor: https://vejviser.invalid/moede/" in told
    assert "ferie" not in told
    assert list(server.taken[-1].iter_attachments()) == []


def test_a_corrected_address_is_the_one_that_is_reminded(server):
    number = book()
    send()
    do(meetings.correct, number, clock.now(), STAFF, value="28 28 28 28, ny@firma.invalid")
    everything_is_due()
    send()
    assert [sent["To"] for sent in server.taken] == [ADDRESS, "ny@firma.invalid"]


def test_who_takes_her_address_back_hears_no_more(server):
    number = book()
    do(meetings.correct, number, clock.now(), STAFF, value="28 28 28 28")
    everything_is_due()
    assert send() == 0
    assert kinds() == []


def test_without_a_public_address_the_mails_say_what_to_do_without_a_link(server, monkeypatch):
    monkeypatch.setattr(current(), "public_url", "")
    number = book()
    send()
    cancel(number)
    send()
    assert "aftalen: det link, du fik, da du bad om tiden" in body(server.taken[0])
    assert "http" not in body(server.taken[0]) + body(server.taken[1])
