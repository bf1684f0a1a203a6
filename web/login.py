"""Staff sign in and sign out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user

from casework.db import reading
from casework.db import session as db_session
from casework.errors import NotAllowed
from casework.models import Staff
from casework.staff import person_with_id, sign_in
from web.access import public, staff_only
from web.limits import limiter

blueprint = Blueprint("login", __name__, url_prefix="/personale")


class SignedIn(UserMixin):
    """The signed-in person, free of any database session."""

    def __init__(self, person: Staff) -> None:
        self.staff_id, self.name, self.role, self.email = person.id, person.name, person.role, person.email

    def get_id(self) -> str:
        return str(self.staff_id)


def load(user_id: str) -> SignedIn | None:
    """Return who a session belongs to; None when the account is gone or closed."""
    with reading() as db:
        person = person_with_id(db, int(user_id))
    return SignedIn(person) if person else None


@blueprint.get("/login")
@public
def form():
    """Show the sign-in form."""
    if current_user.is_authenticated:
        return redirect(url_for("console.queue"))
    return render_template("login/form.html", error=None, email="")


@blueprint.post("/login")
@limiter.limit("10 per minute; 40 per hour")
@public
def submit():
    """Sign in. A wrong e-mail and a wrong password look the same."""
    email = request.form.get("email", "")
    try:
        with db_session() as db, db.begin():
            person = sign_in(db, email, request.form.get("password", ""))
    except NotAllowed as error:
        return render_template("login/form.html", error=str(error), email=email), 401
    session.clear()
    session.permanent = True
    login_user(SignedIn(person))
    return redirect(_own_page(request.args.get("next")) or url_for("console.queue"))


@blueprint.post("/log-ud")
@staff_only("reader")
def leave():
    """Sign out."""
    logout_user()
    session.clear()
    return redirect(url_for("login.form"))


def _own_page(target: str | None) -> str | None:
    """Return `target` when it is a staff page of ours; never an address elsewhere."""
    if not target:
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and parts.path.startswith("/personale") else None
