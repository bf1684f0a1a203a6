"""What the adviser can take up, as the case tells it to her."""

from datetime import date

import pytest

from casework.competence import assess, grounds

pytestmark = pytest.mark.once

TODAY = date(2026, 11, 23)


def look(**said):
    usual = {"unit": "ltk.visitation", "topic": None, "decided": None, "spoken_with_department": True, "today": TODAY}
    return assess(**{**usual, **said})


@pytest.mark.parametrize(
    ("said", "within", "word"),
    [
        ({}, "yes", "sagsbehandlingen"),
        ({"unit": "ekstern.skat"}, "no", "kommunens egen"),
        ({"topic": "klage.afgoerelse"}, "unclear", "faglige skøn"),
        ({"decided": date(2025, 11, 22)}, "unclear", "1 år"),
        ({"decided": date(2025, 11, 23)}, "yes", "sagsbehandlingen"),
        ({"spoken_with_department": False}, "unclear", "dialog først"),
        ({"topic": "klage.personale"}, "yes", "adfærd"),
        ({"topic": "klage.diskrimination"}, "yes", "diskrimination"),
        ({"topic": "vejvisning.afdeling", "spoken_with_department": False}, "yes", "vejvisning"),
        ({"unit": None}, "unclear", "sagsbehandlingen"),
    ],
)
def test_a_first_look_follows_the_statute_and_says_why(said, within, word):
    found = look(**said)
    assert found["within"] == within
    assert any(word in reason for reason in found["reasons"]), found


def test_several_doubts_are_all_told():
    found = look(topic="klage.afgoerelse", decided=date(2024, 1, 5), spoken_with_department=False)
    assert len(found["reasons"]) == 3


def test_every_no_names_who_can_by_when_and_what_to_attach():
    for ground in grounds():
        assert ground["who"].strip() and ground["by_when"].strip() and ground["attach"], ground["id"]
