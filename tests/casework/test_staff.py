"""Accounts and tokens."""

import pytest

from casework import clock, staff
from casework.errors import InvalidInput, NotAllowed


def add(db, **changes):
    given = {"email": "j@ltk.invalid", "name": "J", "role": "adviser", "password": "en lang adgangskode", **changes}
    return staff.add_staff(db, **given, now=clock.now())


def test_the_right_password_signs_in_whatever_the_case_of_the_email(db):
    add(db)
    assert staff.sign_in(db, " J@LTK.invalid", "en lang adgangskode").name == "J"


def test_a_wrong_password_an_unknown_email_and_a_closed_account_are_refused_alike(db):
    person = add(db)
    for email, password in (("j@ltk.invalid", "forkert"), ("x@ltk.invalid", "en lang adgangskode")):
        with pytest.raises(NotAllowed, match="E-mail eller adgangskode er forkert."):
            staff.sign_in(db, email, password)
    person.active = False
    with pytest.raises(NotAllowed, match="E-mail eller adgangskode er forkert."):
        staff.sign_in(db, "j@ltk.invalid", "en lang adgangskode")


def test_the_password_is_stored_as_an_argon2_hash(db):
    assert add(db).password_hash.startswith("$argon2id$")


@pytest.mark.parametrize("wrong", [{"role": "chef"}, {"password": "kort"}, {"email": "uden-snabel"}])
def test_a_bad_account_is_refused(db, wrong):
    with pytest.raises(InvalidInput):
        add(db, **wrong)


def test_an_email_can_be_used_once(db):
    add(db)
    with pytest.raises(InvalidInput):
        add(db)


def test_a_token_opens_the_api_and_any_other_text_does_not(db):
    token = staff.create_token(db, name="prøve", role="reader", now=clock.now())
    db.flush()
    assert staff.token_holder(db, token).role == "reader"
    with pytest.raises(NotAllowed):
        staff.token_holder(db, token[:-1])
