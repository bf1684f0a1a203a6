"""The annual figures: what counts, where, and how it reads as JSON, as a page and in Word."""

import json
from datetime import date, datetime, time, timedelta, timezone
from html.parser import HTMLParser
from io import BytesIO
from itertools import count

import pytest
from click.testing import CliRunner
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from casework import availability, cases, conversations, figures, meetings, messages, refusal, retention, review
from casework.cli import main as cli
from casework.clock import COPENHAGEN
from casework.db import engine
from casework.errors import InvalidInput
from casework.figures import Group, Period, period_of
from casework.figures_document import write
from casework.figures_report import _cross, _shares, percent, report
from casework.figures_response import Received, measure
from casework.figures_tables import sections
from casework.intake import Intake, file_case
from casework.meetings import Wish
from casework.models import Case, Conversation
from casework.registration import KINDS
from casework.taxonomy import taxonomy
from casework.urgency import short_unit
from tests.casework.test_review import create_actor

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=timezone.utc)
Y2025 = Period(date(2025, 1, 1), date(2025, 12, 31))
numbers = count(1)


def noon(day):
    return datetime.combine(day, time(12), COPENHAGEN)


def registered(db, received=date(2025, 3, 3), *, at=None, **more):
    """A case received on a day and closed with its registration; `answered` is the day of the first answer."""
    answered = more.pop("answered", None)
    number = next(numbers)
    given = {
        **{"unit": "ltk.byggesag", "center": "CBB", "cause": "langsommelig", "handling": "dialog_afdeling"},
        **{"status": "afsluttet", "respond_by": received + timedelta(days=14), "priority": "normal"},
        **{"competence": {"within": "yes", "reasons": []}, "summary": "", "story": "", "code_hash": "x"},
        **{"reference": f"BR-2025-T{number}", "submission": f"t{number}", "created_at": at or noon(received)},
        "answered_at": noon(answered) if answered else None,
        **more,
    }
    case = Case(**given)
    db.add(case)
    db.flush()
    return case


def told(db, period=Y2025, today=TODAY):
    return report(db, period, today)


def by_id(rows):
    return {row["id"]: row["count"] for row in rows}


def cell(table, row, column):
    heads = [head["id"] for head in table["columns"]]
    (found,) = [r for r in table["rows"] if r["id"] == row]
    return found["cells"][heads.index(column)]


# --- What counts ----------------------------------------------------------------------------------------------------


def test_a_year_counted_by_hand(db):
    main = registered(db)
    registered(db, follows_id=main.id, cause="vejviser", handling="vejviser")
    registered(db, unit="ltk.skole", center="CUP", cause="hjaelp_klage", handling="hjaelp_klage")
    registered(db, unit="ltk.skole", center="CUP", kind="klage", cause="hjaelp_klage", handling="raad_vejledning")
    registered(db, unit=None, center="EKSTERN", cause="vejviser", handling="afvist", status="afvist")
    registered(db, unit="ltk.opkraevning", center=None, cause=None, handling=None, status="ny")
    registered(db, unit=None, center=None, cause=None, handling=None, status="tilbagetrukket")
    registered(db, date(2024, 12, 31))
    registered(db, date(2026, 1, 1))
    found = told(db)
    assert (found["totals"]["all"], found["totals"]["main"], found["totals"]["following"]) == (7, 6, 1)
    kinds = {"klage": 2, "vejvisning": 2, "vejledning": 1, None: 2}
    assert by_id(found["totals"]["by_kind"]["rows"]) == kinds
    assert by_id(found["totals"]["by_status"]) == {"aaben": 1, "afsluttet": 4, "afvist": 1, "tilbagetrukket": 1}
    assert by_id(found["centres"]["rows"]) == {"CBB": 2, "CUP": 2, "EKSTERN": 1, None: 2}
    assert [row["label"] for row in found["centres"]["rows"]][-1] == "Uden center"
    causes, handlings = found["cause_by_centre"], found["handling_by_centre"]
    assert cell(causes, "langsommelig", "CBB") == {"count": 1, "percent": 50}
    assert cell(causes, "hjaelp_klage", "CUP") == {"count": 2, "percent": 100}
    assert cell(causes, None, None) == {"count": 2, "percent": 100}
    assert cell(handlings, "raad_vejledning", "CUP") == {"count": 1, "percent": 50}
    assert cell(handlings, "raad_vejledning", "CBB") == {"count": 0, "percent": 0}
    assert found["unregistered"] == {
        **{"cause": 2, "handling": 2, "center": 2, "unit": 2},
        **{"open": 1, "withdrawn": 1, "closed": 0},
    }
    notes = " ".join(found["notes"])
    assert "2 sager mangler årsag eller håndtering: 1 ikke afsluttet, 1 trukket tilbage." in notes
    assert "Slags er ikke registreret for sig i 4 sager" in notes


def test_the_day_begins_and_ends_at_midnight_in_copenhagen_in_winter_and_in_summer(db):
    winter, summer = date(2025, 1, 1), date(2025, 7, 1)
    for first in (winter, summer):
        midnight = datetime.combine(first, time(), COPENHAGEN)
        for seconds in (-1, 0, 86_399, 86_400):
            moment = midnight.astimezone(timezone.utc) + timedelta(seconds=seconds)
            registered(db, first, at=moment)
        assert told(db, Period(first, first))["totals"]["all"] == 2, first


def test_the_days_on_which_the_clock_is_moved_are_counted_whole(db):
    for day, hours in ((date(2025, 3, 30), 23), (date(2025, 10, 26), 25)):
        begins = datetime.combine(day, time(), COPENHAGEN).astimezone(timezone.utc)
        for minutes in (-1, 0, hours * 60 - 1, hours * 60):
            registered(db, day, at=begins + timedelta(minutes=minutes))
        assert told(db, Period(day, day))["totals"]["all"] == 2, day


def test_a_case_without_a_registered_centre_has_that_of_its_unit_on_its_own_day(db):
    for day in (date(2024, 12, 31), date(2025, 1, 1)):
        registered(db, day, unit="ltk.byggesag", center=None)
        registered(db, day, unit="ltk.skole", center=None)
        registered(db, day, unit="ekstern.skat", center=None)
        registered(db, day, unit="ltk.boligsocial", center=None)
    both = Period(date(2024, 1, 1), date(2025, 12, 31))
    found = by_id(told(db, both)["centres"]["rows"])
    assert found == {"CUPB": 1, "CBB": 1, "CUP": 2, "EKSTERN": 2, None: 2}


def test_a_centre_the_adviser_has_chosen_goes_before_that_of_the_unit(db):
    registered(db, unit="ltk.byggesag", center="CSI")
    assert by_id(told(db)["centres"]["rows"]) == {"CSI": 1}


def test_tests_count_nowhere(db):
    actor = create_actor(db)
    conversation, _ = conversations.start(db, NOW)
    conversations.hear(db, conversation, "Hej", NOW)
    registered(db, TODAY, conversation_id=conversation.id)
    registered(db, TODAY, test=True)
    lone, _ = conversations.start(db, NOW)
    conversations.hear(db, lone, "Hej", NOW)
    now = period_of(2026, None, None, TODAY)
    before = told(db, now)
    assert (before["totals"]["all"], before["conversations"]["without_case"]) == (1, 1)
    for one in (conversation, lone):
        review.set_test(db, one.id, True, actor, NOW)
    db.flush()
    after = told(db, now)
    assert (after["totals"]["all"], after["conversations"]["without_case"]) == (0, 0)
    assert after["response"]["left_out"]["closed"] == 0


def test_a_case_that_has_lost_its_text_still_counts_and_says_so_where_the_month_is_cut(db):
    old = registered(db, date(2020, 6, 24), unit="ltk.skole", center="CUP", closed_at=noon(date(2020, 7, 2)))
    kept = registered(db, date(2020, 6, 24), unit="ltk.skole", center="CUP", kind="andet")
    kept.status, kept.closed_at = "afsluttet", noon(date(2020, 7, 2))
    kept.answered_at, kept.respond_by = noon(date(2020, 7, 8)), date(2020, 7, 8)
    db.flush()
    before = told(db, Period(date(2020, 6, 1), date(2020, 6, 30)))
    assert retention.run(db, NOW).counts["sager"] == 2
    assert old.anonymised_at and old.created_at.astimezone(COPENHAGEN).day < 8
    after = told(db, Period(date(2020, 6, 1), date(2020, 6, 30)))
    for part in ("centres", "cause_by_centre", "handling_by_centre", "top", "unregistered"):
        assert after[part] == before[part], part
    assert after["totals"]["by_kind"] == before["totals"]["by_kind"]
    assert after["totals"]["anonymised"] == 2
    assert not any("deler en måned" in note for note in after["notes"])
    cut = told(db, Period(date(2020, 6, 1), date(2020, 6, 15)))
    assert any("2 sager er anonymiseret" in note and "deler en måned" in note for note in cut["notes"])


def test_every_cause_has_a_kind_and_no_unknown_cause_has():
    assert set(KINDS) == set(taxonomy()["causes"])


def test_a_value_that_is_no_longer_in_the_taxonomy_is_still_counted_and_shown(db):
    registered(db, center="GAMMEL", cause="nedlagt", handling="nedlagt", unit="ltk.nedlagt")
    found = told(db)
    assert by_id(found["centres"]["rows"]) == {"GAMMEL": 1}
    assert found["top"]["causes"][0]["label"] == "nedlagt"
    assert by_id(found["totals"]["by_kind"]["rows"]) == {None: 1}


def test_a_period_without_cases_says_so_and_divides_by_nothing(db):
    found = told(db)
    assert found["totals"]["all"] == 0
    assert found["response"]["kept_percent"] is None
    assert any("ingen henvendelser" in said for section in sections(found) for said in section.said)
    for form in ("json", "html", "docx"):
        assert write(found, form)


def test_no_case_is_loaded_and_the_queries_do_not_grow_with_the_cases(db):
    for _ in range(30):
        registered(db, answered=date(2025, 3, 7))
    db.flush()
    db.expire_all()
    asked = []
    loaded = []

    def on_statement(_connection, _cursor, statement, *_):
        asked.append(statement)

    event.listen(engine(), "before_cursor_execute", on_statement)

    def on_load(case, _context):
        loaded.append(case)

    event.listen(Case, "load", on_load)
    try:
        told(db)
    finally:
        event.remove(engine(), "before_cursor_execute", on_statement)
        event.remove(Case, "load", on_load)
    assert len(asked) < 10
    assert loaded == []


# --- Per cents ------------------------------------------------------------------------------------------------------


def test_three_thirds_are_33_each_and_a_note_says_that_they_give_99(db):
    for cause in ("langsommelig", "forslag", "vejviser"):
        registered(db, cause=cause)
    found = told(db)["cause_by_centre"]
    assert [row["cells"][0]["percent"] for row in found["rows"]] == [33, 33, 33]
    assert found["columns"][0]["percent_sum"] == 99
    assert "99" in found["columns"][0]["note"] and "99" in found["total"]["note"]
    notes = " ".join(note for s in sections(told(db)) for table in s.tables for note in table.notes)
    assert "giver de ikke 100 i: CBB (99), I alt (99)" in notes


def test_a_column_that_gives_100_has_no_note(db):
    registered(db)
    registered(db, cause="forslag")
    found = told(db)["cause_by_centre"]
    assert (found["columns"][0]["percent_sum"], found["columns"][0]["note"]) == (100, None)


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(1, 3, 33), (2, 3, 67), (1, 8, 13), (1, 200, 1), (1, 201, 0), (44, 170, 26), (0, 5, 0), (5, 5, 100), (0, 0, None)],
)
def test_a_per_cent_is_whole_and_a_half_goes_up(part, whole, shown):
    assert percent(part, whole) == shown


@st.composite
def registrations(draw):
    """Any cases at all, by centre, cause, handling and so on."""

    def one(kind):
        return draw(st.sampled_from([None, *list(taxonomy()[kind])[:5]]))

    return [
        Group(
            *(one("centres"), one("units"), one("causes"), one("handlings"), None, False),
            *(draw(st.sampled_from(["ny", "afsluttet", "tilbagetrukket"])), draw(st.booleans()), False, False),
            draw(st.integers(1, 400)),
        )
        for _ in range(draw(st.integers(1, 25)))
    ]


@settings(max_examples=60, deadline=None)
@given(registrations())
def test_rows_and_columns_add_up_to_the_total_and_per_cents_follow_from_the_counts(found):
    everything = figures.total(found)
    for name, kind in (("cause", "causes"), ("handling", "handlings")):
        table = _cross(kind, figures.crossed(found, name))
        assert sum(row["total"]["count"] for row in table["rows"]) == table["total"]["count"] == everything
        assert sum(head["count"] for head in table["columns"]) == everything
        for row in table["rows"]:
            assert sum(one["count"] for one in row["cells"]) == row["total"]["count"]
        for number, head in enumerate(table["columns"]):
            column = [row["cells"][number] for row in table["rows"]]
            assert sum(one["count"] for one in column) == head["count"]
            for one in column:
                assert abs(one["percent"] - 100 * one["count"] / head["count"]) <= 0.5
            assert head["percent_sum"] == sum(one["percent"] for one in column)
            assert (head["note"] is None) == (head["percent_sum"] == 100)
    shares = _shares("centres", figures.counts(found, "center"), everything)
    assert sum(row["count"] for row in shares["rows"]) == everything
    lacking = figures.lacking(found)
    assert lacking.open + lacking.withdrawn + lacking.closed >= max(lacking.cause, lacking.handling)


# --- The three with most --------------------------------------------------------------------------------------------


def test_all_who_share_the_third_place_are_shown_and_what_is_not_registered_has_no_place(db):
    for cause, times in (("vejviser", 4), ("forslag", 2), ("langsommelig", 1), ("manglende_svar", 1), (None, 9)):
        for _ in range(times):
            registered(db, cause=cause, unit="ltk.skole")
    registered(db, cause="hjaelp_klage", unit="ltk.ppr")
    top = told(db)["top"]
    assert [(row["rank"], row["id"], row["count"]) for row in top["causes"]] == [
        *((1, "vejviser", 4), (2, "forslag", 2)),
        *((3, "hjaelp_klage", 1), (3, "langsommelig", 1), (3, "manglende_svar", 1)),
    ]
    assert [(row["rank"], row["label"]) for row in top["units"]] == [
        (1, short_unit("ltk.skole")),
        (2, short_unit("ltk.ppr")),
    ]


# --- Response times -------------------------------------------------------------------------------------------------


def received(day=date(2026, 11, 2), answered=None, promised=None, status="afsluttet", anonymous=False, imported=False):
    return Received(day, answered, promised, status, anonymous, imported)


def test_the_promise_is_ten_working_days_and_the_eleventh_is_too_late():
    told = measure(
        [
            received(answered=date(2026, 11, 2)),
            received(answered=date(2026, 11, 16)),
            received(answered=date(2026, 11, 17)),
        ],
        TODAY,
    )
    assert (told.kept, told.late, told.median, told.longest) == (2, 1, 10, 11)


def test_easter_is_no_working_time():
    told = measure([received(date(2026, 3, 30), answered=date(2026, 4, 16))], TODAY)
    assert (told.kept, told.longest) == (1, 10)


def test_who_waits_too_long_counts_against_the_promise_and_who_waits_within_it_does_not():
    told = measure(
        [
            received(answered=date(2026, 11, 3)),
            received(date(2026, 11, 6), status="ny"),
            received(date(2026, 11, 9), status="i_gang"),
        ],
        TODAY,
    )
    assert (told.kept, told.overdue, told.waiting, told.decided) == (1, 1, 1, 2)
    assert told.median == 1


def test_those_nobody_can_measure_are_left_out_and_said():
    told = measure(
        [
            received(answered=date(2026, 11, 3), anonymous=True),
            received(imported=True),
            received(status="tilbagetrukket"),
            received(status="afsluttet"),
            received(date(2031, 1, 2), answered=date(2031, 1, 3)),
        ],
        TODAY,
    )
    assert (told.anonymous, told.imported, told.withdrawn, told.closed, told.uncertain) == (1, 1, 1, 1, 1)
    assert (told.answered, told.median, told.longest) == (0, None, None)


def filed(db, day, number):
    intake = Intake(story="Sag", contact_channel="telefon", contact_value="22334455", unit="ltk.byggesag")
    receipt = file_case(db, intake, submission=f"f{number}", now=noon(day), today=day, code_key=b"0" * 32)
    return receipt.reference


def test_the_first_answer_counts_though_the_case_was_reopened_or_put_off(db):
    actor = create_actor(db)
    begin = date(2026, 6, 1)
    kept, late, refused = (filed(db, begin, n) for n in range(3))
    for reference in (kept, late):
        cases.take(db, reference, actor, noon(begin))
    messages.reply(db, kept, "Et svar", actor, noon(date(2026, 6, 4)))
    closing = {"cause": "manglende_svar", "handling": "dialog_afdeling", "center": "CBB"}
    cases.close(db, kept, actor, noon(date(2026, 6, 8)), **closing)
    cases.reopen(db, kept, "Mere at sige", actor, noon(date(2026, 9, 1)), date(2026, 9, 1))
    told_of = "Svaret kommer {ny_dato}"
    messages.delay(db, late, told_of, date(2026, 7, 1), actor, noon(date(2026, 6, 3)), date(2026, 6, 3))
    messages.reply(db, late, "Et svar", actor, noon(date(2026, 6, 30)))
    said = refusal.Refusal("Det kan jeg ikke.", "Ankestyrelsen.", "Inden fire uger.")
    refusal.refuse(db, refused, said, actor, noon(date(2026, 6, 2)), cause="vejviser", center="CBB")
    found = told(db, period_of(2026, None, None, TODAY))["response"]
    assert (found["kept"], found["late"], found["overdue"], found["kept_percent"]) == (2, 1, 0, 67)
    assert found["median_working_days"] == 3


def test_figures_of_answers_are_the_same_after_the_text_is_gone(db):
    case = registered(db, date(2020, 4, 27), answered=date(2020, 5, 12), respond_by=date(2020, 5, 12))
    case.closed_at = noon(date(2020, 5, 12))
    db.flush()
    month = Period(date(2020, 4, 1), date(2020, 4, 30))
    before = told(db, month)["response"]
    retention.run(db, NOW)
    assert case.anonymised_at
    assert told(db, month)["response"] == before


# --- Meetings and conversations -------------------------------------------------------------------------------------


def test_meetings_are_counted_by_kind_and_how_they_ended_on_the_day_they_were_for(db):
    availability.seed(db)
    db.flush()
    days = [datetime(2026, 12, n, 10, tzinfo=COPENHAGEN) for n in (1, 3)]
    for day in days:
        meetings.book(db, Wish("telefon", day, "Anna", "telefon", "28 28 28 28"), NOW)
    found = told(db, Period(date(2026, 12, 1), date(2026, 12, 2)))["meetings"]["rows"]
    assert [(row["id"], row["aftalt"], row["gennemfoert"]) for row in found] == [("telefon", 1, 0)]
    tables = sections(told(db, Period(date(2026, 12, 1), date(2026, 12, 31))))[-2].tables
    assert tables[0].rows == [["Telefonsamtale", "2", "2"]]


def test_it_is_said_when_old_conversations_are_no_longer_there_to_be_counted(db):
    conversation, _ = conversations.start(db, NOW)
    conversations.hear(db, conversation, "Hej", NOW)
    assert db.get(Conversation, conversation.id)
    new = told(db, Period(TODAY, TODAY))["conversations"]
    assert (new["without_case"], new["whole"]) == (1, True)
    assert told(db, period_of(2026, None, None, TODAY))["conversations"]["whole"] is False


# --- The period and the forms ---------------------------------------------------------------------------------------


def test_a_period_is_a_year_a_part_of_it_or_from_day_to_day():
    assert period_of("2025", "", None, TODAY) == Y2025
    assert period_of("2025", "01.02.2025", "", TODAY) == Period(date(2025, 2, 1), date(2025, 12, 31))
    assert period_of("", "2025-02-01", "2025-03-01", TODAY) == Period(date(2025, 2, 1), date(2025, 3, 1))
    assert period_of("", "2026-02-01", "", TODAY) == Period(date(2026, 2, 1), TODAY)


@pytest.mark.parametrize(
    ("year", "first", "last", "field"),
    [
        ("", "", "", "first"),
        ("to tusind", "", "", "year"),
        ("9999", "", "", "year"),
        ("²", "", "", "year"),
        ("", "31.02.2025", "", "first"),
        ("", "2025-03-01", "2025-02-01", "last"),
        ("", "", "2025-02-01", "first"),
        ("2025", "2024-12-31", "", "first"),
        ("", "0001-01-01", "", "first"),
        ("", "2025-01-01", "9999-12-31", "last"),
    ],
)
def test_a_period_that_makes_no_sense_is_told_at_its_field(year, first, last, field):
    with pytest.raises(InvalidInput) as error:
        period_of(year, first, last, TODAY)
    assert set(error.value.fields) == {field}


class Tables(HTMLParser):
    """Reads the tables of a page: caption, headings with their scope, and cells."""

    def __init__(self, page):
        super().__init__()
        self.tables, self.where = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.tables.append({"caption": "", "scopes": set(), "cells": []})
        if tag == "th":
            self.tables[-1]["scopes"].add(dict(attributes).get("scope"))
        if tag in ("th", "td", "caption"):
            self.where = tag
            if tag != "caption":
                self.tables[-1]["cells"].append("")

    def handle_endtag(self, tag):
        if tag in ("th", "td", "caption"):
            self.where = ""

    def handle_data(self, data):
        if self.where == "caption":
            self.tables[-1]["caption"] += data
        elif self.where:
            self.tables[-1]["cells"][-1] += data


def run(*arguments):
    return CliRunner().invoke(cli, ["report", *arguments])


@pytest.fixture
def some(db):
    """Cases in the database, for the command line."""
    for center in ("CBB", "CSI", "CSO", "CUP", "CAE", "CTMB", "CBAK"):
        registered(db, unit=None, center=center)
    registered(db, answered=date(2025, 3, 7))
    db.commit()


def test_the_command_prints_the_same_figures_as_json_as_a_page_and_as_word(some):
    printed = run("--year", "2025", "--format", "json")
    assert printed.exit_code == 0
    found = json.loads(printed.stdout_bytes)
    assert found["totals"]["all"] == 8 and found["period"]["year"] == 2025
    shown = [table for section in sections(found) for table in section.tables]
    page = Tables(run("--year", "2025", "--format", "html").stdout_bytes.decode())
    document = Document(BytesIO(run("--year", "2025", "--format", "docx").stdout_bytes))
    assert [table["caption"] for table in page.tables] == [table.caption for table in shown]
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
    assert captions == [table.caption for table in shown]
    for wanted, html, word in zip(shown, page.tables, document.tables, strict=True):
        cells = [*wanted.head, *(c for row in wanted.rows for c in row), *(wanted.last or [])]
        assert html["cells"] == cells
        assert html["scopes"] == {"col", "row"}
        assert [c.text for row in word.rows for c in row.cells] == cells
        assert word.rows[0]._tr.trPr.xpath("w:tblHeader")
    headings = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert headings[0] == ("Heading 1", "Årstal 2025")
    assert [text for name, text in headings[1:]] == [section.title for section in sections(found)]
    assert document.core_properties.author == ""


def test_a_file_is_written_and_none_is_written_over(some, tmp_path):
    to = tmp_path / "tal.docx"
    assert run("--year", "2025", "--format", "docx", "--til", str(to)).exit_code == 0
    assert Document(str(to)).tables
    again = run("--year", "2025", "--til", str(to))
    assert again.exit_code == 1 and "findes allerede" in again.output


def test_the_command_says_in_one_line_what_is_wrong_with_the_period(some):
    wrong = run("--from", "2025-03-01", "--to", "2025-02-01")
    assert wrong.exit_code == 1
    assert "Den sidste dag ligger før den første." in wrong.output
    assert "Traceback" not in wrong.output
