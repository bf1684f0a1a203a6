"""Cases of earlier years taken in from a file: all or none, told line by line, and nowhere but in the figures."""

import re
from datetime import date, datetime, timezone

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from casework import cases, own_case, queue, retention
from casework.cases_import import take_in
from casework.cli import main as cli
from casework.clock import COPENHAGEN
from casework.db import reading
from casework.errors import InvalidInput, InvalidState
from casework.figures import Period
from casework.figures_report import report
from casework.models import Case, CaseImport
from casework.queue_filters import Filters
from tests.casework.test_cases import create_case
from tests.casework.test_review import create_actor

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=timezone.utc)
HEAD = "received,center,unit,cause,handling,kind,follows"
GOOD = "2022-03-14,CUPB,ltk.byggesag,langsommelig,dialog_afdeling,klage,"
Y2022 = Period(date(2022, 1, 1), date(2022, 12, 31))


def file(*lines, head=HEAD):
    return "\n".join([head, *lines]).encode()


def taken(db, *lines, **more):
    return take_in(db, file(*lines), NOW, TODAY, **more)


def stored(db):
    return list(db.scalars(select(Case).where(Case.import_id.is_not(None)).order_by(Case.id)))


def errors(db, content):
    with pytest.raises(InvalidInput) as error:
        take_in(db, content if isinstance(content, bytes) else file(content), NOW, TODAY)
    assert stored(db) == [] and db.scalar(select(func.count(CaseImport.id))) == 0
    return str(error.value)


def test_the_rows_become_closed_cases_that_the_figures_count(db):
    done = taken(
        db,
        GOOD,
        "31.12.2022,,ltk.skole,hjaelp_klage,raad_vejledning,,",
        "2022-12-01,,,vejviser,vejviser,vejvisning,2",
    )
    assert (done.count, done.first, done.last, done.following) == (3, date(2022, 3, 14), date(2022, 12, 31), 1)
    found = report(db, Y2022, TODAY)
    assert found["totals"]["all"] == found["totals"]["imported"] == 3
    assert {row["id"]: row["count"] for row in found["centres"]["rows"]} == {"CUPB": 1, "CUP": 1, None: 1}
    kinds = {row["id"]: row["count"] for row in found["totals"]["by_kind"]["rows"]}
    assert kinds == {"klage": 1, "vejledning": 1, "vejvisning": 1}
    assert found["totals"]["following"] == 1
    assert found["response"]["left_out"]["imported"] == 3
    assert found["response"]["answered"] == found["response"]["overdue"] == 0
    first = stored(db)[0]
    assert first.created_at.astimezone(COPENHAGEN).date() == date(2022, 3, 14)
    assert (first.status, first.reference) == ("afsluttet", done.reference)
    assert (first.story, first.contact_value, first.conversation_id, first.answered_at) == ("", None, None, None)


def test_it_is_in_no_open_queue_opens_for_no_citizen_and_is_not_taken_up_again(db):
    reference = taken(db, GOOD).reference
    actor = create_actor(db)
    assert queue.numbered(db, Filters(), actor, TODAY, 1) == ([], 0)
    assert [c.reference for c in queue.numbered(db, Filters(status="alle"), actor, TODAY, 1)[0]] == [reference]
    case = cases.find(db, reference)
    for code in ("", case.code_hash, case.submission, "abcde-fghjk"):
        assert own_case.open_case(db, reference, code, NOW, place=None) is None
    with pytest.raises(InvalidState, match="taget ind fra en fil"):
        cases.reopen(db, reference, "Mere", actor, NOW, TODAY)


def test_it_is_found_by_its_number(db):
    done = taken(db, GOOD)
    found, _ = queue.numbered(db, Filters(status="alle", q=done.reference.lower()), create_actor(db), TODAY, 1)
    assert [case.reference for case in found] == [done.reference]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2022-02-30,,,vejviser,vejviser,,", "Linje 2: received „2022-02-30“: skriv dagen som"),
        (",,,vejviser,vejviser,,", "Linje 2: received mangler."),
        ("2026-11-24,,,vejviser,vejviser,,", "dagen er ikke kommet endnu"),
        ("1999-12-31,,,vejviser,vejviser,,", "dagen ligger før 2000"),
        ("2022-03-14,,,langsom,vejviser,,", "cause „langsom“: findes ikke"),
        ("2022-03-14,,,vejviser,,,", "handling mangler"),
        ("2022-03-14,,byggesag,vejviser,vejviser,,", "unit „byggesag“: findes ikke"),
        ("2022-03-14,CUX,,vejviser,vejviser,,", "center „CUX“: findes ikke"),
        ("2022-03-14,CBB,,vejviser,vejviser,,", "Center for Byggeudvikling og Byggesag fandtes ikke 14.03.2022"),
        ("2022-03-14,CSI,ltk.byggesag,vejviser,vejviser,,", "ltk.byggesag hørte under CUPB 14.03.2022"),
        ("2022-03-14,CSI,ekstern.skat,vejviser,vejviser,,", "ekstern.skat hørte under EKSTERN"),
        ("2022-03-14,,,vejviser,vejviser,ros,", "kind „ros“: vælg klage, vejledning, vejvisning, andet"),
        ("2022-03-14,,,vejviser,vejviser,,2", "follows „2“: der er ingen sag på en tidligere linje"),
        ("2022-03-14,,,vejviser,vejviser,,BR-2026-AAAAA", "follows „BR-2026-AAAAA“: sagen findes ikke"),
        ("2022-03-14,,,vejviser,vejviser", "Linje 2: der er 5 felter, men 7 overskrifter"),
        ('2022-03-14,"CSI', "Linje 2: kan ikke læses som CSV"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_with_its_line(db, line, told):
    assert told in errors(db, line)


def test_one_bad_row_among_good_ones_and_nothing_is_taken_in(db):
    message = errors(db, file(GOOD, "2022-03-14,,,vejviser,vejvisr,,", GOOD, "i går,,,vejviser,vejviser,,"))
    assert re.findall(r"^Linje (\d+):", message, re.M) == ["3", "5"]
    assert message.endswith("Intet er taget ind. Ret filen, og prøv igen.")


def test_fifty_errors_are_shown_and_the_rest_counted(db):
    message = errors(db, file(*["2022-03-14,,,vejviser,,,"] * 73))
    assert message.count("Linje ") == 50
    assert "… og 23 fejl mere." in message


def test_the_line_told_is_that_of_the_file_also_after_empty_lines_and_text_over_two_lines(db):
    content = f'{HEAD}\n\n"2022-03-14",,,"vejviser\n",vejviser,,\n;\n2022-03-14,,,x,vejviser,,\n'
    assert errors(db, content.replace("\n;\n", "\n,,,,,,\n").encode()).startswith("Linje 6: cause „x“")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Der er ingen sager i filen."),
        (HEAD.encode(), "Der er ingen sager i filen."),
        (file(GOOD, head=HEAD.replace(",kind", "")), "Der mangler: kind."),
        (file(GOOD, head=HEAD + ",navn"), "Der er ukendte: navn."),
        (file(GOOD, head=HEAD + ",kind"), "Der står der to gange: kind."),
        (f"{HEAD}\nÅ".encode("latin-1"), "ikke gemt som UTF-8"),
        (b"PK\x03\x04\x00\x00", "kan ikke læses som CSV"),
    ],
)
def test_a_file_that_is_none_of_these_is_told_so(db, content, told):
    assert told in errors(db, content)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(("between", "ends"), [(",", "\n"), (";", "\r\n")])
def test_the_file_may_have_a_mark_either_separator_and_its_columns_in_any_order(db, mark, between, ends):
    rows = [
        ["Kind", "follows", "unit", "received", "handling", "cause", "center"],
        ["klage", "", "ltk.byggesag", "14.03.2022", "dialog_afdeling", "langsommelig", "CUPB"],
    ]
    content = mark + ends.join(between.join(row) for row in rows) + ends
    assert take_in(db, content.encode(), NOW, TODAY).count == 1
    (case,) = stored(db)
    told = (case.kind, case.unit, case.handling, case.cause, case.center)
    assert told == ("klage", "ltk.byggesag", "dialog_afdeling", "langsommelig", "CUPB")


def test_the_same_rows_are_refused_however_the_file_is_saved_unless_it_is_meant(db):
    taken(db, GOOD)
    again = ("\ufeff" + file("14.03.2022" + GOOD[10:]).decode().replace(",", ";")).encode()
    with pytest.raises(InvalidState, match="allerede taget ind den 23.11.2026.*--igen"):
        take_in(db, again, NOW, TODAY)
    assert len(stored(db)) == 1
    take_in(db, again, NOW, TODAY, again=True)
    assert len({case.reference for case in stored(db)}) == 2
    assert sorted(db.scalars(select(CaseImport.number))) == [1, 2]


def test_a_row_may_follow_one_above_it_or_a_case_there_is_and_there_is_one_level(db):
    here = cases.find(db, create_case(db))
    first = taken(db, GOOD, GOOD[:-1] + ",2", GOOD[:-1] + ",3", GOOD[:-1] + f",{here.reference.lower()}")
    main, second, third, other = stored(db)
    assert (second.follows_id, third.follows_id, other.follows_id) == (main.id, main.id, here.id)
    taken(db, GOOD[:-1] + f",{first.reference}", GOOD[:-1] + f",{third.reference}")
    assert [case.follows_id for case in stored(db)[-2:]] == [main.id, main.id]


def test_what_was_taken_in_is_counted_after_its_time_is_up_too(db):
    taken(db, "2020-03-24,,ltk.skole,hjaelp_klage,raad_vejledning,andet,")
    month = Period(date(2020, 3, 1), date(2020, 3, 31))
    before = report(db, month, TODAY)
    retention.run(db, NOW)
    assert stored(db)[0].anonymised_at
    after = report(db, month, TODAY)
    for part in ("centres", "cause_by_centre", "handling_by_centre", "top", "response"):
        assert after[part] == before[part], part
    assert after["totals"]["imported"] == 1
    assert after["totals"]["by_kind"] == before["totals"]["by_kind"]


def test_thousands_of_rows_are_taken_in_at_once(db):
    lines = [f"2022-{1 + n % 12:02}-{1 + n % 28:02},,ltk.byggesag,vejviser,vejviser,," for n in range(2_500)]
    assert taken(db, *lines).count == 2_500
    assert report(db, Y2022, TODAY)["totals"]["all"] == 2_500


def run(*arguments):
    return CliRunner().invoke(cli, ["cases", *arguments])


def test_the_command_tells_how_many_and_of_which_period_or_all_that_is_wrong(db, tmp_path):
    db.commit()
    wrong, good = tmp_path / "galt.csv", tmp_path / "godt.csv"
    wrong.write_bytes(file("2022-03-14,,,vejviser,x,,"))
    good.write_bytes(file(GOOD, GOOD[:-1] + ",2"))
    refused = run("import", str(wrong))
    assert refused.exit_code == 1 and "Linje 2: handling „x“" in refused.output and "Traceback" not in refused.output
    done = run("import", str(good))
    assert done.exit_code == 0
    assert "2 sager er taget ind, 1 af dem følgesager: modtaget fra 14.03.2022 til 14.03.2022." in done.output
    assert run("import", str(good)).exit_code == 1
    assert run("import", "--igen", str(good)).exit_code == 0
    with reading() as after:
        assert len(stored(after)) == 4


def test_the_template_can_be_taken_in_as_it_is(db):
    assert take_in(db, run("skabelon").stdout_bytes, NOW, TODAY).count == 1


def test_two_who_take_in_the_same_at_once_do_it_once(db, monkeypatch):
    taken(db, GOOD)
    real = db.scalar

    def looked_before_the_other_was_done(query, *rest):
        return 0 if "count" in str(query) and "case_imports" in str(query) else real(query, *rest)

    monkeypatch.setattr(db, "scalar", looked_before_the_other_was_done)
    with pytest.raises(InvalidState, match="allerede taget ind"):
        taken(db, GOOD)
    assert len(stored(db)) == 1
