"""Personal data stop at the door."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.privacy import CPR_REMOVED, clean, mask, mask_whole, resolve, without_cpr

CPR = [
    "010203-1234",
    "0102031234",
    "010203 1234",
    "01.02.03-1234",
    "01-02-03-1234",
    "01 02 03 1234",
    "010203–1234",
    "01/02/1990-1234",
    "01021990-1234",
    "0 1 0 2 0 3 1 2 3 4",
    "010203 - 1234",
    "610203-1234",
    "٠١٠٢٠٣١٢٣٤",
    "010203.1234",
    "010203/1234",
]
NOT_PERSONAL = [
    "den 12.10.2026",
    "12/10 til 14/11 2026",
    "2026-10-12 kl. 10.30",
    "20.000 kr.",
    "1.234,50 kr",
    "BR-2026-7K3M9",
    "12.345.678 kr",
    "sag 24-1234",
    "paragraf 135",
    "12.10.2026-03.11.2026",
    "jeg er 47 år og har 3 børn",
]


@pytest.mark.parametrize("number", CPR)
def test_a_cpr_number_is_dropped_in_any_common_form(number):
    masked = mask(clean(f"mit cpr er {number}, tak"))
    assert masked.text == f"mit cpr er {CPR_REMOVED}, tak"
    assert not masked.values


def test_a_cpr_number_split_into_birthday_and_last_four_is_dropped():
    assert "1234" not in mask("født 311299 og de sidste fire er 1234").text


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_dates_amounts_and_references_are_left_alone(text):
    assert mask(text).text == text


@pytest.mark.parametrize(
    "phone", ["28282828", "28 28 28 28", "2828 2828", "+45 28282828", "0045 28 28 28 28", "28-28-28-28"]
)
def test_a_phone_number_becomes_a_token(phone):
    masked = mask(f"ring på {phone} efter 10")
    assert masked.text == "ring på [telefon 1] efter 10"
    assert masked.values == {"[telefon 1]": phone}


@pytest.mark.parametrize("email", ["a.b@firma.dk", "Anna_B+x@sub.domæne.dk", "a.b (at) firma.dk"])
def test_an_email_address_becomes_a_token(email):
    assert mask(f"skriv til {email}").text == "skriv til [e-mail 1]"


def test_the_same_number_gets_the_same_token_through_a_conversation():
    known = mask("28 28 28 28").values
    assert mask("jeg sagde jo 28282828 og 40404040", known).text == "jeg sagde jo [telefon 1] og [telefon 2]"


def test_a_name_given_as_an_answer_is_masked_whole_and_can_be_put_back():
    masked = mask_whole("Anna Å. Jensen", "navn")
    assert masked.text == "[navn 1]"
    assert resolve("Hun hedder [navn 1].", masked.values) == "Hun hedder Anna Å. Jensen."


def test_the_form_keeps_phone_and_email_but_never_cpr():
    assert without_cpr("010203-1234, ring 28282828") == f"{CPR_REMOVED}, ring 28282828"


def test_control_characters_are_cleaned_away():
    assert clean("hej\x00\x07 du\u202e der\r\nny linje") == "hej du der\nny linje"


@given(
    st.integers(1, 28),
    st.integers(1, 12),
    st.integers(0, 99),
    st.integers(0, 9999),
    st.sampled_from(["", "-", " ", ".", " - "]),
)
def test_no_generated_cpr_number_survives(day, month, year, last, sign):
    number = f"{day:02}{month:02}{year:02}{sign}{last:04}"
    assert f"{last:04}" not in mask(f"nr {number} slut").text
