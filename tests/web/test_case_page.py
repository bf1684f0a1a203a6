"""One case on the staff pages, as adviser and reader meet it."""

import re
from io import BytesIO

import pytest
from docx import Document
from sqlalchemy import func, select

from casework import cases, clock, conversations, letters, mail, messages
from casework.db import session
from casework.intake import Intake, file_case
from casework.models import CaseRead, Conversation
from casework.settings import current
from tests.web.people import account, signed_in


@pytest.fixture
def case(db):
    """A case from a conversation, by somebody who can be reached."""
    conversation, _ = conversations.start(db, clock.now())
    turn = conversations.hear(db, conversation, "Min sag trækker ud", clock.now())
    conversations.note_understanding(db, turn.id, "klage.sagsbehandlingstid", 0.97)
    intake = Intake(
        story="Jeg har ventet på en byggetilladelse siden <b>marts</b>.",
        wish="Et svar",
        unit="ltk.byggesag",
        contact_name="Anna Jensen",
        contact_channel="telefon",
        contact_value="28 28 28 28",
        consent_forward=True,
    )
    receipt = file_case(
        db,
        intake,
        submission="s1",
        now=clock.now(),
        today=clock.today(),
        code_key=b"0" * 32,
        conversation_id=conversation.id,
    )
    db.commit()
    return receipt.reference


@pytest.fixture
def julie(app, case):
    account("Julie")
    return signed_in(app, "Julie")


def sees(browser, reference):
    page = browser.sees(f"/personale/sager/{reference}")
    assert page.status_code == 200
    return page.text


def acts(browser, reference, verb, **given):
    """Fill in the form of one verb on the case page and send it, with the version the page was shown with."""
    text = browser.page.text if browser.page and 'name="version"' in browser.page.text else sees(browser, reference)
    given.setdefault("version", re.search(r'name="version" value="(\d+)"', text)[1])
    return browser.sends(f"/personale/sager/{reference}/{verb}", **given)


def field(text, id_):
    """Return what stands in the text box with this id."""
    return re.search(rf'<textarea[^>]*id="{id_}"[^>]*>(.*?)</textarea>', text, re.DOTALL)[1]


def stored(reference):
    with session() as db:
        found = cases.find(db, reference)
        return found.status, [e.kind for e in found.events]


def test_the_page_tells_who_why_by_when_and_what_was_understood(julie, case):
    page = sees(julie, case)
    for part in (
        "Anna Jensen, 28 28 28 28",
        "&lt;b&gt;marts&lt;/b&gt;",
        "Svar til borgeren senest mandag den 7. december 2026.",
        "klage.sagsbehandlingstid, 97 %",
        "Vedtægten: dialog først",
        "Tag sagen",
    ):
        assert part in page
    assert page.count("<h1") == 1


def test_a_case_goes_from_taken_to_closed_through_the_page(julie, case):
    acts(julie, case, "tag")
    acts(julie, case, "spoerg-afdeling", unit="ltk.byggesag", text="Hvornår bliver sagen afgjort?", due="2026-12-14")
    number = re.search(r'name="question" value="(\d+)"', julie.page.text)[1]
    acts(julie, case, "ryk", question=number)
    acts(julie, case, "afdeling-svarede", question=number, text="Inden jul.")
    acts(julie, case, "spoerg-borger", text="Er det i orden?", way="telefon")
    acts(julie, case, "borger-sagde", text="Ja tak.", way="telefon")
    acts(julie, case, "svar", text="Så lukker jeg sagen.", way="statusside")
    acts(julie, case, "notat", text="Færdig.")
    page = julie.page.text
    assert '<option value="langsommelig" selected>' in page, "the cause is suggested from the topic"
    assert '<option value="oversendelse" selected>' in page and '<option value="CBB" selected>' in page
    acts(julie, case, "afslut", cause="langsommelig", handling="oversendelse", center="CBB")
    assert "Sagen er afsluttet." in julie.page.text
    assert stored(case) == (
        "afsluttet",
        "oprettet taget spurgt_afdeling rykket afdeling_svarede spurgt_borger borger_skrev svar note afsluttet".split(),
    )


def test_a_question_is_mailed_only_when_the_adviser_presses_send_and_the_case_tells_what_became_of_it(
    julie, case, mail_server
):
    acts(julie, case, "tag")
    question = {"unit": "ltk.byggesag", "text": "Hvornår bliver sagen afgjort?", "due": "2026-12-14"}
    acts(julie, case, "spoerg-afdeling", **question, address="byg@ltk.invalid")
    assert mail.send_due(current()) == 0
    acts(julie, case, "spoerg-afdeling", **question, address="byg@ltk.invalid", send="mail")
    assert "Spørgsmålet er på vej til byg@ltk.invalid" in julie.page.text
    assert "Spørgsmålet er på vej som e-mail." in julie.page.text
    assert mail.send_due(current()) == 1
    number = re.findall(r'name="question" value="(\d+)"', sees(julie, case))[-1]
    assert "Spørgsmålet er sendt som e-mail" in julie.page.text
    ready = field(julie.page.text, f"ryk-mail-{number}")
    assert case in ready and "mandag den 14. december 2026" in ready and "Anna" not in ready
    acts(julie, case, "ryk", question=number, mail=ready, address="byg@ltk.invalid", send="mail")
    ready = field(julie.page.text, f"frist-mail-{number}")
    acts(julie, case, "afdeling-ny-frist", question=number, due="2026-12-21", text="Ferie", mail=ready, send="mail")
    assert mail.send_due(current()) == 2
    assert "mandag den 21. december 2026" in mail_server.taken[-1].get_content()


def test_a_mail_that_cannot_be_sent_keeps_what_was_typed(julie, case, mail_server):
    acts(julie, case, "tag")
    given = {"unit": "ltk.byggesag", "text": "Hvornår?", "due": "2026-12-14", "address": "byggesag", "send": "mail"}
    answer = acts(julie, case, "spoerg-afdeling", **given)
    assert answer.status_code == 422 and "Mailadressen kan ikke læses" in answer.text
    assert field(answer.text, "spoerg-afdeling-text") == "Hvornår?" and 'value="byggesag"' in answer.text


def test_the_key_enter_in_a_field_never_sends_a_mail(julie, case, mail_server):
    acts(julie, case, "tag")
    question = {"unit": "ltk.byggesag", "text": "Hvornår?", "due": "2026-12-14"}
    acts(julie, case, "spoerg-afdeling", **question, address="")
    forms = [form for form in julie.page.text.split("<form")[1:] if 'value="mail"' in form]
    assert len(forms) == 3
    for form in forms:
        assert 'value="mail"' not in re.search(r'<button[^>]*type="submit"[^>]*>', form)[0]


def test_without_a_mail_server_the_page_says_so_and_offers_no_sending(julie, case):
    acts(julie, case, "tag")
    assert "Der er ingen mailserver" in julie.page.text and "Send som e-mail" not in julie.page.text
    given = {"unit": "ltk.byggesag", "text": "Hvornår?", "due": "2026-12-14", "address": "b@ltk.dk", "send": "mail"}
    assert "ingen mailserver" in acts(julie, case, "spoerg-afdeling", **given).text
    assert "oprettet taget".split() == stored(case)[1]


def test_a_reader_cannot_mail_a_department(app, julie, case, mail_server):
    acts(julie, case, "tag")
    account("Rie", role="reader")
    rie = signed_in(app, "Rie")
    rie.sees("/personale/")
    given = {"unit": "ltk.byggesag", "text": "Hvornår?", "address": "b@ltk.dk", "send": "mail"}
    assert rie.sends(f"/personale/sager/{case}/spoerg-afdeling", **given).status_code == 403
    assert mail.send_due(current()) == 0


def test_what_cannot_be_done_keeps_what_was_typed(julie, case):
    acts(julie, case, "tag")
    answer = acts(julie, case, "afdeling-ny-frist", question="1", due="i morgen", text="Ferie")
    assert answer.status_code == 422 and "Datoen kan ikke læses" in answer.text
    answer = acts(julie, case, "ny-svardato", new_date="2026-12-01", text="Jeg venter på <brevet> og {ny_dato}")
    assert answer.status_code == 422
    assert "Den nye dato skal ligge efter mandag den 7. december 2026." in answer.text
    assert field(answer.text, "ny-svardato-text") == "Jeg venter på &lt;brevet&gt; og {ny_dato}"
    assert 'id="ny-svardato-dag" name="new_date" required value="2026-12-01"' in answer.text


def test_two_advisers_with_the_same_page_open_one_wins_and_the_other_keeps_her_text(app, julie, case):
    account("Bo")
    bo = signed_in(app, "Bo")
    acts(julie, case, "tag")
    sees(bo, case)
    acts(julie, case, "svar", text="Fra Julie")
    answer = acts(bo, case, "svar", text="Fra Bo")
    assert answer.status_code == 409
    assert "Sagen er ændret af Julie, siden du åbnede den." in answer.text
    assert field(answer.text, "svar-text") == "Fra Bo"
    assert "Fra Julie" in answer.text
    assert acts(bo, case, "svar", text="Fra Bo").status_code == 302, "having seen it, she may go on"


def test_a_ready_text_is_put_after_what_was_typed_and_nothing_is_sent(julie, case):
    acts(julie, case, "tag")
    answer = acts(julie, case, "svar", text="Godmorgen.", ready="modtaget", hent="1")
    text = field(answer.text, "svar-text")
    assert text.startswith("Godmorgen.\n\nHej Anna Jensen") and case in text
    assert stored(case)[1] == ["oprettet", "taget"]
    assert acts(julie, case, "svar", text=text).status_code == 422, "the gap in it must be filled first"


def test_a_refusal_begins_with_the_words_of_the_statutes_ground(julie, case):
    answer = acts(julie, case, "afvis", ground="domstol", hent="1", cause="", center="")
    assert "Når en domstol har din sag" in field(answer.text, "afvis-reason")
    assert "advokat" in field(answer.text, "afvis-who")
    told = {name: field(answer.text, f"afvis-{name}") for name in ("reason", "who", "by_when", "attach")}
    answer = acts(julie, case, "afvis", ground="domstol", cause="vejviser", center="CBB", **told)
    assert answer.status_code == 302 and stored(case)[0] == "afvist"
    with session() as db:
        assert "Brevene fra retten" in messages.for_citizen(db, cases.find(db, case), clock.now())[-1].text


def test_a_reader_reads_everything_and_acts_on_nothing(app, julie, case):
    account("Ras", role="reader")
    reader = signed_in(app, "Ras")
    page = sees(reader, case)
    assert "Anna Jensen" in page and "<form" not in page.split("<main")[1].split("</main>")[0]
    assert reader.sees(f"/personale/sager/{case}/dokument").status_code == 200
    sees(reader, case)
    assert reader.sends(f"/personale/sager/{case}/tag").status_code == 403
    assert stored(case)[0] == "ny"


def test_every_way_to_read_a_case_is_logged_and_none_is_cached(julie, case):
    def reads():
        with session() as db:
            return db.scalar(select(func.count(CaseRead.id)))

    before = reads()
    assert julie.sees(f"/personale/sager/{case}").headers["Cache-Control"] == "no-store"
    assert julie.sees(f"/personale/sager/{case}/dokument").headers["Cache-Control"] == "no-store"
    sees(julie, case)
    acts(julie, case, "notat", text=" ")  # the page again, with what was wrong
    assert reads() == before + 4


def test_the_word_file_holds_the_case_with_its_timeline(julie, case):
    acts(julie, case, "tag")
    acts(julie, case, "spoerg-afdeling", unit="ltk.byggesag", text="Hvornår?", due="")
    acts(julie, case, "svar", text="Jeg har spurgt.")
    acts(julie, case, "notat", text="Linje\nto")
    document = Document(BytesIO(julie.sees(f"/personale/sager/{case}/dokument").data))
    text = "\n".join(p.text for p in document.paragraphs)
    text += "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    for part in (case, "Anna Jensen, 28 28 28 28", "siden <b>marts</b>", "Hvornår?", "Jeg har spurgt.", "Linje\nto"):
        assert part in text
    for part in ("Taget, 23.11.2026", "Julie", "Sagen trækker ud (97 %)", "Svar senest mandag den 14. december 2026"):
        assert part in text
    assert document.core_properties.author == ""


@pytest.mark.parametrize("path", ["BR-2026-XXXXX", "BR-2026-XXXXX/dokument", "%00", "..%2f"])
def test_an_unknown_case_is_a_page_that_says_so(julie, path):
    assert julie.sees(f"/personale/sager/{path}").status_code == 404


@pytest.mark.parametrize("verb", ["slet", "__class__", "TAG"])
def test_an_unknown_verb_is_not_found(julie, case, verb):
    sees(julie, case)
    assert julie.sends(f"/personale/sager/{case}/{verb}").status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {"version": "x" * 50, "to": "-1"},
        {"to": "9" * 30, "text": "\x00\x01"},
        {"question": "1e9", "due": "2026-13-45", "unit": "'; --", "way": "røgsignal", "text": "x"},
        {"main": "%", "within": "maybe", "ready": "x", "ground": "x"},
        {"new_date": "9999-12-31", "due": "9999-12-31", "text": "x {ny_dato}", "question": "1"},
    ],
)
def test_bad_input_to_any_verb_is_danish_words_and_never_a_500(julie, case, given):
    from web.case_page import VERBS

    for verb in VERBS:
        for more in ({}, {"hent": "1"}):
            sees(julie, case)
            answer = julie.sends(f"/personale/sager/{case}/{verb}", **{"version": "1", **given, **more})
            assert answer.status_code < 500, (verb, answer.status_code)


def test_a_letter_that_went_along_is_read_on_the_page_and_fetched_and_both_are_logged(db, app):
    conversation, _ = conversations.start(db, clock.now())
    given = {"modtager": "Visitationen", "dato": "2026-11-03", "sag": "afslag på en kørestol", "navn": "Anna Jensen"}
    letters.keep(db, conversation.id, "klage_kort", given, clock.now())
    letters.keep(db, conversation.id, "klage", {"modtager": "Visitationen"}, clock.now())  # never finished
    receipt = file_case(
        db,
        Intake(story="Afslag på en kørestol", contact_channel="telefon", contact_value="28 28 28 28", with_drafts=True),
        submission="s2",
        now=clock.now(),
        today=clock.today(),
        code_key=b"0" * 32,
        conversation_id=conversation.id,
    )
    db.commit()
    account("Julie")
    julie = signed_in(app, "Julie")
    page = sees(julie, receipt.reference)
    assert "Til: Visitationen" in page and "Det drejer sig om: afslag på en kørestol." in page
    (path,) = re.findall(rf"/personale/sager/{receipt.reference}/udkast/\d+", page)
    words = "\n".join(p.text for p in Document(BytesIO(julie.sees(path).data)).paragraphs)
    assert "Anna Jensen" in words and "afslag på en kørestol" in words
    assert julie.sees(path.rsplit("/", 1)[0] + "/999999").status_code == 404
    whole = Document(BytesIO(julie.sees(f"/personale/sager/{receipt.reference}/dokument").data))
    assert any("afslag på en kørestol" in p.text for p in whole.paragraphs)
    with session() as own:
        assert own.scalar(select(func.count(CaseRead.id))) >= 3


def test_an_adviser_lowers_a_handled_danger_with_a_reason_and_a_reader_cannot(app, julie, case):
    with session() as db, db.begin():
        conversation = db.get(Conversation, cases.find(db, case).conversation_id)
        turn = conversations.hear(db, conversation, "han slår mig", clock.now())
        conversations.note_understanding(db, turn.id, "akut.vold", 0.9)
    page = sees(julie, case)
    assert "Borgeren skrev om fare." in page and "vv-tag-akut" in page
    assert acts(julie, case, "fare", danger="nej", text=" ").status_code == 422
    account("Ras", role="reader")
    reader = signed_in(app, "Ras")
    sees(reader, case)
    assert reader.sends(f"/personale/sager/{case}/fare", version="1", danger="nej", text="x").status_code == 403
    sees(julie, case)
    assert acts(julie, case, "fare", danger="nej", text="Hun er på krisecenter.").status_code == 302
    page = julie.page.text
    assert "Sagen er ikke længere akut på grund af fare." in page and "Faren er håndteret af Julie" in page
    assert "Borgeren skrev om fare." not in page and "vv-tag-akut" not in page
    assert stored(case)[1][-2:] == ["fare", "ikke_fare"]


def test_an_adviser_sets_danger_she_heard_of_elsewhere(julie, case):
    acts(julie, case, "fare", danger="ja", text="Hun ringede og er bange for sin mand.")
    assert "Sagen er nu akut på grund af fare." in julie.page.text
    assert "vv-tag-akut" in julie.page.text and "Hun ringede og er bange for sin mand." in julie.page.text


def test_danger_is_not_lowered_from_a_page_that_has_not_shown_it(app, julie, case):
    sees(julie, case)
    with session() as db, db.begin():
        conversation = db.get(Conversation, cases.find(db, case).conversation_id)
        turn = conversations.hear(db, conversation, "nu har han en kniv", clock.now())
        conversations.note_understanding(db, turn.id, "akut.vold", 0.9)
    answer = acts(julie, case, "fare", danger="nej", text="Det er håndteret.")
    assert answer.status_code == 409 and "Sagen er ændret af borgeren" in answer.text
    assert field(answer.text, "fare-text") == "Det er håndteret."
