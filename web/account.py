"""My account: own password, second factor and recovery codes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user

from casework import clock, second_factor, sign_in, staff
from casework.db import reading
from casework.db import session as db_session
from casework.errors import InvalidInput, InvalidState, NotAllowed
from web import signed_in
from web.access import staff_only
from web.limits import limiter
from web.login import ATTEMPTS, enrol_page

blueprint = Blueprint("account", __name__, url_prefix="/personale/konto")


@blueprint.get("/")
@staff_only("reader")
def page():
    """Show my account."""
    return _page()


@blueprint.post("/adgangskode")
@limiter.limit(ATTEMPTS)
@staff_only("reader")
def change_password():
    """Change my password; every other session of mine ends."""
    person_id = current_user.staff_id
    try:
        _own_login_only()
        attempt = _begin("skift af adgangskode")
        with reading() as db:
            staff.sign_in(db, current_user.email, request.form.get("current", ""))
        with db_session() as db, db.begin():
            sign_in.withdrawn(db, attempt)
        with db_session() as db, db.begin():
            person = staff.find(db, staff_id=person_id)
            password, repeated = request.form.get("password", ""), request.form.get("repeated", "")
            staff.choose_password(db, person, password, repeated, clock.now())
            _go_on_as(person)
    except sign_in.TooSoon as error:
        return _page(password_error=str(error), status=429)
    except NotAllowed as error:
        words = "Din nuværende adgangskode er forkert." if str(error) == staff.WRONG else str(error)
        return _page(password_error=words, status=422)
    except InvalidInput as error:
        return _page(password_error=str(error), status=422)
    flash("Adgangskoden er skiftet. Du er logget ud på alle andre enheder.", "success")
    return redirect(url_for("account.page"))


@blueprint.get("/totrin")
@staff_only("reader")
def enrol():
    """Show the secret to put into the app."""
    try:
        _own_login_only()
        with db_session() as db, db.begin():
            person = staff.find(db, staff_id=current_user.staff_id)
            second_factor.new_secret(person)
            return enrol_page(person, forced=False)
    except (InvalidState, NotAllowed) as error:
        flash(str(error), "error")
        return redirect(url_for("account.page"))


@blueprint.post("/totrin")
@limiter.limit("20 per minute")
@staff_only("reader")
def confirm():
    """Turn the second factor on and show the recovery codes, this once."""
    with db_session() as db, db.begin():
        person = staff.find(db, staff_id=current_user.staff_id)
        try:
            codes = second_factor.confirm(db, person, request.form.get("code", ""), clock.seconds(), clock.now())
        except InvalidInput as error:
            return enrol_page(person, forced=False, error=str(error)), 422
        except InvalidState as error:
            flash(str(error), "error")
            return redirect(url_for("account.page"))
        _go_on_as(person)
        return render_template("login/codes.html", codes=codes, target=url_for("account.page"))


@blueprint.post("/koder")
@limiter.limit(ATTEMPTS)
@staff_only("reader")
def renew_codes():
    """Show ten new recovery codes, this once; a code of the app is asked for."""

    def renewed(db, person):
        codes = second_factor.renew_codes(db, person, clock.now())
        return render_template("login/codes.html", codes=codes, target=url_for("account.page"))

    return _with_code(renewed)


@blueprint.post("/totrin/fjern")
@limiter.limit(ATTEMPTS)
@staff_only("reader")
def remove():
    """Take my second factor away, to leave it or to put it on a new phone; a code is asked for."""

    def removed(db, person):
        second_factor.remove(db, person, clock.now())
        if second_factor.required(person.role):
            signed_in.leave()
            flash("Totrinslogin er fjernet. Log ind igen, og sæt det op på den nye telefon.", "success")
            return redirect(url_for("login.form"))
        _go_on_as(person)
        flash("Totrinslogin er fjernet.", "success")
        return redirect(url_for("account.page"))

    return _with_code(removed)


def _with_code(then):
    """Do `then` when the code in the form is right; it counts as an attempt when it is not."""
    try:
        attempt = _begin("kode på Min konto")
        with db_session() as db, db.begin():
            person = staff.find(db, staff_id=current_user.staff_id)
            second_factor.verify(db, person, request.form.get("code", ""), clock.seconds(), clock.now())
            sign_in.withdrawn(db, attempt)
            return then(db, person)
    except sign_in.TooSoon as error:
        return _page(code_error=str(error), status=429)
    except NotAllowed as error:
        return _page(code_error=str(error), status=422)


def _begin(detail: str) -> int:
    with db_session() as db, db.begin():
        return sign_in.begin(db, current_user.email, request.remote_addr, clock.now(), detail)


def _own_login_only() -> None:
    if session.get("by") != signed_in.OWN:
        raise NotAllowed("Du er logget ind med kommunens login. Adgangskode og totrinslogin hører til dér.")


def _go_on_as(person) -> None:
    """Let this browser go on with the person's new stamp, as old as its session was."""
    signed_in.begin_session(person, session["by"], started=session["started"])


def _page(password_error: str | None = None, code_error: str | None = None, status: int = 200):
    with reading() as db:
        person = staff.find(db, staff_id=current_user.staff_id)
        return (
            render_template(
                "login/account.html",
                person=person,
                own=session.get("by") == signed_in.OWN,
                enrolled=second_factor.enrolled(person),
                required=second_factor.required(person.role),
                codes_left=second_factor.codes_left(db, person),
                password_error=password_error,
                code_error=code_error,
            ),
            status,
        )
