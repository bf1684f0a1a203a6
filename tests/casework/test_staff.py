"""Accounts, passwords, throttled attempts and tokens."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import clock, openid, settings, sign_in, staff
from casework.db import session
from casework.errors import InvalidInput, InvalidState, NotAllowed
from casework.models import AccessEvent
from casework.settings import Settings

NOW = clock.now()
ADDRESS, ELSEWHERE = "192.0.2.7", "198.51.100.9"


def add(db, **changes):
    given = {"email": "j@ltk.invalid", "name": "J", "role": "adviser", "password": "en lang adgangskode", **changes}
    return staff.add_staff(db, **given, now=NOW)


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


def test_a_demo_account_never_signs_in_in_production(db, monkeypatch):
    person = add(db, demo=True)
    assert staff.sign_in(db, "j@ltk.invalid", "en lang adgangskode")
    safe = {"VEJVISER_ENV": "production", "VEJVISER_SECRET_KEY": "k3Jx9-aaQ7zz_Lm28vBnc0PqRst56WyU"}
    monkeypatch.setattr(settings, "_current", Settings.read(safe))
    with pytest.raises(NotAllowed):
        staff.sign_in(db, "j@ltk.invalid", "en lang adgangskode")
    assert staff.person_with_id(db, person.id) is None


def test_the_password_is_stored_as_an_argon2_hash(db):
    assert add(db).password_hash.startswith("$argon2id$")


@pytest.mark.parametrize("wrong", [{"role": "chef"}, {"password": "kort"}, {"email": "uden-snabel"}])
def test_a_bad_account_is_refused(db, wrong):
    with pytest.raises(InvalidInput):
        add(db, **wrong)


@pytest.mark.parametrize(
    "password",
    [
        "Adgangskode123!",
        "123456789012",
        "aaaaaaaaaaaaaaaa",
        "qwertyuiopå12",
        "Borgerrådgiver2026",
        "julie@ltk.invalid",
        "JulieKjeldgaard1",
        "kjeldgaard-2026",
    ],
)
def test_a_password_that_is_guessed_first_is_refused(db, password):
    with pytest.raises(InvalidInput):
        add(db, email="julie@ltk.invalid", name="Julie Kjeldgaard", password=password)


def test_words_that_do_not_fit_together_are_a_good_password_even_with_the_name_among_them(db):
    assert add(db, email="julie@ltk.invalid", name="Julie Kjeldgaard", password="julie lampe violin gryde")


def test_an_email_can_be_used_once(db):
    add(db)
    with pytest.raises(InvalidInput):
        add(db)


def test_a_new_password_must_differ_and_be_typed_twice(db):
    person = add(db)
    with pytest.raises(InvalidInput, match="ikke ens"):
        staff.choose_password(db, person, "lampe violin gryde", "lampe violin grydf", NOW)
    with pytest.raises(InvalidInput, match="en anden adgangskode"):
        staff.choose_password(db, person, "en lang adgangskode", "en lang adgangskode", NOW)
    before = person.stamp
    staff.choose_password(db, person, "lampe violin gryde", "lampe violin gryde", NOW)
    assert person.stamp != before
    assert staff.sign_in(db, person.email, "lampe violin gryde")


def test_the_last_administrator_can_be_neither_closed_nor_given_another_role(db):
    boss = add(db, role="administrator")
    for attempt in (
        lambda: staff.close(db, boss, NOW, by_id=None),
        lambda: staff.change_role(db, boss, "reader", NOW, by_id=None),
    ):
        with pytest.raises(InvalidState, match="sidste administrator"):
            attempt()
    closed = add(db, email="anden@ltk.invalid", role="administrator")
    closed.active = False
    db.flush()
    with pytest.raises(InvalidState, match="sidste administrator"):
        staff.close(db, boss, NOW, by_id=None)
    closed.active = True
    db.flush()
    staff.close(db, boss, NOW, by_id=None)
    assert not boss.active


def test_two_administrators_who_close_each_other_at_the_same_moment_leave_one(db):
    ids = [add(db, email=f"{n}@ltk.invalid", role="administrator").id for n in "ab"]
    db.commit()
    gate, refused = threading.Barrier(2), []

    def closes(by_id, staff_id):
        gate.wait()
        try:
            with session() as own, own.begin():
                staff.close(own, staff.find(own, staff_id=staff_id), NOW, by_id=by_id)
        except InvalidState:
            refused.append(staff_id)

    threads = [threading.Thread(target=closes, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with session() as after:
        assert [staff.find(after, staff_id=number).active for number in ids].count(True) == 1


def test_nobody_changes_or_closes_her_own_account(db):
    boss = add(db, role="administrator")
    add(db, email="anden@ltk.invalid", role="administrator")
    for verb in (
        lambda: staff.change_role(db, boss, "reader", NOW, by_id=boss.id),
        lambda: staff.close(db, boss, NOW, by_id=boss.id),
        lambda: staff.new_temporary_password(db, boss, NOW, by_id=boss.id),
    ):
        with pytest.raises(InvalidState):
            verb()


def fail(db, times, *, email="j@ltk.invalid", address=ADDRESS, now=NOW):
    for _ in range(times):
        sign_in.begin(db, email, address, now)


def get_in(db, person, *, address=ADDRESS, now=NOW):
    sign_in.passed(db, sign_in.begin(db, person.email, address, now), person)
    sign_in.entered(db, person, address, now, "eget login")
    db.flush()


def wait_for(db, *, email="j@ltk.invalid", address=ADDRESS, now=NOW):
    try:
        sign_in.begin(db, email, address, now)
    except sign_in.TooSoon as error:
        return error.seconds
    return 0


def test_five_failures_are_free_and_then_the_wait_doubles_to_five_minutes_and_no_more(db):
    add(db)
    fail(db, 5)
    now, waits = NOW, []
    for _ in range(9):
        waits.append(wait_for(db, now=now))
        now += timedelta(seconds=waits[-1])
        assert wait_for(db, now=now) == 0  # the wait has an end, and this is the next failure
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_trying_while_waiting_does_not_lengthen_the_wait(db):
    fail(db, 5)
    for second in range(4):
        assert wait_for(db, now=NOW + timedelta(seconds=second)) == 5 - second
    assert wait_for(db, now=NOW + timedelta(seconds=5)) == 0


def test_the_wait_does_not_tell_whether_there_is_an_account(db):
    add(db)
    fail(db, 5)
    fail(db, 5, email="findes-ikke@ltk.invalid", address=ELSEWHERE)
    assert wait_for(db) == wait_for(db, email="findes-ikke@ltk.invalid", address=ELSEWHERE) == 5


def test_somebody_who_gets_in_starts_afresh_but_the_password_alone_does_not_count_as_in(db):
    person = add(db)
    fail(db, 4)
    sign_in.passed(db, sign_in.begin(db, person.email, ADDRESS, NOW), person)  # the code is still missing
    fail(db, 1)
    assert wait_for(db) == 5
    now = NOW + timedelta(seconds=5)
    get_in(db, person, now=now)
    fail(db, 4, now=now)
    assert wait_for(db, now=now) == 0


def test_strangers_cannot_keep_a_person_out_from_where_she_usually_signs_in(db):
    person = add(db)
    get_in(db, person, now=NOW - timedelta(days=3))
    fail(db, 5, address=ELSEWHERE)
    assert wait_for(db, address=ELSEWHERE) == 5
    assert wait_for(db, address=ADDRESS) == 0


def test_one_address_that_tries_many_accounts_must_wait_and_others_need_not(db):
    for number in range(20):
        fail(db, 1, email=f"gaet{number}@ltk.invalid")
    assert wait_for(db, email="en-ny@ltk.invalid") == 5
    assert wait_for(db, email="en-ny@ltk.invalid", address=ELSEWHERE) == 0


def test_addresses_of_one_ipv6_network_count_as_one(db):
    for number in range(20):
        fail(db, 1, email=f"gaet{number}@ltk.invalid", address=f"2001:db8:1:2::{number + 1:x}")
    assert wait_for(db, email="en-ny@ltk.invalid", address="2001:db8:1:2:ffff::1") == 5
    assert wait_for(db, email="en-ny@ltk.invalid", address="2001:db8:1:3::1") == 0


def test_failures_of_yesterday_are_forgiven(db):
    fail(db, 5, now=NOW - timedelta(hours=25))
    assert wait_for(db) == 0


def test_neither_what_was_typed_nor_the_address_is_kept_readable_and_the_marks_go_after_a_month(db):
    fail(db, 1, email="min adgangskode er kommet i det forkerte felt", now=NOW - timedelta(days=31))
    kept = db.scalar(select(AccessEvent))
    text = " ".join(str(value) for value in vars(kept).values())
    assert "adgangskode er kommet" not in text and ADDRESS not in text
    fail(db, 1)
    db.refresh(kept)
    assert kept.address_key is None and kept.account_key is None


CLAIMS = {"iss": "https://login.invalid", "sub": "42", "email": "j@ltk.invalid", "email_verified": True, "name": "J"}
ROLES = {"CN=Raadgivere,OU=LTK": "adviser", "admins": "administrator"}


def admit(db, roles=None, **changes):
    claims = {k: v for k, v in {**CLAIMS, **changes}.items() if v is not None}
    return openid.admit(db, claims, NOW, role_claim="roller.vejviser", roles=ROLES if roles is None else roles)


def test_the_kommunes_login_knows_a_person_by_number_after_the_first_time_whatever_her_email_becomes(db):
    person = add(db)
    assert admit(db).id == person.id
    assert admit(db, email="nyt-navn@ltk.invalid", email_verified=None).id == person.id
    with pytest.raises(NotAllowed):
        admit(db, sub="43")  # another person who now has her address


def test_an_address_the_login_does_not_vouch_for_takes_over_no_account(db):
    add(db)
    for vouched in (None, False, "true"):
        with pytest.raises(NotAllowed):
            admit(db, email_verified=vouched)


def test_a_stranger_comes_in_only_with_a_mapped_role_and_loses_it_with_the_group(db):
    for claims in ({}, {"roller": {"vejviser": ["noget andet"]}}, {"roller": {"vejviser": ["admins"]}, "email": None}):
        with pytest.raises(NotAllowed):
            admit(db, **claims)
    person = admit(db, roller={"vejviser": ["CN=Raadgivere,OU=LTK"]})
    assert (person.role, person.oidc_managed) == ("adviser", True)
    before = person.stamp
    assert admit(db, roller={"vejviser": ["CN=Raadgivere,OU=LTK", "admins"]}).role == "administrator"
    assert person.stamp != before
    with pytest.raises(NotAllowed):
        admit(db)


def test_an_account_made_by_hand_keeps_its_role_and_a_closed_one_stays_closed(db):
    person = add(db, role="reader")
    assert admit(db, **{"roller.vejviser": "admins"}).role == "reader"
    person.active = False
    with pytest.raises(NotAllowed):
        admit(db)


def test_a_token_opens_the_api_and_any_other_text_does_not(db):
    token = staff.create_token(db, name="prøve", role="reader", now=clock.now())
    db.flush()
    assert staff.token_holder(db, token).role == "reader"
    with pytest.raises(NotAllowed):
        staff.token_holder(db, token[:-1])
