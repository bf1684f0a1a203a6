"""Staff sign in, in as many steps as their account asks for, and sign out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user

from casework import clock, second_factor, sign_in, staff
from casework.db import reading
from casework.db import session as db_session
from casework.errors import InvalidInput, InvalidState, NotAllowed
from casework.settings import current
from web import signed_in
from web.access import public, staff_only
from web.limits import limiter
from web.qr import as_svg

blueprint = Blueprint("login", __name__, url_prefix="/personale")
ATTEMPTS = "10 per minute; 40 per hour"


@blueprint.after_app_request
def _not_kept(response):
    """Keep staff pages out of caches: on a shared machine nobody may go back to a case after sign-out."""
    if request.path.startswith("/personale"):
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/login")
@public
def form():
    """Show the sign-in form."""
    if current_user.is_authenticated:
        return redirect(url_for("console.queue"))
    return _form()


@blueprint.post("/login")
@limiter.limit(ATTEMPTS)
@public
def submit():
    """Take e-mail and password. The same words and the same time, whatever is wrong."""
    if not current().local_login:
        return _form(error="Log ind med kommunens login."), 403
    email, password = request.form.get("email", ""), request.form.get("password", "")
    target = signed_in.own_page(request.args.get("next"))
    try:
        attempt = _begin(email, "adgangskode")
        with reading() as db:  # verifying takes its time; no writer waits for it
            found = staff.sign_in(db, email, password)
    except sign_in.TooSoon as error:
        return _form(error=str(error), email=email), 429
    except NotAllowed as error:
        return _form(error=str(error), email=email), 401
    with db_session() as db, db.begin():
        person = staff.find(db, staff_id=found.id)
        sign_in.passed(db, attempt, person, password)
        return _go_on(db, person, target, code_given=False)


@blueprint.get("/login/kode")
@public
def code():
    """Ask for the second factor."""
    with reading() as db:
        waiting = signed_in.pending(db)
        if waiting is None or signed_in.next_step(waiting[0], waiting[1]["code_given"]) != "login.code":
            return _start_over()
    return render_template("login/code.html", error=None)


@blueprint.post("/login/kode")
@limiter.limit(ATTEMPTS)
@public
def submit_code():
    """Take a code of the app or from paper."""
    with reading() as db:
        waiting = signed_in.pending(db)
    if waiting is None:
        return _start_over()
    person, kept = waiting
    try:
        attempt = _begin(person.email, "kode")
        with db_session() as db, db.begin():
            person = staff.find(db, staff_id=person.id)
            given = request.form.get("code", "")
            used = second_factor.verify(db, person, given, clock.seconds(), clock.now())
            sign_in.passed(db, attempt, person)
            if used == "genoprettelseskode":
                left = second_factor.codes_left(db, person)
                flash(f"Genoprettelseskoden er brugt. Du har {left} tilbage. Nye laver du under Min konto.", "info")
            return _go_on(db, person, kept["target"], code_given=True, detail=used)
    except sign_in.TooSoon as error:
        return render_template("login/code.html", error=str(error)), 429
    except NotAllowed as error:
        return render_template("login/code.html", error=str(error)), 401


@blueprint.get("/login/ny-adgangskode")
@public
def new_password():
    """Ask somebody with a temporary password for one of her own."""
    with reading() as db:
        waiting = signed_in.pending(db)
        if waiting is None or signed_in.next_step(waiting[0], waiting[1]["code_given"]) != "login.new_password":
            return _start_over()
    return render_template("login/new_password.html", error=None)


@blueprint.post("/login/ny-adgangskode")
@limiter.limit("20 per minute")
@public
def submit_new_password():
    """Take the password somebody has chosen."""
    try:
        with db_session() as db, db.begin():
            waiting = signed_in.pending(db)
            if waiting is None or signed_in.next_step(waiting[0], waiting[1]["code_given"]) != "login.new_password":
                return _start_over()
            person, kept = waiting
            password, repeated = request.form.get("password", ""), request.form.get("repeated", "")
            staff.choose_password(db, person, password, repeated, clock.now())
            return _go_on(db, person, kept["target"], code_given=kept["code_given"])
    except InvalidInput as error:
        return render_template("login/new_password.html", error=str(error)), 422


@blueprint.get("/login/totrin")
@public
def enrol():
    """Show somebody who must have a second factor the secret to put into her app."""
    with db_session() as db, db.begin():
        waiting = signed_in.pending(db)
        if waiting is None or signed_in.next_step(waiting[0], waiting[1]["code_given"]) != "login.enrol":
            return _start_over()
        second_factor.new_secret(waiting[0])
        return enrol_page(waiting[0], forced=True)


@blueprint.post("/login/totrin")
@limiter.limit("20 per minute")
@public
def confirm():
    """Turn the second factor on and show the recovery codes, this once."""
    with db_session() as db, db.begin():
        waiting = signed_in.pending(db)
        if waiting is None or signed_in.next_step(waiting[0], waiting[1]["code_given"]) != "login.enrol":
            return _start_over()
        person, kept = waiting
        try:
            codes = second_factor.confirm(db, person, request.form.get("code", ""), clock.seconds(), clock.now())
        except InvalidInput as error:
            return enrol_page(person, forced=True, error=str(error)), 422
        except InvalidState:
            return _start_over()
        signed_in.enter(db, person, signed_in.OWN)
        return render_template("login/codes.html", codes=codes, target=kept["target"])


@blueprint.post("/log-ud")
@staff_only("reader")
def leave():
    """Sign out, on every device: a copied cookie is worth nothing afterwards."""
    with db_session() as db, db.begin():
        person = staff.find(db, staff_id=current_user.staff_id)
        staff.end_sessions(person)
        staff.log(db, "ud", person, clock.now())
    signed_in.leave()
    flash("Du er logget ud på alle enheder.", "success")
    return redirect(url_for("login.form"))


def enrol_page(person, *, forced: bool, error: str | None = None):
    """Return the page with the secret as a picture and in writing."""
    groups = [person.totp_secret[n : n + 4] for n in range(0, len(person.totp_secret), 4)]
    return render_template(
        "login/enrol.html",
        picture=as_svg(second_factor.address(person)),
        secret=" ".join(groups),
        forced=forced,
        error=error,
    )


def _form(error: str | None = None, email: str = ""):
    settings = current()
    return render_template(
        "login/form.html",
        error=error,
        email=email,
        local=settings.local_login,
        kommune=bool(settings.oidc_issuer),
        target=signed_in.own_page(request.args.get("next")),
    )


def _begin(email: str, detail: str) -> int:
    with db_session() as db, db.begin():
        return sign_in.begin(db, email, request.remote_addr, clock.now(), detail)


def _go_on(db, person, target: str | None, *, code_given: bool, detail: str = ""):
    """Let the person in, or ask for what is still missing."""
    step = signed_in.next_step(person, code_given)
    if step is None:
        return signed_in.enter(db, person, signed_in.OWN, detail=detail, target=target)
    flashes = session.get("_flashes")
    signed_in.wait_for_next_step(person, target, code_given=code_given)
    if flashes:
        session["_flashes"] = flashes
    return redirect(url_for(step))


def _start_over():
    flash("Log ind igen. Der gik for lang tid, eller et trin manglede.", "info")
    return redirect(url_for("login.form"))
