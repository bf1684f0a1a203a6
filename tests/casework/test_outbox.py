"""Mail about a case: with the case or not at all, sent again when the server fails, and never twice."""

import os
import subprocess
import threading
import time
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text, update

from casework import clock, mail, outbox
from casework.db import reading, session
from casework.errors import ConfigurationError, InvalidInput
from casework.intake import Intake, file_case
from casework.models import Case, OutgoingMail
from casework.settings import ROOT, Settings, Smtp, current

TODAY = date(2026, 11, 23)
STORY = "Jobcentret svarer ikke på min ansøgning om fleksjob."
ADDRESS = "anna.jensen@firma.invalid"


@pytest.fixture
def server(db, mail_server):
    """A mail server that the settings name, and an empty database."""
    return mail_server


def file(submission="s1", **changes):
    given = {"story": STORY, "contact_channel": "e-mail", "contact_value": ADDRESS, "contact_name": "Anna", **changes}
    with session() as own, own.begin():
        return file_case(own, Intake(**given), submission=submission, now=clock.now(), today=TODAY, code_key=b"0" * 32)


def queued():
    with reading() as own:
        return list(own.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def time_passes(length=timedelta(days=2)):
    """Let what waits be due now, as it would be after a while."""
    with session() as own, own.begin():
        own.execute(update(OutgoingMail).values(due_at=clock.now() - timedelta(seconds=1)))
        for row in own.scalars(select(OutgoingMail).where(OutgoingMail.claimed_at.is_not(None))):
            row.claimed_at -= length


def test_a_case_with_an_email_queues_one_mail_and_says_so_on_the_receipt(server):
    assert file().mailed is True
    assert [m.state for m in queued()] == ["venter"]
    assert mail.send_due(current()) == 1
    assert [m.state for m in queued()] == ["sendt"]


def test_the_mail_tells_the_number_and_the_link_and_nothing_else_of_the_citizen(server):
    receipt = file()
    mail.send_due(current())
    (sent,) = server.taken
    whole = sent.as_string() + sent.get_content()
    assert receipt.reference in sent["Subject"]
    assert "/status\n" in sent.get_content().replace("\r\n", "\n")
    assert sent["To"] == ADDRESS
    for secret in (receipt.code, receipt.code.replace("-", ""), "Anna\n", "fleksjob", "Jobcentret"):
        assert secret not in whole


def test_the_address_is_encrypted_while_it_waits_and_gone_when_the_mail_is_sent(server):
    file()
    with reading() as own:
        assert ADDRESS not in own.execute(text("SELECT recipient FROM outgoing_mail")).scalar_one()
    mail.send_due(current())
    with reading() as own:
        assert own.execute(text("SELECT recipient FROM outgoing_mail")).scalar_one() is None


@pytest.mark.parametrize(
    "changes", [{"contact_channel": "telefon", "contact_value": "28 28 28 28"}, {"anonymous": True}]
)
def test_without_an_address_or_for_an_anonymous_citizen_there_is_no_mail(server, changes):
    assert file(**changes).mailed is False
    assert queued() == []


def test_without_a_mail_server_nothing_is_queued_and_the_receipt_says_none_comes(db):
    assert current().smtp is None
    assert file().mailed is False
    assert queued() == []


def test_a_case_that_is_not_stored_leaves_no_mail_behind(server):
    with pytest.raises(InvalidInput):
        file(story=" ")
    with pytest.raises(RuntimeError), session() as own, own.begin():
        file_case(
            own,
            Intake(story=STORY, contact_channel="e-mail", contact_value=ADDRESS),
            submission="s2",
            now=clock.now(),
            today=TODAY,
            code_key=b"0" * 32,
        )
        raise RuntimeError("power cut before the commit")
    assert queued() == []
    with reading() as own:
        assert own.scalar(select(func.count(Case.id))) == 0


def test_the_same_form_sent_twice_queues_one_mail(server):
    assert file() == file()
    assert len(queued()) == 1


def test_a_server_that_fails_first_gets_the_mail_again_after_a_pause_and_then_once(server):
    file()
    server.trouble = "greylist"
    assert mail.send_due(current()) == 0
    assert mail.send_due(current()) == 0  # not before the pause is over
    (waiting,) = queued()
    assert (waiting.state, waiting.attempts) == ("venter", 1)
    assert "451" in waiting.problem
    server.trouble = None
    time_passes()
    assert mail.send_due(current()) == 1
    time_passes()
    assert mail.send_due(current()) == 0
    assert len(server.taken) == 1


def test_the_pauses_grow_and_at_last_it_is_given_up(server):
    file()
    server.stop()
    pauses = []
    for _ in outbox.PAUSES:
        mail.send_due(current())
        (waiting,) = queued()
        pauses.append(waiting.due_at - clock.now())
        time_passes()
    assert pauses == sorted(pauses)
    assert pauses[-1] > timedelta(hours=20)
    mail.send_due(current())
    (given_up,) = queued()
    assert given_up.state == "opgivet"
    assert ADDRESS not in given_up.problem


def test_an_address_that_does_not_exist_is_given_up_at_once(server):
    file()
    server.trouble = "unknown"
    mail.send_due(current())
    assert queued()[0].state == "opgivet"


def test_a_text_the_server_refused_is_sent_again(server):
    file()
    server.trouble = "full"
    mail.send_due(current())
    server.trouble = None
    time_passes()
    assert mail.send_due(current()) == 1


def test_a_server_that_may_have_taken_it_never_gets_it_again(server):
    file()
    server.trouble = "cut"
    mail.send_due(current())
    server.trouble = None
    for _ in range(3):
        time_passes()
        mail.send_due(current())
    assert queued()[0].state == "uvist"
    assert len(server.offered) == 1


def test_a_sender_that_died_before_it_handed_over_leaves_the_mail_to_the_next(server):
    file()
    with session() as own, own.begin():
        assert outbox.claim(own, clock.now())
    assert mail.send_due(current()) == 0  # it may still be at it
    time_passes()
    assert mail.send_due(current()) == 1


def test_a_sender_that_died_while_handing_over_is_not_followed_by_another(server):
    file()
    with session() as own, own.begin():
        claimed = outbox.claim(own, clock.now())
        outbox.handing_over(own, claimed, clock.now())
    time_passes()
    assert mail.send_due(current()) == 0
    assert queued()[0].state == "uvist"
    assert server.offered == []


def test_many_senders_at_once_send_each_mail_once(server):
    for number in range(12):
        file(f"s{number}")
    threads = [threading.Thread(target=mail.send_due, args=(current(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.taken) == 12
    assert len({m["Subject"] for m in server.taken}) == 12


def test_the_command_waits_beside_the_system_sends_what_comes_and_ends_when_asked(server):
    file("before")
    server.trouble = "greylist"
    env = {
        **os.environ,
        "VEJVISER_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "VEJVISER_MAIL_FROM": "vejviser@ltk.invalid",
        "PYTHONWARNINGS": "ignore",
    }
    command = [str(ROOT / ".venv/bin/vejviser"), "mail", "send", "--watch"]
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        deadline = time.monotonic() + 60
        while queued()[0].attempts == 0 and time.monotonic() < deadline:
            time.sleep(0.2)
        server.trouble = None
        while not server.taken and time.monotonic() < deadline:  # the first pause is a quarter of a minute
            time.sleep(0.2)
        assert len(server.taken) == 1
        assert process.poll() is None
        with reading() as own:
            assert outbox.last_beat(own) > clock.now() - timedelta(minutes=5)  # what the doctor looks for
    finally:
        process.terminate()
        assert process.wait(timeout=10) != 0


@pytest.mark.parametrize(
    ("url", "smtp"),
    [
        ("smtp://mail.invalid", Smtp("mail.invalid", 25, "", "", tls=False)),
        ("smtp://u:p%40ss@mail.invalid", Smtp("mail.invalid", 587, "u", "p@ss", tls=False)),
        ("smtps://u:p@mail.invalid:2465", Smtp("mail.invalid", 2465, "u", "p", tls=True)),
    ],
)
def test_the_mail_server_is_one_setting(url, smtp):
    assert Settings.read({"VEJVISER_SMTP_URL": url}).smtp == smtp


@pytest.mark.parametrize("url", ["mail.invalid:25", "http://mail.invalid", "smtp://", "smtp://mail.invalid:port"])
def test_a_mail_server_that_cannot_be_read_is_said_at_the_start(url):
    with pytest.raises(ConfigurationError, match="VEJVISER_SMTP_URL"):
        Settings.read({"VEJVISER_SMTP_URL": url})


def test_an_address_in_the_settings_cannot_smuggle_in_a_header():
    with pytest.raises(ConfigurationError, match="VEJVISER_MAIL_FROM"):
        Settings.read({"VEJVISER_MAIL_FROM": "a@b.dk\nBcc: c@d.dk"})
