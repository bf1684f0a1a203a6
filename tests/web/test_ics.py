"""The link that puts a deadline in a citizen's calendar."""

import icalendar
import pytest

from web import create_app

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def client():
    return create_app().test_client()


def test_the_link_gives_a_calendar_file_to_keep(client):
    answer = client.get("/frist.ics?slags=klagefrist&dato=2026-12-21")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="frist-klagefrist-2026-12-21.ics"'
    (event,) = icalendar.Calendar.from_ical(answer.get_data()).walk("VEVENT")
    assert event["SUMMARY"] == "Sidste dag for at klage"
    assert event["DTSTART"].dt.isoformat() == "2026-12-21"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Datoen mangler"),
        ("slags=klagefrist", "Datoen mangler"),
        ("slags=klagefrist&dato=21.12.2026", "2026-12-21"),
        ("slags=klagefrist&dato=2026-02-30", "kan ikke læses"),
        ("slags=klagefrist&dato=9999-12-31", "årstallet"),
        ("slags=klagefrist&dato=2026-11-22", "Den dag er gået"),
        ("dato=2026-12-21", "slags frist"),
        ("slags=pizza&dato=2026-12-21", "slags frist"),
        ("slags=klagefrist%0d%0aX-A:1&dato=2026-12-21", "slags frist"),
        ("slags=klagefrist&dato=%00", "kan ikke læses"),
    ],
)
def test_what_cannot_be_used_gets_400_with_danish_words_and_a_way_on(client, query, words):
    answer = client.get(f"/frist.ics?{query}")
    assert answer.status_code == 400
    assert words in answer.text
    assert "45 97 30 00" in answer.text
    assert "X-A" not in answer.headers
