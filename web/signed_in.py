"""Who a staff session belongs to: getting in step by step, staying in, and being sent to the sign-in page.

A session is a signed cookie. It holds the person's number and stamp, when it began and when it was last used; it is
void when the stamp on the account is another, when it has been idle, and when it is old. Between the password and the
second factor there is only a `pending` entry, which opens nothing but the next step.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Response, flash, redirect, render_template, request, session, url_for
from flask_login import UserMixin, login_user, logout_user

from casework import clock, second_factor, sign_in
from casework.db import reading
from casework.models import Staff
from casework.settings import current
from casework.staff import person_with_id

PENDING_SECONDS = 10 * 60
OWN, KOMMUNE = "eget login", "kommunens login"
SKIPPED = ("csrf_token", "password", "current", "repeated", "code")


class SignedIn(UserMixin):
    """The signed-in person, free of any database session."""

    def __init__(self, person: Staff) -> None:
        self.staff_id, self.name, self.role, self.email = person.id, person.name, person.role, person.email
        self.stamp = person.stamp

    def get_id(self) -> str:
        return f"{self.staff_id}.{self.stamp}"


def load(user_id: str) -> SignedIn | None:
    """Return who the session belongs to; None when it is over or the account closed."""
    now, settings = clock.seconds(), current()
    idle, age = now - session.get("seen", 0), now - session.get("started", 0)
    if idle > settings.session_idle * 60 or age > settings.session_hours * 3600:
        return _over()
    with reading() as db:
        person = _person_with_stamp(db, *user_id.partition(".")[::2])
    own = session.get("by") == OWN
    if person is None or (own and not settings.local_login):
        return _over()
    if own and second_factor.required(person.role) and not second_factor.enrolled(person):
        return _over()
    session["seen"] = now
    return SignedIn(person)


def _over() -> None:
    session.clear()


def _person_with_stamp(db, staff_id: str, stamp: str) -> Staff | None:
    person = person_with_id(db, int(staff_id)) if staff_id.isdigit() else None
    return person if person and person.stamp and hmac.compare_digest(person.stamp, stamp) else None


def enter(db, person: Staff, by: str, *, detail: str = "", target: str | None = None) -> Response:
    """Begin a new session, whatever the browser brought along, and go to the page that was wanted."""
    sign_in.entered(db, person, request.remote_addr, clock.now(), detail or by)
    begin_session(person, by)
    return redirect(target or url_for("console.queue"))


def begin_session(person: Staff, by: str, started: int | None = None) -> None:
    """Write a new session for a person; `started` keeps the age of one that goes on with a new stamp."""
    kept = session.get("_flashes")
    session.clear()
    if kept:
        session["_flashes"] = kept
    session.permanent = True
    session["started"] = started or clock.seconds()
    session["seen"], session["by"] = clock.seconds(), by
    login_user(SignedIn(person))


def leave() -> None:
    """End the session of this browser."""
    logout_user()
    session.clear()


def wait_for_next_step(person: Staff, target: str | None, *, code_given: bool = False) -> None:
    """Remember that the password was right; more is asked for before there is a session."""
    session.clear()
    session["pending"] = {
        "id": person.id,
        "stamp": person.stamp,
        "at": clock.seconds(),
        "target": target,
        "code_given": code_given,
    }


def pending(db) -> tuple[Staff, dict] | None:
    """Return who has given the right password a moment ago, with what is remembered; None when that is over."""
    kept = session.get("pending")
    if not kept or clock.seconds() - kept["at"] > PENDING_SECONDS or not current().local_login:
        return None
    person = _person_with_stamp(db, str(kept["id"]), kept["stamp"])
    return (person, kept) if person else None


def next_step(person: Staff, code_given: bool) -> str | None:
    """Return the endpoint of what is still asked of somebody whose password was right, or None."""
    if second_factor.enrolled(person) and not code_given:
        return "login.code"
    if person.must_change_password:
        return "login.new_password"
    if second_factor.required(person.role) and not second_factor.enrolled(person):
        return "login.enrol"
    return None


def own_page(target: str | None) -> str | None:
    """Return `target` when it is a staff page of ours; never an address elsewhere."""
    if not target or "\\" in target or any(ord(c) < 33 for c in target):
        return None
    parts = urlsplit(target)
    inside = parts.path == "/personale" or parts.path.startswith("/personale/")
    return target if not parts.scheme and not parts.netloc and inside else None


def send_to_login():
    """Send a stranger to the sign-in page; show somebody whose session ran out what she was about to send."""
    if request.method == "GET":
        flash("Log ind for at fortsætte.", "info")
        wanted = request.full_path.rstrip("?")
        return redirect(url_for("login.form", next=own_page(wanted)))
    written = [
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if name not in SKIPPED and len(value.strip()) > 20
    ]
    came_from = urlsplit(request.referrer or "")
    target = own_page(came_from.path) if came_from.netloc == request.host else None
    return render_template("login/expired.html", written=written, target=target), 401
