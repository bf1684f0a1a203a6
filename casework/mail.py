"""Hands the mails of the outbox over to the mail server, each at most once."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from casework import clock, outbox
from casework.db import session
from casework.outbox import Claimed
from casework.settings import Settings, Smtp

TIMEOUT_SECONDS = 20
SENDER = "Borgerrådgiverens Vejviser"
_LOCAL = ("127.0.0.1", "::1", "localhost")


class _Refused(Exception):
    """The server said no before it had the text. `for_good`: trying again is no use."""

    def __init__(self, problem: str, *, for_good: bool = False) -> None:
        super().__init__(problem)
        self.for_good = for_good


def send_due(settings: Settings, *, most: int = 100) -> int:
    """Hand over the mails that are due and return how many the server took. Every step is a transaction of its own.

    A mail is claimed, offered, marked as being handed over, and only then given: a process that dies before that mark
    leaves it to be sent by another; one that dies after it leaves it unknown, and never to be sent twice.
    """
    taken = 0
    for _ in range(most):
        with session() as db, db.begin():
            mail = outbox.claim(db, clock.now())
        if mail is None:
            break
        taken += _send(settings, mail)
    return taken


def _send(settings: Settings, mail: Claimed) -> bool:
    try:
        server = _connect(settings.smtp, in_the_clear=mail.reply_to is None)
    except (OSError, smtplib.SMTPException) as error:
        return _failed(mail, _named(error))
    try:
        _offer(server, settings.mail_from, mail.recipient)
        with session() as db, db.begin():
            ours = outbox.handing_over(db, mail, clock.now())
        return ours and _give(server, settings, mail)
    except _Refused as error:
        return _failed(mail, str(error), for_good=error.for_good)
    except (OSError, smtplib.SMTPException) as error:
        return _failed(mail, _named(error))
    finally:
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def _connect(smtp: Smtp, *, in_the_clear: bool) -> smtplib.SMTP:
    """Return a connection, encrypted where the server can. To another machine a password is never sent in the clear,
    nor what a person has written, unless it may go `in_the_clear`."""
    context = ssl.create_default_context()
    if smtp.tls:
        server = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo_or_helo_if_needed()
        encrypted = smtp.tls
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
            encrypted = True
        if not encrypted and smtp.host not in _LOCAL and (smtp.user or not in_the_clear):
            raise smtplib.SMTPNotSupportedError("no TLS")
        if smtp.user:
            server.login(smtp.user, smtp.password)
    except BaseException:
        server.close()
        raise
    return server


def _offer(server: smtplib.SMTP, sender: str, recipient: str) -> None:
    """Say who it is from and to, and ask to send; raise _Refused when the server will not have it."""
    code, _ = server.mail(sender)
    if code != 250:
        raise _Refused(f"afsender afvist ({code})")
    code, _ = server.rcpt(recipient)
    if code not in (250, 251):
        raise _Refused(f"modtager afvist ({code})", for_good=500 <= code < 600)
    code, _ = server.docmd("DATA")
    if code != 354:
        raise _Refused(f"afvist ({code})")


def _give(server: smtplib.SMTP, settings: Settings, mail: Claimed) -> bool:
    """Hand the text over. Whatever breaks from here on leaves it unknown whether the server has it."""
    try:
        server.send(_written(settings, mail) + b".\r\n")
        code, _ = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        with session() as db, db.begin():
            outbox.unknown(db, mail, _named(error))
        return False
    if code != 250:
        return _failed(mail, f"afvist ({code})", for_good=500 <= code < 600)
    with session() as db, db.begin():
        outbox.sent(db, mail, clock.now())
    return True


def _written(settings: Settings, mail: Claimed) -> bytes:
    """Return the mail as it goes over the wire; its id is always the same, so that a server can know it again."""
    user, _, domain = settings.mail_from.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(SENDER, user, domain)
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:32]}@{domain}>"
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    else:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="quoted-printable")
    if mail.attachment:
        params = {"method": "PUBLISH", "charset": "utf-8"}
        message.add_attachment(
            mail.attachment.content, "text", "calendar", filename=mail.attachment.name, params=params
        )
    lines = message.as_bytes().splitlines(keepends=True)
    return b"".join(b"." + line if line.startswith(b".") else line for line in lines)


def _failed(mail: Claimed, problem: str, *, for_good: bool = False) -> bool:
    with session() as db, db.begin():
        outbox.failed(db, mail, clock.now(), problem, for_good=for_good)
    return False


def _named(error: Exception) -> str:
    """Return what went wrong without what the server wrote, which may hold the address."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} ({code})" if code else type(error).__name__
