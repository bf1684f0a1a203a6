"""Staff keep the answers true: four eyes, in force at once everywhere, every version kept, back into the files."""

import os
import shutil
import subprocess
import sys
import threading
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from casework import revisions, staff, texts
from casework.answers import answers, render
from casework.cases import Actor
from casework.cli import main as cli
from casework.db import reading, session
from casework.directory import main_number, unit_entry
from casework.errors import InvalidInput, InvalidState, NotAllowed, NotFound
from casework.models import Revision
from casework.overlay import in_force, overlay, trying, version
from casework.revision_checks import InvalidText
from casework.revision_diff import diff
from casework.revision_export import write_back
from casework.revision_history import on_day
from casework.revision_lists import answer_page, source_page, times_said
from casework.revision_preview import views
from casework.settings import ROOT

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, tzinfo=timezone.utc)
KEY = "bisidder.regler"
NEW = "Ja. Du må tage en ven med til mødet. Personen kaldes en bisidder."
SOURCE = texts.files()["svar", KEY].body["sources"][0]


@pytest.fixture(autouse=True)
def empty(db):
    """An empty database before each test, committed, for these tests open sessions of their own."""
    db.commit()


def doing(verb, *args, **given):
    """Run one verb of revisions in a transaction of its own."""
    with session() as db, db.begin():
        return verb(db, *args, **given)


def person(name, role="adviser"):
    account = doing(
        staff.add_staff,
        email=f"{name}@ltk.invalid",
        name=name,
        role=role,
        password="en lang adgangskode",
        now=NOON,
    )
    return Actor(account.name, role, staff_id=account.id)


def propose(author, fields=None, *, kind="svar", key=KEY, now=NOON, base=None, note="Kortere.", **more):
    base = base or doing(revisions.standing, kind, key).mark
    fields = {"short": NEW} if fields is None else fields
    return doing(revisions.propose, kind, key, fields, author, now, TODAY, base=base, note=note, **more)


def approved(author, approver, fields=None, *, now=NOON, **given):
    found = propose(author, fields, now=now, **given)
    return doing(revisions.approve, found.id, approver, now)


@pytest.fixture
def anna():
    return person("Anna")


@pytest.fixture
def bo():
    return person("Bo")


@pytest.fixture
def chief():
    return person("Carl", "administrator")


def test_a_text_is_in_force_when_another_person_has_approved_it_and_not_before(anna, bo):
    found = propose(anna)
    assert answers()[KEY]["short"] != NEW
    doing(revisions.approve, found.id, bo, NOON)
    assert render(KEY)["text"].startswith(NEW)
    assert "Sig det gerne til din sagsbehandler" in render(KEY)["text"]


def test_nobody_approves_her_own_text_not_even_an_administrator(anna, chief):
    for author in (anna, chief):
        found = propose(author)
        with pytest.raises(NotAllowed, match="En anden skal godkende"):
            doing(revisions.approve, found.id, author, NOON)
    assert overlay()["svar"] == {}


def test_the_database_itself_refuses_one_person_in_both_roles_and_two_texts_in_force(anna, bo):
    row = {"kind": "svar", "key": KEY, "body": {}, "origin": "redigeret", "state": "godkendt", "created_at": NOON}
    with pytest.raises(IntegrityError), session() as db, db.begin():
        db.add(Revision(**row, author_id=anna.staff_id, approved_by_id=anna.staff_id, approved_at=NOON))
    with pytest.raises(IntegrityError), session() as db, db.begin():
        db.add(Revision(**row, author_id=anna.staff_id, approved_at=NOON))
    with pytest.raises(IntegrityError), session() as db, db.begin():
        for _ in range(2):
            db.add(Revision(**row, author_id=anna.staff_id, approved_by_id=bo.staff_id, approved_at=NOON))


def test_a_reader_and_a_key_to_the_api_neither_propose_nor_approve(anna):
    found = propose(anna)
    for outsider in (person("Dina", "reader"), Actor("nøgle", "adviser", token_id=1)):
        with pytest.raises(NotAllowed):
            propose(outsider)
        with pytest.raises(NotAllowed):
            doing(revisions.approve, found.id, outsider, NOON)


OTHER_PROCESS = """
import sys
from casework.answers import answers
for line in sys.stdin:
    print(answers()[line.strip()]["short"].strip().replace(chr(10), " "), flush=True)
"""


@pytest.fixture
def other_process():
    """A process that has read the answers already and is asked again: a function from key to its short text."""
    child = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )

    def ask(key):
        child.stdin.write(key + "\n")
        child.stdin.flush()
        return child.stdout.readline().strip()

    yield ask
    child.stdin.close()
    child.wait(timeout=30)


def test_an_approved_text_is_said_at_once_in_a_process_that_runs_already_and_a_retired_one_no_longer(
    other_process, anna, bo, chief
):
    before = other_process(KEY)
    approved(anna, bo)
    assert other_process(KEY) == NEW
    doing(revisions.retire, "svar", KEY, chief, NOON, "Der stod noget forkert.")
    assert other_process(KEY) == before


def test_when_the_database_is_lost_a_process_goes_on_with_what_it_knew(other_process, anna, bo):
    approved(anna, bo)
    assert other_process(KEY) == NEW
    doing(lambda db: db.execute(text("ALTER TABLE revisions RENAME TO revisions_lost")))
    try:
        assert other_process(KEY) == NEW
    finally:
        doing(lambda db: db.execute(text("ALTER TABLE revisions_lost RENAME TO revisions")))


def test_without_a_database_the_files_text_is_said(tmp_path):
    for url in ("postgresql://nobody@127.0.0.1:1/none", f"sqlite:///{tmp_path}/empty.db"):
        child = subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS],
            input=KEY,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "VEJVISER_DATABASE_URL": url},
            timeout=120,
        )
        assert child.stdout.strip() == texts.files()["svar", KEY].body["short"].strip()


def test_the_version_changes_whenever_something_in_force_does(anna, bo, chief):
    def now_in_force():
        with reading() as db:
            return version(db)

    seen = [now_in_force()]
    waiting = propose(bo, {"tasks": "Her spørger du om carporte."}, kind="enhed", key="ltk.byggesag")
    assert now_in_force() == seen[0]
    approved(anna, bo)
    seen.append(now_in_force())
    doing(revisions.approve, waiting.id, anna, NOON)
    seen.append(now_in_force())
    doing(revisions.retire, "svar", KEY, chief, NOON, "Forkert.")
    seen.append(now_in_force())
    approved(anna, bo)
    seen.append(now_in_force())
    assert len(set(seen)) == len(seen)


def test_a_preview_is_seen_by_nobody_else(anna):
    seen = []
    with trying("svar", KEY, {"short": NEW}):
        assert render(KEY)["text"].startswith(NEW)
        other = threading.Thread(target=lambda: seen.append(render(KEY)["text"]))
        other.start()
        other.join()
    assert not seen[0].startswith(NEW)
    assert not render(KEY)["text"].startswith(NEW)


def test_of_two_editors_the_second_is_told_and_overwrites_nothing(anna, bo, chief):
    base = doing(revisions.standing, "svar", KEY).mark
    late = propose(bo, {"short": "Ja, det må du gerne."}, base=base)
    approved(anna, chief, base=base)
    with pytest.raises(InvalidState, match="Teksten er ændret"):
        propose(chief, {"short": "Ja, selvfølgelig må du det."}, base=base)
    with pytest.raises(InvalidState, match="Teksten er ændret"):
        doing(revisions.approve, late.id, anna, NOON)
    assert answers()[KEY]["short"] == NEW


def test_when_two_proposals_are_approved_at_the_same_moment_one_wins(anna, bo, chief):
    waiting = [propose(anna, {"short": "Ja, det må du gerne."}), propose(bo, {"short": "Ja, tag en ven med."})]
    ready, outcomes = threading.Barrier(2), []

    def approve(found):
        try:
            with session() as db, db.begin():
                ready.wait()
                revisions.approve(db, found.id, chief, NOON)
            outcomes.append("won")
        except (InvalidState, threading.BrokenBarrierError) as error:
            outcomes.append(str(error))

    def approve_in_turn(found):  # SQLite lets one writer in at a time
        try:
            doing(revisions.approve, found.id, chief, NOON)
            outcomes.append("won")
        except InvalidState as error:
            outcomes.append(str(error))

    sqlite = "sqlite" in str(session().get_bind().url)
    threads = [threading.Thread(target=approve_in_turn if sqlite else approve, args=(w,)) for w in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("won") == 1
    assert sum("Teksten er ændret" in outcome for outcome in outcomes) == 1


def test_a_proposal_is_decided_once(anna, bo):
    found = propose(anna)
    doing(revisions.reject, found.id, bo, NOON, "Den gamle er bedre.")
    for verb in (
        lambda: doing(revisions.approve, found.id, bo, NOON),
        lambda: doing(revisions.withdraw, found.id, anna, NOON),
    ):
        with pytest.raises(InvalidState, match="venter ikke længere: afvist"):
            verb()


def test_a_rejection_gives_its_reason_and_only_the_author_withdraws(anna, bo):
    found = propose(anna)
    with pytest.raises(InvalidInput, match="hvorfor"):
        doing(revisions.reject, found.id, bo, NOON, "  ")
    with pytest.raises(NotAllowed, match="Træk det tilbage"):
        doing(revisions.reject, found.id, anna, NOON, "Nej.")
    with pytest.raises(NotAllowed, match="Kun den, der har skrevet"):
        doing(revisions.withdraw, found.id, bo, NOON)
    assert doing(revisions.withdraw, found.id, anna, NOON).state == "trukket"
    assert propose(anna).state == "forslag"


def test_a_double_click_makes_one_proposal(anna):
    propose(anna)
    with pytest.raises(InvalidState, match="allerede et forslag"):
        propose(anna)


def test_an_old_text_comes_back_only_when_another_person_approves_it_again(anna, bo):
    first = approved(anna, bo)
    approved(bo, anna, {"short": "Ja, det må du gerne."}, now=NOON + timedelta(hours=1))
    back = doing(revisions.restore, first.id, anna, NOON, TODAY, base=doing(revisions.standing, "svar", KEY).mark)
    assert (back.state, back.restores_id) == ("forslag", first.id)
    assert answers()[KEY]["short"] == "Ja, det må du gerne."
    with pytest.raises(NotAllowed):
        doing(revisions.approve, back.id, anna, NOON)
    doing(revisions.approve, back.id, bo, NOON)
    assert answers()[KEY]["short"] == NEW


def test_the_files_text_can_be_gone_back_to_as_any_other_version(anna, bo):
    doing(revisions.record_files, NOON - timedelta(days=1), texts.files())
    with reading() as db:
        filed = db.scalars(select(Revision).where(Revision.origin == "fil", Revision.key == KEY)).one()
    approved(anna, bo)
    back = doing(revisions.restore, filed.id, bo, NOON, TODAY, base=doing(revisions.standing, "svar", KEY).mark)
    doing(revisions.approve, back.id, anna, NOON)
    assert answers()[KEY]["short"] == texts.files()["svar", KEY].body["short"]
    assert doing(revisions.record_files, NOON, texts.files()).absorbed == 1


def test_only_an_administrator_retires_at_once_and_the_reason_is_kept(anna, bo, chief):
    found = approved(anna, bo)
    with pytest.raises(NotAllowed):
        doing(revisions.retire, "svar", KEY, bo, NOON, "Forkert.")
    with pytest.raises(InvalidInput):
        doing(revisions.retire, "svar", KEY, chief, NOON, "")
    doing(revisions.retire, "svar", KEY, chief, NOON, "Fristen var forkert.")
    with reading() as db:
        kept = revisions.proposal(db, found.id)
        assert (kept.state, kept.ended_by.name, kept.ended_note) == ("afloest", "Carl", "Fristen var forkert.")
    with pytest.raises(InvalidState, match="ingen rettelse"):
        doing(revisions.retire, "svar", KEY, chief, NOON, "Igen.")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"short": "  "}, "må ikke være tomt"),
        ({"short": "Det står i § 8."}, "almindelige ord"),
        ({"short": "{% if passed %}Ja."}, "Linje 1: en kode er ikke skrevet rigtigt"),
        ({"short": "Du skal klage {{ dato."}, "en kode er ikke skrevet rigtigt"),
        ({"short": "Ring {{ telefonen }}."}, "telefonen, som ikke findes"),
        ({"short": "{{ dato | stor }}"}, "filter, som ikke kan bruges"),
        ({"short": "{{ dato | center(999999999) }}"}, "filter, som ikke kan bruges"),
        ({"short": "{% for x in range(999999999) %}a{% endfor %}"}, "ikke må bruges her"),
        ({"short": "{% set x = 1 %}Ja."}, "ikke må bruges her"),
        ({"short": "{{ dato.zfill(999999999) }}"}, "ikke må bruges her"),
        ({"short": "Ring dato }}."}, "en kode som"),
        ({"short": "Læs [her](javascript:alert(1))."}, "virker ikke"),
        ({"short": "Læs [her](www.ltk.dk)."}, "virker ikke"),
        ({"short": "Skriv 130575-4321."}, "cpr-nummer"),
        ({"short": "Ja. " * 4000}, "for lang"),
        ({"sources": "br-hvad"}, "rettes i filerne"),
        ({"choices": "Nej"}, "rettes i filerne"),
    ],
)
def test_a_text_that_would_harm_the_citizen_is_refused_with_words(anna, fields, words):
    with pytest.raises(InvalidInput, match=words):
        propose(anna, fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "ring til os"),
        ("phone", "45 97 30"),
        ("phone", "45 97 30 00 00"),
        ("link", "ltk.dk"),
        ("link", "javascript:alert(1)"),
        ("name", ""),
        ("tasks", "Her {{ enhed.name }}."),
        ("hours", "Mandag\ntirsdag"),
    ],
)
def test_a_unit_keeps_to_one_line_a_phone_and_a_web_address(anna, field, value):
    with pytest.raises(InvalidText) as error:
        propose(anna, {field: value}, kind="enhed", key="ltk.byggesag")
    assert set(error.value.fields) == {field}


@pytest.mark.parametrize("phone", ["45 97 30 00", "45973000", "112", "1813", "+45 45 97 31 00", "116 111"])
def test_phones_as_danes_write_them_are_kept(anna, phone):
    assert propose(anna, {"phone": phone}, kind="enhed", key="ltk.byggesag").body == {"phone": phone}


def test_every_text_of_the_files_could_be_proposed_as_it_stands(anna):
    """What the answers already use must never be refused when a word beside it is mended."""
    from casework.revision_checks import check

    for (kind, key), file in texts.files().items():
        if kind == "kilde":
            continue
        fields = {name: texts.value_of(file.body, name) for name in texts.editable(kind, key, file.body)}
        kept = check(kind, key, file.body, {name: value for name, value in fields.items() if value}, TODAY)
        assert not texts.changed(file.body, kept), key


def test_a_text_that_is_hard_to_read_is_kept_only_when_its_author_has_seen_the_warning(anna):
    hard = (
        "Kommunalbestyrelsen kan undtagelsesvis tilbagevise bisidderens tilstedeværelse, såfremt forvaltningsretlige "
        "hensyn nødvendiggør, at sagsbehandlingen gennemføres uden udenforståendes medvirken overhovedet."
    )
    with pytest.raises(revisions.Unseen) as error:
        propose(anna, {"short": hard, "next": hard, "steps": hard})
    assert any("LIX" in warning for warning in error.value.warnings)
    found = propose(anna, {"short": hard, "next": hard, "steps": hard}, seen=error.value.warnings)
    assert found.state == "forslag"


def test_an_author_who_drops_what_is_filled_in_is_asked_whether_she_means_it(anna):
    with pytest.raises(revisions.Unseen, match="Teksten viste før: .*dato"):
        propose(anna, {"short": "Du skal klage snart."}, key="klage.frist")


def test_a_new_main_number_reaches_the_answers_and_warns_of_those_where_the_old_one_is_written(anna, bo):
    approved(anna, bo, {"short": f"Ja. Ring til {main_number()['phone']}."})
    with pytest.raises(revisions.Unseen, match=KEY) as error:
        propose(anna, {"phone": "45 97 31 00"}, kind="enhed", key="hovednummer")
    approved(anna, bo, {"phone": "45 97 31 00"}, kind="enhed", key="hovednummer", seen=error.value.warnings)
    assert main_number()["phone"] == "45 97 31 00"
    assert "45 97 31 00" in render("forstod_ikke")["text"]


def test_a_unit_is_mended_for_everybody_who_asks(anna, bo):
    approved(anna, bo, {"phone": "45 97 35 80", "hours": "Mandag til fredag 10-14"}, kind="enhed", key="ltk.byggesag")
    assert unit_entry("ltk.byggesag")["phone"] == "45 97 35 80"
    assert unit_entry("ltk.byggesag")["name"] == texts.files()["enhed", "ltk.byggesag"].body["name"]
    assert "45 97 35 80" in render("vejvisning.afdeling", {"unit": "ltk.byggesag"})["text"]


def test_a_confirmed_source_is_shown_with_the_new_date_and_no_longer_awaits_a_look(anna, bo):
    later = date(2027, 12, 1)  # when the date in the file has long passed
    with reading() as db:
        assert SOURCE in [row.key for row in source_page(db, later, q=SOURCE, review=True).rows]
        before = answer_page(db, later, q=KEY).rows[0].review
    found = propose(anna, {"review_by": "2028-06-01"}, kind="kilde", key=SOURCE, note="Lovteksten er uændret.")
    doing(revisions.approve, found.id, bo, NOON)
    listed = {source["title"]: source["as_of"] for source in render(KEY)["sources"]}
    assert listed[texts.files()["kilde", SOURCE].body["title"]] == TODAY.isoformat()
    with reading() as db:
        assert SOURCE not in [row.key for row in source_page(db, later, q=SOURCE, review=True).rows]
    assert before == "overskredet"


@pytest.mark.parametrize(
    ("review_by", "note"), [("2026-11-23", "Set."), ("2040-01-01", "Set."), ("i morgen", "Set."), ("2027-06-01", " ")]
)
def test_a_source_is_confirmed_with_a_coming_date_and_a_word_on_what_was_checked(anna, review_by, note):
    with pytest.raises(InvalidInput):
        propose(anna, {"review_by": review_by}, kind="kilde", key=SOURCE, note=note)


def test_a_variant_for_one_area_is_mended_without_touching_the_rest(anna, bo):
    key, body = next(
        (key, file.body)
        for (kind, key), file in texts.files().items()
        if kind == "svar" and any("short" in v or "next" in v for v in file.body.get("omraader") or [])
    )
    variant = next(v for v in body["omraader"] if "short" in v or "next" in v)
    field = "short" if "short" in variant else "next"
    name = f"{texts.variant_key(variant)}/{field}"
    base = doing(revisions.standing, "svar", key).mark
    approved(anna, bo, {name: "Her gælder noget særligt."}, key=key, base=base, seen=_any_warning)
    assert "Her gælder noget særligt." in render(key, {"omraade": variant["for"][0]})["text"]
    assert "Her gælder noget særligt." not in render(key)["text"]


class _Any(list):
    def __contains__(self, warning):
        return True


_any_warning = _Any()


def test_what_was_said_on_a_day_is_found_whether_file_or_edit(anna, bo, chief):
    day = timedelta(days=1)
    old = {**texts.files()["svar", KEY].body, "short": "Sådan stod der i den første fil."}
    first = {**texts.files(), ("svar", KEY): texts.files()["svar", KEY]._replace(body=old)}
    doing(revisions.record_files, NOON - 30 * day, first)
    doing(revisions.record_files, NOON - 20 * day, texts.files())
    approved(anna, bo, now=NOON - 10 * day)
    doing(revisions.retire, "svar", KEY, chief, NOON - 5 * day, "Forkert.")

    def said(days_ago):
        with reading() as db:
            return revisions.at(db, "svar", KEY, TODAY - days_ago * day)["short"]

    filed = texts.files()["svar", KEY].body["short"]
    assert said(25) == "Sådan stod der i den første fil."
    assert said(15) == filed
    assert said(8) == NEW
    assert said(2) == filed
    with pytest.raises(NotFound, match="ikke gemt"):
        said(31)
    with reading() as db:
        at_change = on_day(db, "svar", KEY, TODAY - 10 * day)
        assert [t.body["short"] for t in at_change] == [filed, NEW]
        assert revisions.at(db, "svar", KEY, TODAY - 8 * day)["sources"] == old["sources"]


def test_recording_the_files_twice_or_at_once_keeps_each_text_once(anna):
    outcomes = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(doing(revisions.record_files, NOON, texts.files())))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(o.new for o in outcomes) == len(texts.files())
    assert not any(doing(revisions.record_files, NOON, texts.files()))
    with reading() as db:
        assert len(db.scalars(select(Revision.id)).all()) == len(texts.files())


def test_a_text_that_leaves_the_files_ends_with_its_edit(anna, bo):
    doing(revisions.record_files, NOON, texts.files())
    approved(anna, bo)
    left = {place: file for place, file in texts.files().items() if place != ("svar", KEY)}
    assert doing(revisions.record_files, NOON, left).gone == 2
    assert overlay()["svar"] == {}


def test_export_writes_the_edits_into_the_files_and_leaves_all_else_as_it_was(tmp_path, anna, bo):
    bot, was = tmp_path / "bot", tmp_path / "was"
    shutil.copytree(ROOT / "bot", was)
    shutil.copytree(was, bot)
    approved(anna, bo, {"short": NEW, "steps": "Sig det før mødet.\nHusk: tag papirerne med."})
    seen = _any_warning
    approved(anna, bo, {"phone": "45 97 35 80"}, kind="enhed", key="ltk.byggesag", seen=seen)
    approved(anna, bo, {"reservation": "Se ltk.dk."}, kind="enhed", key="hovednummer", seen=seen)
    approved(anna, bo, {"review_by": "2028-06-01"}, kind="kilde", key=SOURCE, note="Læst igen.")
    with reading() as db:
        written = write_back(db, bot)
    assert {(w.kind, w.key, w.field) for w in written} == {
        ("svar", KEY, "short"),
        ("svar", KEY, "steps"),
        ("enhed", "ltk.byggesag", "phone"),
        ("enhed", "hovednummer", "reservation"),
        ("kilde", SOURCE, "checked"),
        ("kilde", SOURCE, "review_by"),
    }
    for path in {w.path for w in written}:
        old = (was / path.relative_to(bot)).read_text().splitlines()
        new = path.read_text().splitlines()
        comments = [[line for line in lines if line.lstrip().startswith("#")] for lines in (old, new)]
        assert comments[0] == comments[1]
        assert len(set(old) - set(new)) <= 6, path
    before, after = texts.read_files(was), texts.read_files(bot)
    changed = {place for place, file in after.items() if file.body != before[place].body}
    assert changed == {("svar", KEY), ("enhed", "ltk.byggesag"), ("enhed", "hovednummer"), ("kilde", SOURCE)}
    assert texts.read_files(bot)["svar", KEY].body["steps"] == ["Sig det før mødet.", "Husk: tag papirerne med."]


@pytest.mark.parametrize("last", ["  plain: |\n    Enkelt.\n", "  steps:\n    - Først.\n    - Så.\n", ""])
@pytest.mark.parametrize(
    "fields",
    [{"short": "Nyt."}, {"next": "Mere."}, {"plain": ""}, {"plain": "Nemt."}, {"steps": ["Nu."]}, {"steps": []}],
)
def test_a_comment_between_two_answers_stays_between_them(tmp_path, anna, bo, fields, last):
    body = f"a:\n  short: |\n    Et.\n{last}\n# Om b.\nb:\n  short: |\n    To.\n"
    for folder in ("answers", "sources"):
        (tmp_path / folder).mkdir()
    (tmp_path / "answers" / "x.yml").write_text(body)
    shutil.copy(ROOT / "bot" / "directory.yml", tmp_path)
    row = {"kind": "svar", "key": "a", "origin": "redigeret", "state": "godkendt", "created_at": NOON}
    with session() as db, db.begin():
        db.add(Revision(**row, body=fields, author_id=anna.staff_id, approved_by_id=bo.staff_id, approved_at=NOON))
    with reading() as db:
        write_back(db, tmp_path)
    after = (tmp_path / "answers" / "x.yml").read_text()
    assert after.endswith("\n\n# Om b.\nb:\n  short: |\n    To.\n")
    written = texts.read_files(tmp_path)["svar", "a"].body
    assert not texts.changed(written, fields)
    assert written["short"].strip() == fields.get("short", "Et.")


def test_edits_the_files_have_taken_over_are_superseded_and_the_rest_stay(tmp_path, anna, bo):
    bot = tmp_path / "bot"
    shutil.copytree(ROOT / "bot", bot)
    doing(revisions.record_files, NOON, texts.read_files(bot))
    absorbed = approved(anna, bo)
    with reading() as db:
        write_back(db, bot)
        assert write_back(db, bot) == []
    kept = approved(anna, bo, {"tasks": "Her spørger du om carporte."}, kind="enhed", key="ltk.byggesag")
    recorded = doing(revisions.record_files, NOON, texts.read_files(bot))
    assert (recorded.changed, recorded.absorbed) == (1, 1)
    with reading() as db:
        assert revisions.proposal(db, absorbed.id).state == "afloest"
        assert revisions.proposal(db, kept.id).state == "godkendt"
        assert list(in_force(db)) == [("enhed", "ltk.byggesag")]


def test_an_answer_is_previewed_in_each_way_a_citizen_may_meet_it():
    shown = views("klage.frist.spoerg_dato", texts.files()["svar", "klage.frist.spoerg_dato"].body)
    assert "Hvilken dag" in shown[0].text
    assert any("Ugedagen og datoen passer ikke" in view.text for view in shown)
    frist = views("klage.frist", texts.files()["svar", "klage.frist"].body, omraade="byggesag")
    assert "**[dato]**" in frist[0].text
    assert any("Fristen udløb" in view.text for view in frist)
    assert any("Byggetilladelse" in view.title for view in frist)


def test_a_difference_is_told_word_by_word():
    assert diff("Du må tage en ven med.", "Du må gerne tage en ven med.") == [
        ("same", "Du må "),
        ("new", "gerne "),
        ("same", "tage en ven med."),
    ]


def test_how_often_an_answer_was_given_is_counted_for_ninety_days_and_without_tests():
    from casework import conversations

    def talk(db, days_ago, test=False):
        conversation, _ = conversations.start(db, NOON)
        conversation.test = test
        db.flush()
        said = [{"text": "Ja.", "answer": KEY}, {"text": "Hej.", "answer": "hilsen"}]
        conversations.say(db, conversation, said, NOON - timedelta(days=days_ago))

    for days_ago in (0, 89, 91):
        doing(talk, days_ago)
    doing(talk, 0, test=True)
    assert doing(times_said, KEY, NOON) == 2


def test_the_command_line_shows_a_text_of_a_day_and_says_when_none_is_kept(anna, bo, capsys):
    doing(revisions.record_files, NOON - timedelta(days=3), texts.files())
    approved(anna, bo)
    cli(["svar", "vis", KEY, "--dato", "2026-11-22"], standalone_mode=False)
    assert NEW not in capsys.readouterr().out
    cli(["svar", "vis", KEY, "--dato", "2026-11-23"], standalone_mode=False)
    assert NEW in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli(["svar", "vis", KEY, "--dato", "2020-01-01"], standalone_mode=False)
    assert "ikke gemt" in capsys.readouterr().err


def test_the_body_of_an_edit_holds_only_what_differs_from_the_files(anna):
    whole = {name: texts.value_of(texts.files()["svar", KEY].body, name) for name in ("short", "steps", "next")}
    assert propose(anna, {**whole, "short": NEW}).body == {"short": NEW}
