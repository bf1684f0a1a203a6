"""The adviser's other calendars: fetched from a real server, never from an inner address, and read right."""

import os
import socket
import ssl
import subprocess
import time
from datetime import date, datetime, timedelta, timezone

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from casework import availability, busy, meetings
from casework.busy_times import Unreadable, busy_times, read_apart
from casework.cases import Actor
from casework.cli import main as cli
from casework.clock import COPENHAGEN
from casework.db import reading, session
from casework.errors import InvalidInput
from casework.meetings import Wish
from casework.models_meetings import BusyCalendar, BusyTime
from casework.outside import FetchFailed, fetch, is_outside
from casework.settings import ROOT, Settings, current
from tests.calendarserver import CalendarServer

FIRST = datetime(2026, 11, 23, tzinfo=COPENHAGEN)
LAST = FIRST + timedelta(days=400)
NOW = datetime(2026, 11, 23, 9, tzinfo=timezone.utc)
TUESDAY = date(2026, 12, 1)


def ics(*events, head="", inside="VEVENT"):
    """Return a calendar file; each event is its lines."""
    blocks = [f"BEGIN:{inside}\nUID:{n}@x\nDTSTAMP:20261101T000000Z\n{e}\nEND:{inside}" for n, e in enumerate(events)]
    lines = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *filter(None, [head]), *blocks, "END:VCALENDAR"])
    return lines.replace("\n", "\r\n") + "\r\n"


MEETING = "DTSTART:20261201T090000Z\nDTEND:20261201T100000Z\nSUMMARY:Tandlæge"


def times(text, **more):
    """Return the times a file gives, as the clock in Copenhagen shows them."""
    found = busy_times(text.encode(), FIRST, LAST, **more).times
    return [tuple(f"{moment.astimezone(COPENHAGEN):%d%m %H%M}" for moment in pair) for pair in found]


# Reading a file


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (MEETING, [("0112 1000", "0112 1100")]),
        ("DTSTART;TZID=Europe/Copenhagen:20261201T100000\nDURATION:PT45M", [("0112 1000", "0112 1045")]),
        ("DTSTART;TZID=America/New_York:20261201T100000\nDURATION:PT1H", [("0112 1600", "0112 1700")]),
        ("DTSTART;TZID=Romance Standard Time:20261201T100000\nDURATION:PT1H", [("0112 1000", "0112 1100")]),
        ("DTSTART;TZID=Opfundet:20261201T100000\nDURATION:PT1H", [("0112 1000", "0112 1100")]),
        ("DTSTART:20261201T100000\nDURATION:PT1H", [("0112 1000", "0112 1100")]),
        ("DTSTART;VALUE=DATE:20261201", [("0112 0000", "0212 0000")]),
        ("DTSTART;VALUE=DATE:20261221\nDTEND;VALUE=DATE:20261225", [("2112 0000", "2512 0000")]),
        ("DTSTART;VALUE=DATE:20261201\nTRANSP:TRANSPARENT", []),
        (MEETING + "\nTRANSP:TRANSPARENT", []),
        (MEETING + "\nTRANSP:OPAQUE", [("0112 1000", "0112 1100")]),
        (MEETING + "\nSTATUS:CANCELLED", []),
        (MEETING + "\nSTATUS:TENTATIVE", [("0112 1000", "0112 1100")]),
        (MEETING + "\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
        (MEETING + "\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", [("0112 1000", "0112 1100")]),
        ("DTSTART:20261201T090000Z", []),  # a reminder without length takes no time
        ("DTSTART:20200101T090000Z\nDTEND:20200101T100000Z", []),
    ],
)
def test_an_event_takes_the_time_it_says_and_no_more(event, found):
    assert times(ics(event)) == found


def test_times_that_overlap_or_touch_are_one():
    later = "DTSTART:20261201T093000Z\nDTEND:20261201T103000Z"
    assert times(ics(MEETING, later, "DTSTART:20261201T103000Z\nDURATION:PT30M")) == [("0112 1000", "0112 1200")]


def test_a_weekly_meeting_keeps_its_hour_by_the_clock_when_summer_time_begins_and_ends():
    weekly = "DTSTART;TZID=Europe/Copenhagen:20260105T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"
    found = times(ics(weekly))
    assert len(found) == 58
    assert {pair[0][-4:] for pair in found} == {"1000"}


def test_a_series_leaves_out_what_was_taken_out_moved_or_cancelled_in_it():
    series = "DTSTART;TZID=Europe/Copenhagen:20261124T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4"
    file = ics(series + "\nEXDATE;TZID=Europe/Copenhagen:20261201T100000")
    moved = "RECURRENCE-ID;TZID=Europe/Copenhagen:20261208T100000\nDTSTART;TZID=Europe/Copenhagen:20261209T130000\n"
    off = "RECURRENCE-ID;TZID=Europe/Copenhagen:20261215T100000\nDTSTART;TZID=Europe/Copenhagen:20261215T100000\n"
    changed = ics(moved + "DURATION:PT1H", off + "DURATION:PT1H\nSTATUS:CANCELLED").replace("UID:1@x", "UID:0@x")
    whole = file.replace("END:VCALENDAR\r\n", changed[changed.index("BEGIN:VEVENT") :])
    assert times(whole) == [("2411 1000", "2411 1100"), ("0912 1300", "0912 1400")]


def test_a_calendar_that_names_its_zone_is_read_in_it():
    file = ics("DTSTART:20261201T100000\nDURATION:PT1H", head="X-WR-TIMEZONE:Europe/London")
    assert times(file) == [("0112 1100", "0112 1200")]
    assert times(file.replace("Europe/London", "Ingen/Steder")) == [("0112 1000", "0112 1100")]
    in_utc = ics(MEETING, head="X-WR-TIMEZONE:Europe/London")
    assert times(in_utc) == [("0112 1000", "0112 1100")]


def test_a_calendar_of_busy_times_only_is_read_too():
    periods = "FREEBUSY;FBTYPE=BUSY:20261201T090000Z/PT1H,20261202T090000Z/20261202T103000Z\n"
    file = ics(periods + "FREEBUSY;FBTYPE=FREE:20261203T090000Z/PT1H", inside="VFREEBUSY")
    assert times(file) == [("0112 1000", "0112 1100"), ("0212 1000", "0212 1130")]


def test_our_own_meetings_in_it_do_not_count():
    assert times(ics(MEETING, "DTSTART:20261202T090000Z\nDURATION:PT1H"), ours={"0@x"}) == [("0212 1000", "0212 1100")]


def test_one_event_that_cannot_be_read_is_told_and_the_rest_is_used():
    found = busy_times(ics("DTSTART:i morgen\nDTEND:20261201T100000Z", MEETING).encode(), FIRST, LAST)
    assert len(found.times) == 1
    assert "kunne ikke læses" in found.problem


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!doctype html><title>Log ind</title>",
        ics(MEETING)[:-20],
        ics("DTSTART:20261201T090000Z\nDURATION:PT1M\nRRULE:FREQ=SECONDLY"),
        ics("DTSTART:20261201T090000Z\nDURATION:PT1M\nRRULE:FREQ=MINUTELY;INTERVAL=5"),
        ics(
            f"DTSTART:20261201T090000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY;BYMINUTE={','.join(map(str, range(60)))}"
            f";BYHOUR={','.join(map(str, range(24)))}"
        ),
        "BEGIN:VCALENDAR\r\n\x00\x01: \r\nEND:VCALENDAR",
    ],
)
def test_what_is_no_calendar_is_refused_in_words_and_quickly(text):
    began = time.monotonic()
    with pytest.raises(Unreadable, match=r"\w+ \w+ .*[.?)]$"):
        busy_times(text.encode(), FIRST, LAST)
    assert time.monotonic() - began < 3


def test_a_file_made_to_take_for_ever_is_given_up():
    hours = "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9,10,11,12"
    events = [f"DTSTART:000101{day:02}T000000Z\nDURATION:PT30M\n{hours}" for day in range(1, 29)] * 20
    began = time.monotonic()
    with pytest.raises(Unreadable, match="for indviklet"):
        read_apart(ics(*events).encode(), FIRST, LAST, seconds=5)
    assert time.monotonic() - began < 10


def test_a_calendar_without_events_is_one():
    assert times(ics()) == []


# Fetching


@pytest.fixture
def server(monkeypatch):
    """A web server that whoever runs the system has allowed, and only that one."""
    running = CalendarServer()
    running.give(ics(MEETING), Content_Type="text/calendar")
    monkeypatch.setattr(current(), "calendar_hosts", (f"127.0.0.1:{running.port}",))
    yield running
    running.stop()


def get(url, **limits):
    return fetch(url, **{"most_bytes": 100_000, "seconds": 5, **limits})


INNER = ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"]
INNER += ["100.64.0.1", "224.0.0.1", "255.255.255.255", "[::]", "[fe80::1]", "[fd00::1]", "[fec0::1]", "[ff02::1]"]
INNER += ["2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::7f00:1]"]


@pytest.mark.parametrize("host", INNER)
def test_an_inner_address_is_refused_however_it_is_written(host):
    listening = CalendarServer()
    try:
        with pytest.raises(FetchFailed) as refused:
            get(f"http://{host}:{listening.port}/")
        assert host not in str(refused.value)
        assert listening.asked == []
    finally:
        listening.stop()


def test_public_addresses_are_outside():
    assert all(map(is_outside, ("1.1.1.1", "185.15.59.224", "2a00:1450:400f:80d::200e", "::ffff:1.1.1.1")))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "kalender.ics",
        "ftp://x.dk/a.ics",
        "file:///etc/passwd",
        "https://",
        "http://x:port/",
        "https://u:k@x.dk/a",
        "http://" + "a" * 70 + ".dk/",
        "https://x.dk:0/",
        "https://x.dk/" + "a" * 3000,
        "gopher://127.0.0.1:6379/_x",
    ],
)
def test_an_address_that_is_none_is_refused_in_words(address):
    with pytest.raises(FetchFailed, match=r"^Adressen"):
        get(address)


def test_what_the_server_gives_is_returned(server):
    assert get(server.url + "?nøgle=a b").decode() == ics(MEETING)
    assert server.asked == ["GET /kalender.ics?n%C3%B8gle=a%20b HTTP/1.1"]


def test_a_redirect_is_followed_and_one_to_an_inner_address_is_not(server):
    inner = CalendarServer()
    try:
        server.give("", "302 Found", Location=f"http://127.0.0.1:{inner.port}/hemmeligt")
        with pytest.raises(FetchFailed, match="lukket net"):
            get(server.url)
        assert inner.asked == []
    finally:
        inner.stop()
    server.give("", "302 Found", Location="file:///etc/passwd")
    with pytest.raises(FetchFailed, match="https"):
        get(server.url)
    server.give("", "301 Moved Permanently", Location="/igen")
    with pytest.raises(FetchFailed, match="for mange gange"):
        get(server.url)
    assert server.asked[-1] == "GET /igen HTTP/1.1"


def test_a_name_is_looked_up_once_and_the_connection_is_to_what_was_checked(server, monkeypatch):
    """A name server that answers differently the second time gains nothing."""
    answers = [[("127.0.0.1", server.port)]]
    monkeypatch.setattr(current(), "calendar_hosts", ("kalender.invalid",))
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", target) for target in answers.pop(0)],
    )
    assert get("http://kalender.invalid/").decode() == ics(MEETING)
    assert answers == []


def test_a_name_that_stands_for_an_outer_and_an_inner_address_is_refused(server, monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, server.port)) for ip in ("1.1.1.1", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(FetchFailed, match="lukket net"):
        get(f"http://kalender.invalid:{server.port}/")
    assert server.asked == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "401"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nBEGIN:VCALENDAR", "afbrudt"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx", "pakket"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 200_000, "for stor"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "ikke hentes"),
        (b"SSH-2.0-OpenSSH\r\n", "ikke hentes"),
        (b"", "ikke hentes"),
    ],
)
def test_an_answer_that_is_no_use_is_told_in_words(server, answer, words):
    server.answer = answer
    with pytest.raises(FetchFailed, match=words):
        get(server.url)


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_drips_is_hung_up_on_when_the_time_is_over(server, before):
    server.drip(before)
    began = time.monotonic()
    with pytest.raises(FetchFailed, match="ikke i tide"):
        get(server.url, seconds=1)
    assert time.monotonic() - began < 3


def test_a_server_whose_certificate_is_nobodys_is_not_believed(monkeypatch, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2040, 1, 1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = tmp_path / "server.pem"
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    running = CalendarServer(tls)
    monkeypatch.setattr(current(), "calendar_hosts", ("localhost",))
    with pytest.raises(FetchFailed, match="certifikat"):
        get(f"https://localhost:{running.port}/")
    assert running.asked == []
    running.stop()


def test_the_servers_on_the_inner_net_that_may_be_asked_are_a_setting():
    assert Settings.read({}).calendar_hosts == ()
    named = Settings.read({"VEJVISER_CALENDAR_HOSTS": "Mail.ltk.invalid, 10.0.0.5:8443"})
    assert named.calendar_hosts == ("mail.ltk.invalid", "10.0.0.5:8443")


# The calendars that are kept


@pytest.fixture
def known(db, server):
    """A calendar at the server, not fetched yet, and the kinds of meetings."""
    with session() as own, own.begin():
        availability.seed(own)
        return busy.add(own, "Outlook", server.url).id


def of(calendar_id):
    with reading() as own:
        calendar = own.get(BusyCalendar, calendar_id)
        return calendar, [(t.start_at, t.end_at) for t in calendar.times]


def starts(day=TUESDAY, kind="telefon"):
    with reading() as own:
        return [f"{slot.start:%H.%M}" for slot in availability.slots(own, kind, day, day, NOW)]


def test_when_she_is_busy_elsewhere_nobody_is_offered_that_time(known):
    assert "10.00" in starts() and "10.30" in starts()
    assert busy.refresh(known, NOW)
    assert "10.00" not in starts() and "10.30" not in starts()
    assert "11.00" in starts()


def test_only_from_when_to_when_is_kept_and_the_address_is_encrypted(known, server):
    busy.refresh(known, NOW)
    assert of(known)[1] == [
        (datetime(2026, 12, 1, 9, tzinfo=timezone.utc), datetime(2026, 12, 1, 10, tzinfo=timezone.utc))
    ]
    with reading() as own:
        rows = [str(own.execute(select(table.__table__)).all()) for table in (BusyCalendar, BusyTime)]
        raw = own.connection().exec_driver_sql("SELECT address FROM busy_calendars").scalar_one()
    assert "Tandlæge" not in "".join(rows)
    assert "127.0.0.1" not in raw


def test_what_was_fetched_last_stays_in_force_when_a_fetch_fails_and_it_is_said_since_when(known, server):
    busy.refresh(known, NOW)
    server.give("", "500 Internal Server Error")
    assert not busy.refresh(known, NOW + timedelta(hours=2))
    calendar, kept = of(known)
    assert len(kept) == 1 and "10.00" not in starts()
    assert busy.told(calendar) == "Serveren svarede 500. Tiderne herfra er fra 23.11.2026 kl. 10.00."
    server.give("<html>Log ind</html>")
    assert not busy.refresh(known, NOW + timedelta(hours=3))
    assert len(of(known)[1]) == 1
    server.give(ics())
    assert busy.refresh(known, NOW + timedelta(hours=4))
    calendar, kept = of(known)
    assert kept == [] and "10.00" in starts()
    assert busy.told(calendar) == "Hentet 23.11.2026 kl. 14.00."


def test_one_that_could_never_be_fetched_says_so(known, server):
    assert busy.told(of(known)[0]) == "Ikke hentet endnu."
    server.stop()
    assert not busy.refresh(known, NOW)
    assert busy.told(of(known)[0]) == "Aldrig hentet. Serveren tager ikke imod."


def test_it_is_fetched_again_after_a_while_and_not_before(known, server):
    assert busy.refresh_due(NOW) == 1
    assert busy.refresh_due(NOW + timedelta(minutes=14)) == 0
    assert busy.refresh_due(NOW + timedelta(minutes=15)) == 1
    assert len(server.asked) == 2


def test_the_process_that_sends_mail_fetches_them_too_also_without_a_mail_server(known, server):
    environment = {**os.environ, "VEJVISER_CALENDAR_HOSTS": f"127.0.0.1:{server.port}", "PYTHONWARNINGS": "ignore"}
    command = [str(ROOT / ".venv/bin/vejviser"), "mail", "send", "--watch"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not of(known)[1] and time.monotonic() < deadline:
            time.sleep(0.3)
        assert len(of(known)[1]) == 1
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_a_calendar_that_is_removed_takes_its_times_along(known):
    busy.refresh(known, NOW)
    with session() as own, own.begin():
        busy.remove(own, known)
    with reading() as own:
        assert own.scalar(select(func.count(BusyTime.id))) == 0
    assert not busy.refresh(known, NOW)
    assert "10.00" in starts()


def test_a_meeting_of_ours_that_she_put_in_her_calendar_does_not_hinder_moving_it(known, server):
    with session() as own, own.begin():
        start = datetime(2026, 12, 1, 12, tzinfo=COPENHAGEN)
        wish = Wish("telefon", start, "Anna", "telefon", "28 28 28 28")
        uid = meetings.book(own, wish, NOW, actor=Actor("Julie", "adviser")).uid
    server.give(ics("DTSTART:20261201T110000Z\nDURATION:PT30M").replace("0@x", uid))
    busy.refresh(known, NOW)
    assert of(known)[1] == []


@pytest.mark.parametrize(
    ("name", "address", "field"),
    [("", "https://x.dk/a.ics", "name"), ("Outlook", "x.dk", "address"), ("Outlook", "https://u:k@x.dk/", "address")],
)
def test_what_cannot_be_added_is_told_field_by_field(db, name, address, field):
    with pytest.raises(InvalidInput) as refused:
        busy.add(db, name, address)
    assert list(refused.value.fields) == [field]


def test_the_same_calendar_or_too_many_are_not_added_and_webcal_is_https(db):
    assert busy.add(db, "A", "webcal://x.dk/0.ics").address == "https://x.dk/0.ics"
    with pytest.raises(InvalidInput, match="der allerede"):
        busy.add(db, "B", "https://x.dk/0.ics")
    for number in range(1, busy.MOST_CALENDARS):
        busy.add(db, "C", f"https://x.dk/{number}.ics")
    with pytest.raises(InvalidInput, match="højst"):
        busy.add(db, "D", "https://x.dk/d.ics")


def test_the_commands_add_fetch_show_and_remove(db, server):
    def run(*words, given=None):
        return CliRunner().invoke(cli, ["kalender", *words], input=given)

    assert "ingen andre kalendere" in run("hent").output
    added = run("tilfoej", "--navn", "Outlook", given=f"{server.url}\n")
    assert added.exit_code == 0 and "1 optagne tider\tHentet" in added.output
    assert server.url not in added.output
    server.give("", "500 Internal Server Error")
    failed = run("hent")
    assert failed.exit_code == 1 and "Serveren svarede 500. Tiderne herfra er fra" in failed.output
    number = failed.output.split("\t")[0]
    assert run("fjern", number).exit_code == 0
    assert run("vis").output == ""
