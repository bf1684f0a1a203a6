"""The accounts of staff, as an administrator keeps them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from casework import clock, passwords, second_factor, staff
from casework.db import reading, session
from casework.errors import InvalidInput, InvalidState
from casework.settings import current
from web.access import staff_only

blueprint = Blueprint("users", __name__, url_prefix="/personale/brugere")


@blueprint.get("/")
@staff_only("administrator")
def everyone():
    """List the accounts."""
    page = max(request.args.get("page", 1, type=int), 1)
    with reading() as db:
        found, total = staff.everyone(db, page)
    pages = max(1, -(-total // staff.PAGE_SIZE))
    return render_template("users/list.html", found=found, total=total, page=page, pages=pages)


@blueprint.get("/ny")
@staff_only("administrator")
def form():
    """Show the form for a new account."""
    return render_template("users/new.html", given={"role": "reader"}, error=None, local=current().local_login)


@blueprint.post("/ny")
@staff_only("administrator")
def add():
    """Make an account and show its temporary password, this once."""
    given = {name: request.form.get(name, "").strip() for name in ("email", "name", "role")}
    password = passwords.temporary_password() if current().local_login else None
    try:
        if not given["name"]:
            raise InvalidInput("Skriv personens navn. Kolleger og borgere ser det.")
        with session() as db, db.begin():
            person = staff.add_staff(
                db,
                **given,
                password=password,
                now=clock.now(),
                temporary=password is not None,
                by_id=g.actor.staff_id,
            )
    except InvalidInput as error:
        page = render_template("users/new.html", given=given, error=str(error), local=current().local_login)
        return page, 422
    return render_template("users/password.html", person=person, password=password, new=True)


@blueprint.get("/<int:staff_id>")
@staff_only("administrator")
def person(staff_id: int):
    """Show one account and what can be done to it."""
    with reading() as db:
        found = staff.find(db, staff_id=staff_id)
        return render_template(
            "users/person.html",
            person=found,
            oneself=found.id == g.actor.staff_id,
            open_cases=staff.open_cases_of(db, found),
            enrolled=second_factor.enrolled(found),
            local=current().local_login,
        )


@blueprint.post("/<int:staff_id>/<verb>")
@staff_only("administrator")
def act(staff_id: int, verb: str):
    """Change the role, close, open again, reset the second factor, or give a temporary password."""
    verbs = {
        "rolle": _role,
        "luk": _close,
        "aabn": _reopen,
        "nulstil-totrin": _reset,
        "ny-adgangskode": _new_password,
    }
    if verb not in verbs:
        abort(404)
    try:
        with session() as db, db.begin():
            found = staff.find(db, staff_id=staff_id)
            said, password = verbs[verb](db, found)
            if password:
                return render_template("users/password.html", person=found, password=password, new=False)
    except (InvalidState, InvalidInput) as error:
        flash(str(error), "error")
    else:
        flash(said, "success")
    return redirect(url_for("users.person", staff_id=staff_id))


def _role(db, found):
    staff.change_role(db, found, request.form.get("role", ""), clock.now(), by_id=g.actor.staff_id)
    return "Rollen er ændret. Personen er logget ud og får den nye rolle ved næste login.", None


def _close(db, found):
    staff.close(db, found, clock.now(), by_id=g.actor.staff_id)
    return "Kontoen er lukket, og personen er logget ud.", None


def _reopen(db, found):
    return "Kontoen er åben igen.", staff.reopen(db, found, clock.now(), by_id=g.actor.staff_id)


def _reset(db, found):
    second_factor.remove(db, found, clock.now(), by_id=g.actor.staff_id)
    return "Totrinslogin er nulstillet. Det kan slås til igen ved næste login.", None


def _new_password(db, found):
    return "", staff.new_temporary_password(db, found, clock.now(), by_id=g.actor.staff_id)
