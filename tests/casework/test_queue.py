"""The queue: filters, order, search, what is unread, saved views, paging and the list as a file."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import openpyxl
import pytest
from sqlalchemy import delete, select, text, update

from casework import cases, clock, conversations, exports, questions, queue, queue_index, queue_search, queue_views
from casework.erasure import anonymise
from casework.errors import InvalidInput, NotFound
from casework.models import Case, CaseExport, CaseRead, CaseText, Conversation, Turn
from casework.queue_filters import Filters
from tests.casework.actors import create_actor
from tests.casework.test_cases import CLOSING, TODAY, create_case

NOBODY = cases.Actor("prøve", "reader")


def listed(db, actor=NOBODY, today=TODAY, **given):
    filters, wrong = Filters.read({"status": "alle", **given})
    assert not wrong
    return [row.case.reference for row in queue.page(db, filters, actor, today).rows]


def row_of(db, reference, actor=NOBODY, today=TODAY, **given):
    rows = queue.page(db, Filters.read(given)[0], actor, today).rows
    return next(row for row in rows if row.case.reference == reference)


def conversation_with(db, *said):
    conversation, _ = conversations.start(db, clock.now())
    for who, words in said:
        if who == "citizen":
            conversations.hear(db, conversation, words, clock.now())
        else:
            conversations.say(db, conversation, [{"text": words}], clock.now())
    return conversation


def filed_in(db, number, *said, **changes):
    """File a case from a conversation."""
    from casework.intake import Intake, file_case

    conversation = conversation_with(db, *said)
    intake = Intake(**{"story": "Sagen ligger stille", "anonymous": True, **changes})
    return file_case(
        db, intake, submission=f"c{number}", now=clock.now(), today=TODAY, conversation_id=conversation.id,
        code_key=b"0" * 32,
    ).reference  # fmt: skip


def words_of(parts):
    return [text for text, hit in parts if hit]


# --- order and why


def test_what_expires_first_stands_first(db):
    normal = create_case(db, 1)
    urgent = create_case(db, 2, omraade="sygedagpenge", decision_date=date(2026, 10, 27))
    soon = create_case(db, 3, omraade="sygedagpenge", decision_date=date(2026, 11, 2))
    assert listed(db) == [urgent, soon, normal]


def test_a_row_says_what_expires_when_and_why(db):
    reference = create_case(db, 1, omraade="sygedagpenge", decision_date=date(2026, 10, 27))
    row = row_of(db, reference)
    assert (row.expires, row.clock, row.days_left) == (date(2026, 11, 24), "Klagefrist", 1)
    assert "Klagefristen udløber i morgen." in row.why


def test_a_department_that_owes_an_answer_brings_the_case_up_and_the_row_says_so(db):
    actor = create_actor(db)
    first, second = create_case(db, 1), create_case(db, 2, consent_forward=True)
    cases.take(db, second, actor, clock.now())
    questions.ask(db, second, "ltk.byggesag", "Hvad sker der?", actor, clock.now(), TODAY)
    later = TODAY + timedelta(days=1)
    case = cases.find(db, second)
    case.answered_at = clock.now()
    db.flush()
    row = row_of(db, second, today=later)
    assert row.clock == "Afdelingens svar"
    case.questions[0].due = TODAY
    db.flush()
    assert listed(db, today=later) == [second, first]


def test_a_complaint_deadline_that_has_passed_no_longer_holds_the_case_at_the_top(db):
    lost = create_case(db, 1, omraade="sygedagpenge", decision_date=date(2026, 10, 28))  # expires on 25 November
    later = date(2026, 11, 26)
    assert row_of(db, lost, today=later).clock == "Svar lovet"


def test_a_closed_case_stands_below_the_open_ones_and_hurries_no_more(db):
    actor, closed = create_actor(db), create_case(db, 1)
    cases.take(db, closed, actor, clock.now())
    cases.close(db, closed, actor, clock.now(), **CLOSING)
    still_open = create_case(db, 2)
    assert listed(db) == [still_open, closed]
    row = row_of(db, closed, status="alle")
    assert (row.expires, row.why) == (None, [])


def test_the_age_is_counted_in_days_in_denmark(db):
    reference = create_case(db, 1)
    assert row_of(db, reference).age == 0
    assert row_of(db, reference, today=TODAY + timedelta(days=12)).age == 12


# --- filters


def test_each_filter_leaves_out_what_it_should(db):
    anna = create_actor(db)
    one = create_case(db, 1, unit="ltk.byggesag", omraade="byggesag")
    two = create_case(db, 2, unit="ltk.jobcenter", omraade="sygedagpenge", decision_date=date(2026, 10, 27))
    three = create_case(db, 3, unit=None)
    cases.take(db, two, anna, clock.now())
    for given, expected in (
        ({"status": "ny"}, [one, three]),
        ({"status": "i_gang"}, [two]),
        ({"priority": "akut"}, [two]),
        ({"unit": "ltk.byggesag"}, [one]),
        ({"unit": "ukendt"}, [three]),
        ({"center": "CBB"}, [one]),
        ({"omraade": "sygedagpenge"}, [two]),
        ({"assigned": "mine"}, [two]),
        ({"assigned": "ingen"}, [one, three]),
        ({"assigned": "taget"}, [two]),
        ({"expires": "2026-11-24"}, [two]),
        ({"expires": "24.11.2026"}, [two]),
        ({"expires": "2026-11-23"}, []),
        ({"since": "2026-11-23"}, [two, one, three]),
        ({"since": "2026-11-24"}, []),
        ({"until": "2026-11-22"}, []),
        ({"until": "2026-11-23", "unit": "ltk.byggesag", "assigned": "ingen"}, [one]),
    ):
        assert listed(db, anna, **given) == expected, given


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"status": "glemt"}, "status"),
        ({"unit": "ltk.findes_ikke"}, "unit"),
        ({"expires": "i morgen"}, "expires"),
        ({"since": "31.02.2026"}, "since"),
        ({"since": "2026-11-23", "until": "2026-11-01"}, "until"),
        ({"q": "x" * 201}, "q"),
    ],
)
def test_a_filter_that_cannot_be_read_is_told_in_danish_by_its_field(given, name):
    filters, wrong = Filters.read(given)
    assert list(wrong) == [name]
    assert wrong[name].endswith(".")
    assert getattr(filters, name) == getattr(Filters(), name)


# --- search


def test_the_queue_is_searched_in_what_the_citizen_wrote_in_any_form_and_in_compounds(db):
    create_case(db, 1, story="Min carport blev afvist")
    wanted = create_case(db, 2, story="Hjemmehjælpen kom 100% for sent", wish="Undskyldning")
    for typed in ("hjemmeHJÆLPEN", "hjemmehjælp", "hjemmehjælpens sent", "100%", "undskyldninger", "hjemme"):
        assert listed(db, q=typed) == [wanted], typed
    assert listed(db, q="hjemmehjælp carport") == []


def test_danish_letters_are_letters_of_their_own(db):
    far = create_case(db, 1, story="Min far er syg")
    faar = create_case(db, 2, story="Mine får er væk. ÆBLER ØDELAGT ÅRET rundt")
    assert listed(db, q="far") == [far]
    for typed in ("får", "æbler", "ødelagt", "året"):
        assert listed(db, q=typed) == [faar], typed


def test_words_that_touch_a_sign_are_found_one_by_one(db):
    wanted = create_case(db, 1, story="Byggesag/nabohøring er stoppet.Jeg venter-stadig på svaret")
    for typed in ("byggesag", "nabohøring", "stoppet", "venter", "stadig"):
        assert listed(db, q=typed) == [wanted], typed


def test_words_in_quotes_must_stand_together(db):
    wanted = create_case(db, 1, story="Jeg fik afslag på hjælp")
    create_case(db, 2, story="Afslag kom, og så fik jeg hjælp")
    assert listed(db, q='"fik afslag"') == [wanted]


SYNTAX = (
    *(
        '"',
        '""',
        "'",
        "*",
        "a*",
        "(",
        ")",
        "carport AND",
        "AND",
        "OR NOT",
        "NEAR(",
        "sag:",
        "{sag} : x",
        "^x",
        "-",
        "--",
    ),
    *(
        "%",
        "_",
        "\\",
        "a & b",
        "!",
        "a | !b",
        "<->",
        ":*",
        "'a':*",
        "æ\u0301",
        "🙂",
        "; DROP TABLE cases",
        "x" * 200,
    ),
)


@pytest.mark.parametrize("typed", SYNTAX)
def test_no_sign_in_a_search_is_a_mistake(db, typed):
    create_case(db, 1, story="Min carport")
    assert listed(db, q=typed) == []


def test_a_reference_stands_first_whatever_the_other_filters_say(db):
    actor, closed = create_actor(db), create_case(db, 1)
    cases.take(db, closed, actor, clock.now())
    cases.close(db, closed, actor, clock.now(), **CLOSING)
    mentions = create_case(db, 2, story=f"Det er den samme som {closed}")
    for typed in (closed, closed.lower(), closed.replace("-", " "), f" {closed} "):
        rows = queue.page(db, Filters(q=typed), NOBODY, TODAY).rows
        assert [row.case.reference for row in rows][:1] == [closed]
        assert rows[0].exact
    assert [r.case.reference for r in queue.page(db, Filters(q=closed[-5:]), NOBODY, TODAY).rows] == [closed, mentions]
    assert queue.page(db, Filters(q=closed), NOBODY, TODAY).total == len(
        queue.page(db, Filters(q=closed), NOBODY, TODAY).rows
    )


def test_the_beginning_of_a_reference_is_enough(db):
    reference = create_case(db, 1)
    assert listed(db, q=reference[:-2]) == [reference]
    assert listed(db, q="BR-2019") == []


def test_the_conversation_is_searched_too_and_the_assistants_words_only_when_asked(db):
    reference = filed_in(
        db, 1, ("citizen", "Min kørestol er gået i stykker"), ("assistant", "Ankestyrelsen kan hjælpe")
    )
    assert listed(db, q="kørestolen") == [reference]
    assert listed(db, q="stille kørestol") == [reference]
    assert listed(db, q="ankestyrelsen") == []
    assert listed(db, q="ankestyrelsen", answers="ja") == [reference]


def test_what_is_said_after_the_case_was_filed_is_found(db):
    reference = filed_in(db, 1, ("citizen", "Hej"))
    conversation = db.get(Conversation, cases.find(db, reference).conversation_id)
    conversations.hear(db, conversation, "Der er også en rollator", clock.now())
    assert listed(db, q="rollator") == [reference]


def test_the_words_that_were_looked_for_are_marked_where_they_stand(db):
    long = "Først skete der meget. " * 30
    reference = filed_in(
        db, 1, ("citizen", "Jeg venter på en kørestol til min mor"), story=f"{long}Rampen mangler. {long}"
    )
    row = row_of(db, reference, q="rampe")
    assert words_of(row.snippet) == ["Rampen"]
    assert "".join(text for text, _ in row.snippet).startswith("… ")
    assert words_of(row_of(db, reference, q="kørestolen").snippet) == ["kørestol"]
    row = row_of(db, reference, q="skete")
    assert words_of(row.summary)[0] == "skete"
    assert row.snippet == []


def test_names_and_numbers_cannot_be_searched_out_whatever_door_they_came_in_by(db):
    story = "Jeg hedder Kirsten Sørensen og bor Lyngby Hovedgade 17. Ring på 61 23 45 67"
    create_case(db, 1, story=story)
    filed_in(db, 2, ("citizen", story))
    for typed in ("Kirsten", "Sørensen", "61 23 45 67", "61234567", "telefon", "navn", "adresse"):
        assert listed(db, q=typed) == [], typed
    assert "Kirsten" not in " ".join(db.scalars(select(CaseText.sag)))


def test_a_deleted_conversation_cannot_be_searched_any_more(db):
    reference = filed_in(db, 1, ("citizen", "Min kørestol"))
    conversation_id = cases.find(db, reference).conversation_id
    bare = {"synchronize_session": False}
    db.execute(update(Case).values(conversation_id=None).execution_options(**bare))
    db.execute(delete(Conversation).where(Conversation.id == conversation_id).execution_options(**bare))
    assert listed(db, q="kørestol") == []
    assert "kørestol" not in " ".join(db.scalars(select(CaseText.samtale)))


def test_a_text_changed_by_any_hand_is_found_by_its_new_words_only(db):
    reference = create_case(db, 1, story="Det drejer sig om en carport")
    case = cases.find(db, reference)
    case.story = "Det drejer sig om en rampe"
    case.summary = "Det drejer sig om en rampe"
    db.flush()
    assert listed(db, q="rampe") == [reference]
    assert listed(db, q="carport") == []
    db.execute(update(Case).values(story="Et drivhus").execution_options(synchronize_session=False))
    assert listed(db, q="rampe") == []
    db.expire_all()
    assert queue_index.complete(db) == 1
    assert listed(db, q="drivhus") == [reference]


def test_a_turn_that_is_changed_or_deleted_takes_its_words_along(db):
    reference = filed_in(db, 1, ("citizen", "Min kørestol"), ("citizen", "Min rollator"))
    bare = {"synchronize_session": False}
    db.execute(update(Turn).where(Turn.number == 1).values(text="Slettet").execution_options(**bare))
    assert listed(db, q="kørestol") == []
    db.execute(delete(Turn).where(Turn.number == 2).execution_options(**bare))
    assert listed(db, q="rollator") == []
    assert listed(db, q="slettet") == [reference]


def test_a_deleted_case_leaves_no_words_in_the_index(db):
    create_case(db, 1, story="En carport")
    for table in ("case_events", "cases"):
        db.execute(text(f"DELETE FROM {table}"))
    hits = "SELECT count(*) FROM case_search" + (
        " WHERE case_search MATCH 'carport'" if db.get_bind().dialect.name == "sqlite" else ""
    )
    assert db.execute(text(hits)).scalar_one() == 0


def test_an_anonymised_case_cannot_be_searched_any_more(db):
    reference = filed_in(db, 1, ("citizen", "Min kørestol"), story="En carport")
    case_id = cases.find(db, reference).id
    anonymise(db, db.get(Case, case_id), clock.now())
    db.flush()
    assert listed(db, q="carport") == listed(db, q="kørestol") == []
    kept = db.get(CaseText, case_id)
    assert kept is None or (kept.sag, kept.samtale, kept.svar) == ("", "", "")


def test_cases_from_before_the_index_are_taken_in(db):
    reference = create_case(db, 1, story="Jeg hedder Kirsten Sørensen og vil have en carport")
    db.execute(text("DELETE FROM case_texts"))
    assert listed(db, q="carport") == []
    db.expire_all()
    assert queue_index.complete(db) == 1
    assert queue_index.complete(db) == 0
    assert listed(db, q="carport") == [reference]
    assert listed(db, q="Kirsten") == []


def test_the_search_and_the_words_marked_agree_on_what_a_word_is():
    wanted = queue_search.understand("klagen")
    assert words_of(queue_search.marked("Klage, klagefrist og beklager", wanted)) == ["Klage", "klagefrist"]


def test_two_searches_at_the_same_moment_do_not_mix_up_their_words():
    searches = {"hjemmehjælpen": "Hjemmehjælp", "sygedagpengene": "Sygedagpenge", "byggetilladelser": "Byggetilladelse"}

    def look(typed):
        wanted = queue_search.understand(typed)
        return all(words_of(queue_search.marked(searches[typed], wanted)) == [searches[typed]] for _ in range(2_000))

    with ThreadPoolExecutor(6) as people:
        assert all(people.map(look, list(searches) * 4))


# --- unread


def test_a_case_is_unread_until_this_person_has_seen_it(db):
    anna, bo = create_actor(db, "Anna"), create_actor(db, "Bo")
    reference = create_case(db, 1)
    assert listed(db, anna, unread="ja") == [reference]
    assert row_of(db, reference, anna).unread == "ulaest"
    cases.read(db, reference, anna, clock.now())
    db.flush()
    assert listed(db, anna, unread="ja") == []
    assert row_of(db, reference, anna).unread == ""
    assert listed(db, bo, unread="ja") == [reference]
    assert (queue.unread_count(db, anna), queue.unread_count(db, bo)) == (0, 1)


def test_what_others_have_done_since_is_new_but_not_what_she_did_herself(db):
    anna, bo = create_actor(db, "Anna"), create_actor(db, "Bo")
    reference = create_case(db, 1)
    cases.read(db, reference, anna, clock.now())
    cases.note(db, reference, "Ringet.", anna, clock.now())
    assert row_of(db, reference, anna).unread == ""
    cases.note(db, reference, "Ringet igen.", bo, clock.now())
    assert row_of(db, reference, anna).unread == "nyt"


def test_what_the_citizen_says_since_is_new(db):
    anna = create_actor(db)
    reference = filed_in(db, 1, ("citizen", "Hej"))
    cases.read(db, reference, anna, clock.now())
    db.flush()
    assert row_of(db, reference, anna).unread == ""
    conversation = db.get(Conversation, cases.find(db, reference).conversation_id)
    conversations.hear(db, conversation, "Der er kommet et brev", clock.now())
    assert row_of(db, reference, anna).unread == "nyt"


def test_a_closed_case_she_never_saw_is_not_unread(db):
    anna, bo, reference = create_actor(db, "Anna"), create_actor(db, "Bo"), create_case(db, 1)
    cases.take(db, reference, bo, clock.now())
    cases.close(db, reference, bo, clock.now(), **CLOSING)
    assert listed(db, anna, unread="ja") == []


# --- pages


def test_turning_the_pages_shows_every_case_once_both_ways(db, monkeypatch):
    monkeypatch.setattr(queue, "PAGE_SIZE", 4)
    actor = create_actor(db)
    references = [create_case(db, number) for number in range(11)]
    for reference in references[:5]:
        cases.take(db, reference, actor, clock.now())
        cases.close(db, reference, actor, clock.now(), **CLOSING)
    everything = Filters(status="alle")
    pages, key = [], None
    while True:
        page = queue.page(db, everything, actor, TODAY, after=key)
        pages.append([row.case.reference for row in page.rows])
        if page.next is None:
            break
        key = page.next
    assert [len(p) for p in pages] == [4, 4, 3]
    seen = [reference for p in pages for reference in p]
    assert seen == references[5:] + references[4::-1]
    assert seen == [db.get(Case, number).reference for number in queue.all_ids(db, everything, actor, TODAY)]
    back = queue.page(db, everything, actor, TODAY, before=page.previous)
    assert [row.case.reference for row in back.rows] == pages[1]
    first = queue.page(db, everything, actor, TODAY, before=back.previous)
    assert [row.case.reference for row in first.rows] == pages[0]
    assert (first.previous, first.total) == (None, 11)
    for number in (1, 2, 3):
        assert [c.reference for c in queue.numbered(db, everything, actor, TODAY, number)[0]] == pages[number - 1]


@pytest.mark.parametrize("key", ["", "x", "a~1", "a~x~2026-11-23~1", "l~i går~1", "a~1~9999-99-99~1"])
def test_a_key_that_cannot_be_read_gives_the_first_page(db, key, monkeypatch):
    monkeypatch.setattr(queue, "PAGE_SIZE", 1)
    first, _ = create_case(db, 1), create_case(db, 2)
    for given in ({"after": key}, {"before": key}):
        assert [r.case.reference for r in queue.page(db, Filters(), NOBODY, TODAY, **given).rows] == [first]


def test_counting_stops_where_nobody_needs_the_number(db, monkeypatch):
    monkeypatch.setattr(queue, "COUNTED", 2)
    for number in range(5):
        create_case(db, number)
    assert queue.page(db, Filters(), NOBODY, TODAY).total == 3
    assert queue.numbered(db, Filters(), NOBODY, TODAY, 1)[1] == 5


# --- saved views


def test_a_view_is_kept_for_one_person_and_used_and_deleted(db):
    anna, bo = create_actor(db, "Anna"), create_actor(db, "Bo")
    chosen = Filters(unit="ltk.byggesag", expires=date(2026, 12, 1), q="rampe")
    view = queue_views.save(db, "  Byggesager  i år ", chosen, anna, clock.now())
    assert [v.name for v in queue_views.views_of(db, anna)] == ["Byggesager i år"]
    assert Filters.read(view.filters) == (chosen, {})
    assert queue_views.views_of(db, bo) == []
    with pytest.raises(NotFound):
        queue_views.remove(db, view.id, bo)
    queue_views.remove(db, view.id, anna)
    assert queue_views.views_of(db, anna) == []


def test_a_view_needs_a_name_of_its_own_and_there_is_a_limit(db):
    anna = create_actor(db)
    queue_views.save(db, "Mine", Filters(), anna, clock.now())
    for name, words in (("Mine", "hedder"), (" ", "navn"), ("x" * 61, "langt")):
        with pytest.raises(InvalidInput, match=words):
            queue_views.save(db, name, Filters(), anna, clock.now())
    for number in range(queue_views.MAX_VIEWS - 1):
        queue_views.save(db, f"Nr. {number}", Filters(), anna, clock.now())
    with pytest.raises(InvalidInput, match="Slet en"):
        queue_views.save(db, "En til", Filters(), anna, clock.now())


def test_a_view_keeps_no_name_or_number_somebody_searched_for(db):
    anna = create_actor(db)
    view = queue_views.save(db, "Søgning", Filters(q="Kirsten Sørensen 130575-4321"), anna, clock.now())
    assert "Kirsten" not in view.filters["q"]
    assert "4321" not in view.filters["q"]


# --- the list as a file


def exported(db, actor, form="csv", **given):
    ids = exports.begin(db, Filters(**given), form, actor, TODAY, clock.now())
    db.flush()
    if form == "csv":
        content = b"".join(exports.as_csv(db, ids, TODAY))
        assert content.startswith("\ufeff".encode())
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    with exports.as_xlsx(db, ids, TODAY) as file:
        head, *rows = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_file_has_one_row_for_each_case_with_ids_and_what_people_read(db):
    actor = create_actor(db)
    reference = create_case(db, 1, omraade="sygedagpenge", decision_date=date(2026, 10, 27))
    create_case(db, 2, unit="ltk.jobcenter")
    rows = exported(db, actor)
    assert [row["Nummer"] for row in rows][0] == reference
    assert len(rows) == 2
    assert rows[0]["Afdeling (id)"] == "ltk.byggesag"
    assert rows[0]["Afdeling"] == "Byggesag"
    assert (rows[0]["Udløber først"], rows[0]["Hvad der udløber"]) == ("2026-11-24", "Klagefrist")
    assert (rows[0]["Prioritet (id)"], rows[0]["Status"]) == ("akut", "Ny")
    in_excel = exported(db, actor, "xlsx")
    assert [row["Nummer"] for row in in_excel] == [row["Nummer"] for row in rows]
    assert in_excel[0]["Modtaget"].date() == TODAY
    assert set(in_excel[0]) == set(rows[0])


def test_the_file_holds_what_the_filters_let_through_and_nothing_of_the_citizen(db):
    actor = create_actor(db)
    create_case(db, 1)
    create_case(
        db, 2, unit="ltk.jobcenter", story="En lang historie", anonymous=False, contact_name="Kirsten Sørensen",
        contact_channel="telefon", contact_value="61 23 45 67",
    )  # fmt: skip
    rows = exported(db, actor, unit="ltk.jobcenter")
    assert [row["Afdeling (id)"] for row in rows] == ["ltk.jobcenter"]
    for secret in ("historie", "Kirsten", "61 23"):
        assert secret not in str(rows)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("evil", ["=HYPERLINK(1)", "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "|calc"])
def test_no_cell_is_taken_for_a_formula(db, form, evil):
    actor = create_actor(db)
    create_case(db, 1)
    db.execute(update(Case).values(topic=evil, unit=evil))
    row = exported(db, actor, form)[0]
    assert row["Emne (id)"].startswith("'")
    assert row["Afdeling"].startswith("'")


def test_signs_a_workbook_cannot_hold_are_left_out(db):
    actor = create_actor(db)
    create_case(db, 1)
    db.execute(update(Case).values(topic='a\x0bb; "c"\nd'))
    assert exported(db, actor, "xlsx")[0]["Emne (id)"] == 'ab; "c"\nd'
    assert exported(db, actor, "csv")[0]["Emne (id)"] == 'ab; "c"\nd'


def test_an_empty_list_is_a_file_with_headings_only(db):
    actor = create_actor(db)
    assert exported(db, actor) == []
    assert exported(db, actor, "xlsx") == []


def test_taking_a_file_is_logged_as_one_line_that_tells_the_filters_and_the_cases(db):
    actor = create_actor(db)
    for number in range(4):
        create_case(db, number, unit="ltk.byggesag" if number != 2 else "ltk.jobcenter")
    exported(db, actor, unit="ltk.byggesag", q="")
    line = db.scalars(select(CaseExport)).one()
    first = db.scalar(select(Case.id).order_by(Case.id).limit(1))
    assert (line.staff_id, line.form, line.filters, line.count) == (actor.staff_id, "csv", {"unit": "ltk.byggesag"}, 3)
    assert line.case_ids == f"{first}-{first + 1},{first + 3}"
    assert db.scalars(select(CaseRead)).all() == []
