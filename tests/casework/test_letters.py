"""Letters: the frame is ours, the words are the citizen's, and nothing of them is kept for long."""

import re
import shutil
import subprocess
from datetime import date, timedelta
from io import BytesIO

import pytest
from docx import Document
from docx.oxml.ns import qn
from sqlalchemy import func, select, text

from casework import clock, conversations, letters, privacy
from casework.answers import klageveje, sources
from casework.errors import NotFound
from casework.letters import InvalidLetter, compose, fields, recipient_for, to_docx
from casework.models import KeptLetter
from casework.taxonomy import taxonomy

pytestmark = pytest.mark.once

TODAY = date(2026, 11, 23)
OWN = "Jeg kan ikke støvsuge mere.\nMin læge har skrevet det.\n\nI har ikke set på det."
ANSWERS = {
    "modtager": "Visitation og Hjælpemidler, Lyngby-Taarbæk Kommune",
    "dato": "2026-11-03",
    "sag": "afslag på rengøring, sag 24/1234",
    "tekst": OWN,
    "oenske": "Jeg vil gerne have rengøring hver anden uge.",
    "navn": "Anna Jensen",
    "moede": "tirsdag den 1. december kl. 10",
    "bisidder": "min søster",
    "afdeling": "Jobcentret",
}
KINDS = (
    "klage",
    "klage_kort",
    "klage_sagsbehandling",
    "rykker",
    "aktindsigt",
    "partshoering",
    "bisidder",
    "samtykke",
)  # fmt: skip


def answers(kind, *, optional=True, **changes):
    asked = {f["id"]: ANSWERS[f["id"]] for f in fields(kind) if optional or not f["optional"]}
    return {**asked, **changes}


def words_of(letter):
    return "\n".join([*letter.place_and_date, letter.recipient, letter.subject, *letter.paragraphs, letter.name])


def frame_of(kind):
    """Return what we wrote ourselves of a letter: every sentence of it with the answers left out."""
    letter = compose(kind, {f["id"]: "3. november 2026" if f["id"] == "dato" else "Ja." for f in fields(kind)}, TODAY)
    return " ".join(part for part in letter.paragraphs if part != "Ja.")


def lix(words):
    found = re.findall(r"[A-Za-zÆØÅæøåé0-9-]+", words)
    sentences = max(1, len(re.findall(r"[.!?:](?:\s|$)", words)))
    return len(found) / sentences + 100 * sum(len(word) > 6 for word in found) / len(found)


@pytest.fixture
def conversation(db):
    found, _ = conversations.start(db, clock.now())
    return found


def test_the_letters_a_citizen_may_need_are_there():
    assert tuple(letters.letters()) == KINDS
    for entry in letters.letters().values():
        assert entry["title"] and entry["about"].endswith(".") and len(entry["button"]) <= 45


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_asks_at_most_six_questions_and_says_what_each_is_for(kind):
    asked = fields(kind)
    assert 1 <= len(asked) <= 6
    assert len({f["id"] for f in asked}) == len(asked)
    for field in asked:
        assert field["question"].endswith("?") and field["help"][-1] in ".?"
        assert field["correct"].startswith("Ret: ")


@pytest.mark.parametrize("optional", [True, False], ids=["everything answered", "only what must be"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_reads_well_however_much_was_answered(kind, optional):
    letter = compose(kind, answers(kind, optional=optional), TODAY)
    written = words_of(letter)
    assert letter.place_and_date == ("23. november 2026",)
    assert letter.closing == "Venlig hilsen"
    for wrong in ("  ", "None", "{", "}", " .", " ,", "..", ":.", "Undefined", "§"):
        assert wrong not in written, wrong
    for part in letter.paragraphs:
        assert part == part.strip() and part[-1] in ".?:", part
        assert part[0].isupper(), part
    assert not letter.paragraphs[-1].endswith(":")
    assert letter.recipient and letter.subject[0].isupper()


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_left_open_leaves_no_introduction_behind(kind):
    parts = compose(kind, answers(kind, optional=False), TODAY).paragraphs
    for part, following in zip(parts, parts[1:], strict=False):
        if part.endswith(":"):
            assert following.startswith(OWN.splitlines()[0]), part


@pytest.mark.parametrize("kind", [k for k in KINDS if any(f["id"] == "tekst" for f in letters.fields(k))])
def test_the_citizens_own_words_stand_in_the_letter_as_she_wrote_them(kind):
    letter = compose(kind, answers(kind), TODAY)
    assert OWN in "\n\n".join(letter.paragraphs)


@pytest.mark.parametrize("kind", KINDS)
def test_the_frame_the_questions_and_the_advice_are_easy_to_read(kind):
    entry, letter = letters.letters()[kind], compose(kind, answers(kind), TODAY)
    asked = " ".join(f"{f['question']} {f['help']}" for f in fields(kind))
    advice = " ".join([entry["about"], letter.sending.replace("\n", " "), *(f"{a}." for a in letter.attachments)])
    for words in (frame_of(kind), asked, advice):
        assert lix(words) <= 40
        assert "§" not in words


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_rests_on_sources_that_exist_and_shows_each_once(kind):
    assert all(key in sources() for key in letters.letters()[kind]["sources"])
    shown = [(s["title"], s["url"]) for s in letters.sources_of(kind)]
    assert shown and len(set(shown)) == len(shown)
    assert all(date.fromisoformat(s["as_of"]) <= TODAY for s in letters.sources_of(kind))


@pytest.mark.parametrize("kind", ["klage", "klage_kort"])
def test_a_complaint_tells_that_it_must_arrive_in_time_and_where_that_stands(kind):
    advice = compose(kind, answers(kind), TODAY).sending
    assert "Se klagevejledningen" in advice
    assert "Klagen skal være fremme, før fristen udløber." in advice
    assert "Digital Post på borger.dk" in advice


def test_a_reminder_says_since_when_and_asks_what_the_case_awaits_and_when_an_answer_comes():
    written = words_of(compose("rykker", answers("rykker"), TODAY))
    assert "Jeg henvendte mig den 3. november 2026." in written
    assert "hvad sagen venter på" in written
    assert "hvornår jeg kan regne med svar" in written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("2026-08-03", "Jeg henvendte mig den 3. august 2026. Jeg"),
        ("3. august", "Jeg henvendte mig den 3. august 2026. Jeg"),
        ("I august", "Jeg henvendte mig i august. Jeg"),
        ("august", "Jeg henvendte mig i august. Jeg"),
        ("uge 32", "Jeg henvendte mig i uge 32. Jeg"),
        ("for tre måneder siden", "Jeg henvendte mig for tre måneder siden. Jeg"),
        ("3. august og igen 5. oktober", "Jeg henvendte mig 3. august og igen 5. oktober. Jeg"),
        ("Jeg søgte i august og rykkede i oktober", "Jeg søgte i august og rykkede i oktober. Jeg"),
    ],
)
def test_a_reminder_takes_the_time_in_the_citizens_own_words(said, written):
    assert written in words_of(compose("rykker", answers("rykker", dato=said), TODAY))


def test_consent_names_the_department_and_says_that_it_can_be_withdrawn():
    letter = compose("samtykke", answers("samtykke"), TODAY)
    assert "Jobcentret." in letter.paragraphs[0]
    assert "når som helst trække det tilbage" in letter.paragraphs[-1]
    assert letter.recipient.startswith("borgerrådgiveren")


def test_a_complaint_over_the_handling_goes_to_the_head_of_the_department():
    for said, to in (
        ("Jobcentret", "lederen af Jobcentret"),
        ("Til: Jobcentret", "lederen af Jobcentret"),
        ("lederen af Jobcentret", "lederen af Jobcentret"),
        ("Rikke Holm, afdelingschef", "Rikke Holm, afdelingschef"),
    ):
        kind = "klage_sagsbehandling"
        assert compose(kind, answers(kind, modtager=said), TODAY).recipient == to


@pytest.mark.parametrize(
    ("kind", "wrong", "field"),
    [
        ("klage", {"tekst": "  \n "}, "tekst"),
        ("klage", {"sag": ""}, "sag"),
        ("klage", {"modtager": "x" * 201}, "modtager"),
        ("klage", {"tekst": "x" * 4001}, "tekst"),
        ("klage", {"dato": "snart"}, "dato"),
        ("klage", {"dato": "2026-11-24"}, "dato"),
        ("klage", {"dato": "31. februar 2026"}, "dato"),
        ("samtykke", {"navn": ""}, "navn"),
        ("bisidder", {"moede": ""}, "moede"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named_with_what_to_do(kind, wrong, field):
    with pytest.raises(InvalidLetter) as refused:
        compose(kind, answers(kind, **wrong), TODAY)
    assert set(refused.value.fields) == {field}
    assert refused.value.fields[field][0].isupper()
    assert refused.value.fields[field] in str(refused.value)


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(InvalidLetter) as refused:
        compose("klage", {}, TODAY)
    assert set(refused.value.fields) == {"modtager", "sag", "tekst"}


def test_there_is_no_letter_of_another_kind():
    for unknown in ("", "_fields", "kontrakt"):
        with pytest.raises(NotFound):
            compose(unknown, {}, TODAY)


@pytest.mark.parametrize("field", ["modtager", "sag", "tekst", "oenske", "navn"])
def test_a_cpr_number_never_gets_into_a_letter(field):
    letter = compose("klage", answers("klage", **{field: "Det er 010203-1234, altså mit."}), TODAY)
    assert letter.cpr_removed
    text_of_file = "\n".join(p.text for p in Document(BytesIO(to_docx(letter))).paragraphs)
    for written in (words_of(letter), text_of_file):
        assert "1234," not in written and "010203" not in written
    assert not compose("klage", answers("klage"), TODAY).cpr_removed


def test_taking_a_cpr_number_out_leaves_names_and_chat_tokens_as_they_were():
    words = "[navn 1] og Anna Jensen, 010203-1234, ring 28 28 28 28 eller 28282828."
    written = words_of(compose("klage", answers("klage", tekst=words), TODAY))
    assert "[navn 1] og Anna Jensen, [cpr-nummer fjernet], ring 28 28 28 28 eller" in written


def test_templates_in_the_citizens_words_are_only_words():
    written = words_of(compose("klage", answers("klage", sag="{{ 7 * 7 }} {% if x %}"), TODAY))
    assert "{{ 7 * 7 }} {% if x %}." in written


@pytest.mark.parametrize(
    ("unit", "omraade", "kind", "to"),
    [
        (None, "byggesag", "klage", "Byggeklageenheden"),
        ("ltk.byggesag", "byggesag", "klage_kort", "Byggeklageenheden"),
        ("ltk.byggesag", "byggesag", "rykker", "Byggesag, Lyngby-Taarbæk Kommune"),
        ("ltk.visitation", "aeldre", "klage", "Visitation og Hjælpemidler, Lyngby-Taarbæk Kommune"),
        ("ltk.jobcenter", "beskaeftigelse", "klage", "Jobcentret, Lyngby-Taarbæk Kommune"),
        (None, "social", "klage", "Lyngby-Taarbæk Kommune"),
        ("ekstern.udbetaling_danmark", "pension", "klage", "Udbetaling Danmark"),
        (None, "udbetaling_danmark", "klage", "Udbetaling Danmark"),
        ("ltk.jobcenter", "udbetaling_danmark", "klage", "Udbetaling Danmark"),
        ("ltk.hovednummer", None, "rykker", "Lyngby-Taarbæk Kommune"),
    ],
)
def test_a_recipient_is_suggested_where_it_is_known(unit, omraade, kind, to):
    assert recipient_for(unit, omraade, kind).startswith(to)


@pytest.mark.parametrize(
    ("unit", "omraade", "kind"),
    [
        ("ltk.skole", "skole", "klage"),
        ("ltk.miljoe", "miljoe", "klage"),
        (None, "pension", "klage"),
        ("ltk.jobcenter", None, "klage"),
        (None, None, "rykker"),
        ("ekstern.retshjaelp", None, "rykker"),
        ("findes.ikke", "findes ikke", "klage"),
    ],
)
def test_no_recipient_is_guessed_where_only_the_decision_tells(unit, omraade, kind):
    assert recipient_for(unit, omraade, kind) is None


def test_every_suggested_recipient_names_a_place_and_fits_its_field():
    """An area added to the guide must not fill in words such as "se klagevejledningen" as a recipient."""
    for omraade in klageveje():
        for unit in (None, *taxonomy()["units"]):
            to = recipient_for(unit, omraade)
            assert to is None or (len(to) <= 200 and "klagevejledning" not in to and " eller " not in to), omraade


@pytest.mark.parametrize("kind", KINDS)
def test_the_word_file_holds_the_letter_and_is_danish_a4_with_a_heading(kind):
    letter = compose(kind, answers(kind), TODAY)
    document = Document(BytesIO(to_docx(letter)))
    written = [p.text for p in document.paragraphs]
    for part in (*letter.place_and_date, f"Til {letter.recipient}", letter.subject, *letter.paragraphs, "Anna Jensen"):
        assert part in written
    assert [p.text for p in document.paragraphs if p.style.name.startswith("Heading")] == [letter.subject]
    assert all(written), "distance comes from styles, not from empty paragraphs"
    languages = {lang.get(qn("w:val")) for lang in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"da-DK"}
    assert document.core_properties.language == "da-DK"
    assert document.core_properties.title == letter.title
    assert document.core_properties.author == ""
    paper = document.sections[0]
    assert (round(paper.page_width.mm), round(paper.page_height.mm)) == (210, 297)


def test_a_letter_without_a_name_has_a_line_to_sign_on():
    document = Document(BytesIO(to_docx(compose("klage", answers("klage", optional=False), TODAY))))
    assert document.paragraphs[-1].text == "Navn:\t"


@pytest.mark.parametrize("kind", KINDS)
def test_an_ordinary_letter_fits_one_page(kind, tmp_path):
    long = " ".join(["Jeg har brug for hjælp, og det står også i papirerne fra min læge."] * 12)
    wish = "Jeg vil gerne have hjælp hver uge, og jeg vil gerne høre, hvornår den begynder."
    given = {k: v for k, v in answers(kind, tekst=long, oenske=wish).items() if k in {f["id"] for f in fields(kind)}}
    letter = compose(kind, given, TODAY)
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office:
        (tmp_path / "brev.docx").write_bytes(to_docx(letter))
        home = f"-env:UserInstallation=file://{tmp_path}/office"
        command = [office, home, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, tmp_path / "brev.docx"]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        assert len(re.findall(rb"/Type\s*/Page[^s]", (tmp_path / "brev.pdf").read_bytes())) == 1
    # 88 signs of 11 points fill a line of 16 cm; a line is 15 points high, the page holds 717 points.
    parts = [*letter.place_and_date, letter.recipient, *letter.paragraphs, letter.closing, letter.name]
    lines = sum(1 + len(line) // 88 for part in parts for line in part.splitlines())
    assert lines * 15 + len(parts) * 8 + 65 <= 717


def test_a_draft_is_kept_encrypted_behind_its_token_and_shown_with_what_the_tokens_stand_for(db, conversation):
    heard = conversations.hear(db, conversation, "Jeg hedder Anna Jensen, ring 28 28 28 28", clock.now())
    assert "[navn 1]" in heard.text
    token = letters.keep(db, conversation.id, "klage", answers("klage", tekst=heard.text, navn="[navn 1]"), clock.now())
    kind, given = letters.find(db, token)
    assert (kind, given["navn"]) == ("klage", "[navn 1]")
    assert letters.find(db, token, resolved=True)[1]["tekst"] == "Jeg hedder Anna Jensen, ring 28 28 28 28"
    stored = " ".join(str(value) for value in db.execute(text("SELECT * FROM letters")).one())
    assert "klage" in stored
    for secret in (token, "Anna", "navn 1", "rengøring"):
        assert secret not in stored


def test_personal_data_that_reach_a_draft_unmasked_are_masked_and_a_cpr_number_is_dropped(db, conversation):
    said = {"tekst": "Ring til Anna Jensen på 28 28 28 28. Cpr 010203-1234.", "sag": "x", "modtager": "y", "andet": "z"}
    _, given = letters.find(db, letters.keep(db, conversation.id, "klage", said, clock.now()))
    assert given == {
        "modtager": "y",
        "sag": "x",
        "tekst": f"Ring til [navn 1] på [telefon 1]. Cpr {privacy.CPR_REMOVED}.",
    }


def test_the_same_word_kept_twice_in_a_talk_has_one_token(db, conversation):
    for _ in range(2):
        token = letters.keep(db, conversation.id, "rykker", answers("rykker", navn="Anna Jensen"), clock.now())
    assert letters.find(db, token, resolved=True)[1]["navn"] == "Anna Jensen"
    assert len(privacy.known_values(db, conversation.id)) == len(
        {value for value in privacy.known_values(db, conversation.id).values()}
    )


def test_a_draft_is_gone_when_its_talk_has_been_quiet_for_24_hours(db, conversation):
    now = clock.now()
    token = letters.keep(db, conversation.id, "klage", answers("klage"), now)
    assert letters.forget_old(db, now + timedelta(hours=23)) == 0
    letters.find(db, token)
    conversations.hear(db, conversation, "hej igen", now + timedelta(hours=23))
    db.flush()
    assert letters.forget_old(db, now + timedelta(hours=25)) == 0
    assert letters.forget_old(db, now + timedelta(hours=48)) == 1
    with pytest.raises(NotFound):
        letters.find(db, token)


def test_keeping_a_draft_forgets_those_of_quiet_talks(db, conversation):
    letters.keep(db, conversation.id, "klage", answers("klage"), clock.now())
    later = clock.now() + timedelta(hours=30)
    other, _ = conversations.start(db, later)
    letters.keep(db, other.id, "rykker", answers("rykker"), later)
    assert db.scalars(select(KeptLetter.conversation_id)).all() == [other.id]


def test_a_draft_goes_with_its_conversation(db, conversation):
    letters.keep(db, conversation.id, "klage", answers("klage"), clock.now())
    db.execute(text("DELETE FROM turns"))
    db.execute(text("DELETE FROM conversations"))
    assert db.scalar(select(func.count(KeptLetter.id))) == 0


@pytest.mark.parametrize("token", ["", "x", "a" * 43])
def test_an_unknown_token_opens_nothing(db, token):
    with pytest.raises(NotFound):
        letters.find(db, token)
