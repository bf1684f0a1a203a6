"""Codes from the phone and codes on paper."""

import threading

import pyotp
import pytest

from casework import clock, second_factor, settings, staff
from casework.db import session
from casework.errors import InvalidInput, InvalidState, NotAllowed
from casework.settings import Settings

NOW, AT = clock.now(), 1_800_000_000


@pytest.fixture
def person(db):
    return staff.add_staff(db, email="j@ltk.invalid", name="J", role="adviser", password="en lang adgangskode", now=NOW)


@pytest.fixture
def codes(db, person):
    secret = second_factor.new_secret(person)
    return second_factor.confirm(db, person, code(secret, -2), AT - 60, NOW)


def code(secret, steps=0):
    return pyotp.TOTP(secret).generate_otp(AT // 30 + steps)


def verify(db, person, given, at=AT):
    return second_factor.verify(db, person, given, at, NOW)


def test_the_picture_holds_the_secret_and_whose_it_is(person):
    secret = second_factor.new_secret(person)
    address = pyotp.parse_uri(second_factor.address(person))
    assert (address.secret, address.name, address.issuer) == (secret, "j@ltk.invalid", "Vejviser")


def test_nothing_is_asked_for_until_the_app_has_shown_that_it_has_the_secret(db, person):
    secret = second_factor.new_secret(person)
    with pytest.raises(InvalidInput):
        second_factor.confirm(db, person, "000000" if code(secret) != "000000" else "111111", AT, NOW)
    assert not second_factor.enrolled(person)
    second_factor.confirm(db, person, code(secret), AT, NOW)
    assert second_factor.enrolled(person)


def test_a_secret_in_force_is_never_shown_again_and_a_new_one_is_drawn_each_time_before(db, person, codes):
    with pytest.raises(InvalidState):
        second_factor.new_secret(person)
    second_factor.remove(db, person, NOW)
    assert second_factor.new_secret(person) != second_factor.new_secret(person)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_phone_may_be_half_a_minute_off(db, person, codes, steps):
    assert verify(db, person, code(person.totp_secret, steps)) == "kode"


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_of_a_minute_ago_or_ahead_is_refused(db, person, codes, steps):
    with pytest.raises(NotAllowed):
        verify(db, person, code(person.totp_secret, steps))


def test_a_code_works_once_and_no_older_one_after_it(db, person, codes):
    verify(db, person, code(person.totp_secret))
    for steps in (0, -1):
        with pytest.raises(NotAllowed):
            verify(db, person, code(person.totp_secret, steps))
    assert verify(db, person, code(person.totp_secret, 1))


def test_the_code_that_turned_it_on_does_not_sign_in(db, person, codes):
    with pytest.raises(NotAllowed):
        verify(db, person, code(person.totp_secret, -2), at=AT - 60)


@pytest.mark.parametrize("wrong", ["", "12345", "1234567", "abcdef", "１２３４５６", "aaaaa-aaaaa", "' or 1=1 --"])
def test_anything_else_is_refused_in_the_same_words(db, person, codes, wrong):
    with pytest.raises(NotAllowed, match="forkert eller allerede brugt"):
        verify(db, person, wrong)


def test_ten_codes_on_paper_each_let_in_once_however_they_are_typed(db, person, codes):
    assert len(set(codes)) == 10
    assert verify(db, person, codes[0].upper().replace("-", " ")) == "genoprettelseskode"
    assert second_factor.codes_left(db, person) == 9
    with pytest.raises(NotAllowed):
        verify(db, person, codes[0])


def test_new_codes_replace_the_old_and_nobody_elses_work(db, person, codes):
    other = staff.add_staff(
        db, email="b@ltk.invalid", name="B", role="adviser", password="en lang adgangskode", now=NOW
    )
    secret = second_factor.new_secret(other)
    theirs = second_factor.confirm(db, other, code(secret), AT, NOW)
    new = second_factor.renew_codes(db, person, NOW)
    for wrong in (codes[1], theirs[0]):
        with pytest.raises(NotAllowed):
            verify(db, person, wrong)
    assert verify(db, person, new[0])


def test_a_reset_takes_phone_and_codes_away_and_ends_the_sessions(db, person, codes):
    before = person.stamp
    second_factor.remove(db, person, NOW)
    assert not second_factor.enrolled(person) and person.totp_secret is None and person.stamp != before
    assert second_factor.codes_left(db, person) == 0
    with pytest.raises(NotAllowed):
        verify(db, person, codes[0])


def test_a_code_sent_twice_at_the_same_moment_lets_one_in(db, person, codes):
    given, staff_id = code(person.totp_secret), person.id
    db.commit()
    won, gate = [], threading.Barrier(4)

    def tries():
        gate.wait()
        with session() as own, own.begin():
            try:
                won.append(verify(own, staff.find(own, staff_id=staff_id), given))
            except NotAllowed:
                pass

    threads = [threading.Thread(target=tries) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == ["kode"]


SAFE = {"VEJVISER_ENV": "production", "VEJVISER_SECRET_KEY": "k3Jx9-aaQ7zz_Lm28vBnc0PqRst56WyU"}


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, set()),
        ({"VEJVISER_TOTP": "required"}, {"adviser", "administrator"}),
        (SAFE, {"adviser", "administrator"}),
        ({**SAFE, "VEJVISER_TOTP": "optional"}, set()),
    ],
)
def test_who_must_have_it(monkeypatch, given, asked):
    monkeypatch.setattr(settings, "_current", Settings.read(given))
    assert {role for role in ("reader", "adviser", "administrator") if second_factor.required(role)} == asked
