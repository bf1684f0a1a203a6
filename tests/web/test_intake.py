"""A tangled case: from the citizen's first sentence to the adviser's queue, through the real system."""

import re

import pytest
import requests
from sqlalchemy import text

from casework import cases, clock, conversations, drafts, own_case, privacy, staff
from casework.db import reading, session
from tests.stack import Citizen

pytestmark = pytest.mark.once  # filing on PostgreSQL is tested in test_browser, test_failures and the casework tests

STORY = "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år"


@pytest.fixture
def citizen(stack):
    return Citizen(stack)


@pytest.fixture
def token(stack):
    with session() as db, db.begin():
        return staff.create_token(db, name="prøve", role="reader", now=clock.now())


def get(stack, token, path):
    return requests.get(f"{stack.url}/api/staff/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def answer_all(citizen, contact="ring på 28 28 28 28", name="Anna Jensen"):
    """Answer every question up to the summary."""
    if citizen.latest.get("topic") != "sag.helhed":
        citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Jobcentret")
    citizen.presses("Nej, ikke flere")
    citizen.says("ja, 3. november")
    citizen.presses("Sygedagpenge og jobafklaring")
    citizen.presses("Ja")  # it began half a year ago, as the story says
    citizen.says("De siger, det er de andre")
    citizen.says("At én tager ansvar")
    citizen.presses("Nej, ikke mere")
    citizen.says(contact)
    if name:
        citizen.says(name)
    return citizen.presses("Ja")


def told(citizen):
    """Begin with a story of one sentence that names neither unit nor time, and answer up to the contact."""
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    citizen.says("unit:ltk.visitation")
    citizen.presses("Nej")
    citizen.says("i marts")
    citizen.says("de siger, at de leder")
    citizen.says("At de finder den")
    return citizen.presses("Nej, ikke mere")


def send(citizen):
    return citizen.presses("Send til borgerrådgiveren")["handoff"]


def cases_of(stack, token, *receipts):
    return [get(stack, token, f"cases/{r['reference']}").json() for r in receipts]


def test_being_sent_around_leads_to_the_intake_and_ends_in_a_receipt_and_a_case(stack, citizen, token):
    assert citizen.says(STORY)["topic"] == "sag.helhed"
    answer_all(citizen)
    assert STORY in citizen.text
    assert "28 28 28 28, Anna Jensen" in citizen.text
    receipt = citizen.presses("Send til borgerrådgiveren")["handoff"]
    assert re.fullmatch(r"BR-2026-[2-9A-Z]{5}", receipt["reference"])
    assert receipt["respond_by"] == "2026-12-07"
    assert receipt["code"] in citizen.text
    case = get(stack, token, f"cases/{receipt['reference']}").json()
    assert case["status"] == "ny"
    assert case["unit"] == "ltk.jobcenter"
    assert case["story"].startswith(STORY)
    assert case["wish"] == "At én tager ansvar"
    assert case["prior_dialogue"] == "De siger, det er de andre"
    assert case["contact"] == {"name": "Anna Jensen", "channel": "telefon", "value": "ring på 28 28 28 28"}
    assert case["consent_forward"] is True
    assert case["transcript"][0]["text"] == STORY
    assert case["transcript"][0]["topic"] == "sag.helhed"
    status = requests.post(
        f"{stack.url}/status", data={"reference": receipt["reference"], "code": receipt["code"]}, timeout=10
    )
    assert "mandag den 7. december 2026" in status.text


def test_a_question_in_the_middle_is_answered_and_the_intake_goes_on_where_it_was(citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    reply = citizen.says("Må jeg tage min bror med til mødet?")
    assert reply["topic"] == "bisidder.regler"
    assert len(reply["messages"]) == 2
    assert reply["messages"][0]["text"].startswith("Ja. Du må tage en person med")
    assert "Hvem i kommunen handler det mest om" in reply["messages"][1]["text"]
    assert citizen.presses("Skole")["topic"] == "henvendelse.opret"
    assert "Er andre afdelinger også med" in citizen.text


def test_every_answer_can_be_corrected_before_it_is_sent(citizen):
    answer_all(citizen)
    for label, question, answer in (
        ("Ret: navn", "Hvad hedder du?", "Bo Madsen"),
        ("Ret: ønske", "Hvad vil du gerne have ud af det?", "At sagen flyttes"),
        ("Ret: kontakt", "Hvordan kan borgerrådgiveren få fat i dig?", "bo@firma.invalid.dk"),
        ("Ret: samtykke", "Må borgerrådgiveren tale med **Jobcenter**", "nej"),
        ("Ret: hvornår det begyndte", "Hvornår begyndte det?", "i september"),
        ("Ret: talt med afdelingen", "Har du talt med afdelingen", "Ja, med lederen"),
        ("Ret: hensyn", "Er der noget, hun skal tage hensyn til", "nej, ikke mere"),
    ):
        citizen.presses(label)
        assert question in citizen.text
        citizen.says(answer)
        assert "Her er det, jeg sender" in citizen.text
    assert "bo@firma.invalid.dk, Bo Madsen" in citizen.text
    assert "At sagen flyttes" in citizen.text
    assert "**Må tale med:** ingen" in citizen.text
    assert "**Begyndte:** i september" in citizen.text


def test_the_intake_can_be_left_and_resumed_without_asking_again(citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Skole")
    citizen.says("stop")
    assert "Intet er sendt" in citizen.text
    citizen.presses("Fortsæt henvendelsen")
    assert "Er andre afdelinger også med" in citizen.text


def test_an_urgent_message_breaks_through_and_nothing_is_asked_about_the_case(citizen):
    citizen.says(STORY)
    reply = citizen.says("jeg har lyst til at tage mit eget liv")
    assert reply["urgent"] is True
    assert len(reply["messages"]) == 1
    assert "112" in citizen.text


def test_dont_know_is_an_answer_and_no_cry_for_help(citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    assert citizen.presses("Ved ikke")["urgent"] is False
    assert "Har du fået en afgørelse" in citizen.text


@pytest.mark.parametrize("answered", ["Det er ikke akut. Fortsæt henvendelsen", "nej, det er ikke akut"])
def test_what_was_no_emergency_is_the_answer_it_was_meant_as_and_makes_no_urgent_case(stack, citizen, token, answered):
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    assert citizen.says("Min nabo truer med at slå mig ihjel, men det er ti år siden")["urgent"] is True
    citizen.says(answered)
    assert citizen.latest["urgent"] is False
    citizen.says("unit:ltk.visitation")
    for answer in ("nej", "i marts", "de leder", "At de finder den", "nej, ikke mere", "28 28 28 28", "Bo Holm", "ja"):
        citizen.says(answer)
    assert "Min nabo truer" in citizen.text
    (case,) = cases_of(stack, token, send(citizen))
    assert case["priority"] == "normal"
    with reading() as db:
        events = [event.text for event in cases.find(db, case["reference"]).events]
    assert any("Borgeren svarede, at det ikke var akut" in event for event in events)


def test_danger_in_the_middle_of_the_intake_makes_an_urgent_case_when_it_is_sent(stack, citizen, token):
    told(citizen)
    assert citizen.says("ring ikke, min mand slår mig ihjel, hvis han hører det")["urgent"] is True
    citizen.says("emne:henvendelse.opret")
    for answer in ("28 28 28 28", "Anna Jensen", "ja"):
        citizen.says(answer)
    (case,) = cases_of(stack, token, send(citizen))
    assert case["priority"] == "akut"


def test_a_cry_for_help_in_place_of_a_name_breaks_through(citizen):
    told(citizen)
    citizen.says("28 28 28 28")
    assert "Hvad hedder du" in citizen.text
    assert citizen.says("jeg vil dø")["urgent"] is True


def test_whom_the_citizen_writes_for_and_what_happened_today_is_no_danger(citizen):
    told_needs(citizen)
    assert citizen.says("min søster Karen Madsen")["urgent"] is False
    assert "fuldmagt" in citizen.text
    other = Citizen(citizen.stack)
    other.says("Jeg vil gerne tale med et menneske om min sag")
    assert other.says("Kommunen har taget min datters aflastning fra os")["urgent"] is False


def told_needs(citizen):
    """Answer up to whom the citizen writes for."""
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    for answer in ("unit:ltk.visitation", "nej", "i marts", "ja", "at de finder den"):
        citizen.says(answer)
    citizen.presses("Jeg skriver for en anden")
    return citizen.presses("Nej, ikke mere")


def test_anonymous_is_possible_asks_no_name_and_says_what_it_costs(citizen):
    told(citizen)
    assert "hverken ringe, skrive eller spørge" in citizen.text
    citizen.presses("Jeg vil være anonym")
    assert "bliver skjult for borgerrådgiveren" in citizen.text
    citizen.says("nej")
    assert "Her er det, jeg sender" in citizen.text
    assert "din eneste vej til sagen" in citizen.presses("Send til borgerrådgiveren")["messages"][0]["text"]


def test_staff_do_not_learn_the_name_or_number_an_anonymous_citizen_wrote(stack, citizen, token):
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says(
        "Jeg hedder Kim Holm, ring 61 23 45 67, skriv til kim.holm@firma.invalid.dk. "
        "Kim Holm har søgt om en kørestol, og kommunen har glemt det. Ring til 61 23 45 67"
    )
    for answer in ("unit:ltk.visitation", "nej", "i marts", "de leder", "At de finder den", "nej, ikke mere"):
        citizen.says(answer)
    citizen.presses("Jeg vil være anonym")
    citizen.says("ja")
    receipt = send(citizen)
    (case,) = cases_of(stack, token, receipt)
    for secret in ("Holm", "61 23 45 67", "kim.holm"):
        assert secret not in str(case)
    assert case["contact"] is None
    assert "kørestol" in case["story"]


def test_what_the_conversation_has_told_is_confirmed_instead_of_asked(citizen):
    citizen.says("Jobcentret har ikke svaret mig i tre måneder, og jeg har skrevet til dem hver uge")
    citizen.says("Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?")
    citizen.says("emne:henvendelse.opret")
    assert "Jobcentret har ikke svaret mig i tre måneder" in citizen.text
    citizen.presses("Gå videre")
    assert "Handler det mest om **Jobcenter**?" in citizen.text
    citizen.presses("Ja")
    assert "afgørelse, du fik **torsdag den 19. november 2026**" in citizen.text
    reply = citizen.presses("Ja")
    assert reply["deadline"] == {
        "kind": "klagefrist", "date": "2026-12-17", "counted_from": "2026-11-19", "passed": False
    }  # fmt: skip
    assert "begyndte omkring **august 2026**" in citizen.text


def test_a_remembered_thing_that_is_wrong_is_asked_openly(citizen):
    citizen.says("Hvem skal jeg tale med om byggesag?")
    citizen.says("emne:henvendelse.opret")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    if "Handler det mest om" in citizen.text:
        citizen.presses("Nej, en anden afdeling")
    citizen.presses("Hjemmehjælp og hjælpemidler")
    assert "Har du fået en afgørelse" in citizen.text


def test_the_complaint_deadline_is_told_as_soon_as_it_can_be_worked_out(citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Jobcentret")
    citizen.presses("Nej, ikke flere")
    citizen.presses("Ja")
    citizen.presses("Sygedagpenge og jobafklaring")
    citizen.says("det kan jeg ikke huske")
    assert "Hvilken dato står der på brevet" in citizen.text
    reply = citizen.says("1. november")
    assert reply["deadline"]["date"] == "2026-11-30"
    assert "Jeg regner fra den dag, for du kan ikke have fået det før" in citizen.text


def test_what_is_over_a_year_old_is_explained_and_can_still_be_sent(stack, citizen, token):
    told_long_ago(citizen)
    assert "selv om der er gået over et år" in citizen.text
    citizen.says("Vi mangler den stadig")
    citizen.presses("Spring over")
    citizen.says("De kunne have spurgt os")
    assert "Har du talt med afdelingen" in citizen.text
    for answer in ("ja, med lederen", "at vi får den igen", "nej, ikke mere", "28 28 28 28", "Bo Holm", "ja"):
        citizen.says(answer)
    (case,) = cases_of(stack, token, send(citizen))
    assert case["since_date"] == "2024-11-23"
    assert case["ongoing"] is False
    assert case["exceptions"] == {"betydning": "Vi mangler den stadig", "forbedring": "De kunne have spurgt os"}
    assert case["competence"]["within"] == "unclear"
    assert any("1 år" in reason for reason in case["competence"]["reasons"])


def test_what_still_goes_on_is_not_asked_the_three_questions(citizen):
    told_long_ago(citizen, "Det sker stadig")
    assert "Har du talt med afdelingen" in citizen.text


def told_long_ago(citizen, still="Det er slut"):
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    for answer in ("unit:ltk.visitation", "nej", "for to år siden"):
        citizen.says(answer)
    assert "inden **1 år**" in citizen.text
    return citizen.presses(still)


def test_who_has_not_spoken_with_the_department_is_told_why_and_offered_a_letter_and_goes_on_afterwards(citizen):
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    for answer in ("unit:ltk.visitation", "nej", "i marts"):
        citizen.says(answer)
    citizen.presses("Nej, ikke endnu")
    assert "skal afdelingen først have mulighed for at svare" in citizen.text
    assert "Hvad vil du gerne have ud af det" in citizen.text
    assert citizen.presses("Hjælp mig med et brev til afdelingen")["topic"] == "klage.skriv"
    citizen.says("stop")
    citizen.says("emne:henvendelse.opret")
    assert "Hvad vil du gerne have ud af det" in citizen.text


def test_needs_and_who_is_written_for_reach_the_adviser(stack, citizen, token):
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    for answer in ("unit:ltk.visitation", "nej", "i marts", "ja", "at de finder den"):
        citizen.says(answer)
    for label in ("Tolk", "En bisidder med", "Telefon i stedet for skrift", "Stor skrift", "Jeg skriver for en anden"):
        citizen.presses(label)
    citizen.presses("Nej, ikke mere")
    citizen.says("arabisk")
    citizen.says("min mor Karen Madsen")
    citizen.presses("Ja, en skriftlig fuldmagt")
    for answer in ("28 28 28 28", "Bo Madsen", "ja"):
        citizen.says(answer)
    (case,) = cases_of(stack, token, send(citizen))
    assert case["needs"] == "Tolk: arabisk. En bisidder med. Telefon i stedet for skrift. Stor skrift"
    assert case["on_behalf_of"] == "min mor Karen Madsen, med skriftlig fuldmagt"


def test_consent_is_asked_for_each_department(stack, citizen, token):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Jobcentret")
    citizen.presses("Skole")
    citizen.presses("Byggesag")
    citizen.presses("Nej, ikke flere")
    for answer in ("nej", "ja", "ja, med dem alle", "at én tager ansvar", "nej, ikke mere", "28 28 28 28", "Bo Holm"):
        citizen.says(answer)
    for unit, said in (("Jobcenter", "nej"), ("Skoler og SFO", "ja"), ("Byggesag", "nej")):
        assert f"tale med **{unit}**" in citizen.text
        citizen.says(said)
    (case,) = cases_of(stack, token, send(citizen))
    assert case["departments"] == [
        {"unit": "ltk.jobcenter", "consent": False},
        {"unit": "ltk.skole", "consent": True},
        {"unit": "ltk.byggesag", "consent": False},
    ]
    assert case["consent_forward"] is True
    assert case["unit"] == "ltk.jobcenter"


def test_more_about_the_same_is_added_to_the_case_and_makes_no_new_one(stack, citizen, token):
    answer_all(citizen)
    receipt = send(citizen)
    citizen.says("emne:henvendelse.opret")
    assert receipt["reference"] in citizen.text
    citizen.presses("Det samme emne: læg det til")
    assert citizen.says("De ringede i dag fra 61 23 45 67 og sagde nej")["urgent"] is False
    assert "De ringede i dag" in citizen.text
    citizen.presses("Send")
    assert citizen.latest["handoff"] is None
    (case,) = cases_of(stack, token, receipt)
    assert "De ringede i dag fra 61 23 45 67 og sagde nej" in [t["text"] for t in case["transcript"]]
    assert how_many(citizen) == 1


def test_a_new_subject_becomes_a_case_that_follows_and_asks_no_contact_again(stack, citizen, token):
    answer_all(citizen)
    first = send(citizen)
    citizen.says("emne:henvendelse.opret")
    citizen.presses("Et nyt emne: send en ny henvendelse")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    for answer in ("unit:ltk.visitation", "nej", "i marts", "ja, to gange", "at de finder den", "ja"):
        citizen.says(answer)
    assert "28 28 28 28, Anna Jensen" in citizen.text
    second = send(citizen)
    main, case = cases_of(stack, token, first, second)
    assert case["follows"] == first["reference"]
    assert main["follows"] is None
    assert case["contact"] == main["contact"]
    assert second["code"] != first["code"]
    history = requests.post(f"{stack.url}/samtale/hent", data={"conversation": citizen.token}, timeout=10).text
    assert first["code"] in history and second["code"] in history


def test_a_citizen_who_is_known_cannot_be_anonymous_in_the_same_conversation_and_is_told_why(citizen):
    answer_all(citizen)
    send(citizen)
    citizen.says("emne:henvendelse.opret")
    citizen.presses("Et nyt emne: send en ny henvendelse")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    for answer in ("unit:ltk.visitation", "nej", "i marts", "ja, to gange", "at de finder den", "ja"):
        citizen.says(answer)
    citizen.presses("Ret: kontakt")
    citizen.presses("Jeg vil være anonym")
    assert "begynd en ny samtale" in citizen.text


def how_many(citizen):
    with reading() as db:
        return len(own_case.of_conversation(db, conversations.find(db, citizen.token).id))


def test_the_conversation_a_case_came_from_may_ask_for_it_without_the_code(citizen):
    answer_all(citizen)
    receipt = send(citizen)
    reply = citizen.says("Hvor langt er min henvendelse?")
    assert reply["topic"] == "henvendelse.status"
    assert f"{receipt['reference']}: Ny" in citizen.text
    assert receipt["code"] in citizen.text


def test_another_conversation_needs_number_and_code_and_a_wrong_code_tells_nothing(stack, citizen):
    answer_all(citizen)
    receipt = send(citizen)
    other = Citizen(stack)
    other.says("Hvor langt er min henvendelse til borgerrådgiveren?")
    assert receipt["reference"] not in other.text
    other.says(f"{receipt['reference']} aaaaa-bbb22")
    wrong_code = other.text
    other.says("BR-2026-AAAAA aaaaa-bbb22")
    assert other.text == wrong_code
    other.says(f"{receipt['reference']} {receipt['code'].upper()}")
    assert f"{receipt['reference']}: Ny" in other.text
    assert receipt["code"] not in other.text


def test_a_code_typed_in_the_chat_is_kept_nowhere(stack, citizen):
    answer_all(citizen)
    receipt = send(citizen)
    other = Citizen(stack)
    other.says("Hvor langt er min henvendelse til borgerrådgiveren?")
    other.says(f"mit nummer er {receipt['reference']} og koden er {receipt['code'].replace('-', '')}")
    assert f"{receipt['reference']}: Ny" in other.text
    with reading() as db:
        conversation = conversations.find(db, other.token)
        assert receipt["code"].replace("-", "") not in str([t.text for t in conversation.turns])
        assert privacy.known_values(db, conversation.id) == {}
        events = " ".join(db.execute(text("SELECT data FROM events")).scalars())
    assert receipt["code"].replace("-", "") not in events


def test_guessing_in_the_chat_ends_and_then_even_the_right_code_has_to_wait(stack, citizen):
    answer_all(citizen)
    receipt = send(citizen)
    for signs in ("234", "567", "89a", "b"):
        guesser = Citizen(stack)
        guesser.says("emne:henvendelse.status")
        for sign in signs:
            guesser.says(f"{receipt['reference']} aaaaa-bbb2{sign}")
    guesser.says(f"{receipt['reference']} aaaaa-bbb2c")
    assert "prøvet for mange gange" in guesser.text
    other = Citizen(stack)
    other.says("emne:henvendelse.status")
    other.says(f"{receipt['reference']} {receipt['code']}")
    assert "prøvet for mange gange" in other.text


def test_a_case_is_taken_back_in_the_chat_only_when_the_citizen_is_sure(stack, citizen, token):
    answer_all(citizen)
    receipt = send(citizen)
    assert citizen.says("Jeg vil trække min henvendelse tilbage")["topic"] == "henvendelse.tilbagetraek"
    assert "Er du sikker" in citizen.text
    citizen.presses("Nej, behold den")
    assert cases_of(stack, token, receipt)[0]["status"] == "ny"
    citizen.says("emne:henvendelse.tilbagetraek")
    citizen.presses("Ja, træk den tilbage")
    assert "er trukket tilbage" in citizen.text
    assert cases_of(stack, token, receipt)[0]["status"] == "tilbagetrukket"


def test_sending_twice_makes_one_case(citizen):
    answer_all(citizen)
    first = citizen.presses("Send til borgerrådgiveren")["handoff"]
    assert citizen.says("send")["handoff"] is None
    assert first["reference"]
    with reading() as db:
        count = db.execute(text("SELECT count(*) FROM cases WHERE reference = :r"), {"r": first["reference"]})
        assert count.scalar_one() == 1


def test_no_personal_data_reach_rasa_the_transcript_or_the_logs(stack, citizen):
    Citizen(stack).says("Mit cpr er 130575-4321, ring på 61 23 45 67 eller skriv til kim.holm@firma.invalid.dk")
    answer_all(citizen)
    citizen.presses("Send til borgerrådgiveren")
    with reading() as db:
        events = " ".join(db.execute(text("SELECT data FROM events WHERE sender_id IS NOT NULL")).scalars())
        turns = " ".join(db.execute(text("SELECT text FROM turns")).scalars())
    logs = "".join(stack.log(name) for name in ("rasa", "actions", "web"))
    for secret in ("130575", "5-4321", "61 23 45 67", "kim.holm", "28 28 28 28", "Anna Jensen"):
        assert secret not in events, secret
        assert secret not in turns, secret
        assert secret not in logs, secret
    assert "[telefon 1]" in turns


def test_the_secret_code_is_stored_nowhere_in_the_clear(citizen):
    answer_all(citizen)
    code = citizen.presses("Send til borgerrådgiveren")["handoff"]["code"]
    with reading() as db:
        for table, column in (("events", "data"), ("turns", "text"), ("cases", "code_hash")):
            assert code not in " ".join(db.execute(text(f"SELECT {column} FROM {table}")).scalars())


def test_the_staff_api_needs_a_token_and_logs_who_read(stack, citizen, token):
    answer_all(citizen)
    reference = citizen.presses("Send til borgerrådgiveren")["handoff"]["reference"]
    assert requests.get(f"{stack.url}/api/staff/cases", timeout=10).status_code == 401
    assert get(stack, "vv_forkert", "cases").status_code == 403
    listed = get(stack, token, f"cases?q={reference}").json()
    assert [c["reference"] for c in listed["cases"]] == [reference]
    get(stack, token, f"cases/{reference}")
    with reading() as db:
        reads = db.execute(
            text("SELECT count(*) FROM case_reads r JOIN cases c ON c.id = r.case_id WHERE c.reference = :r"),
            {"r": reference},
        )
        assert reads.scalar_one() == 2  # in the list and by itself
    assert get(stack, token, "cases/BR-2026-AAAAA").status_code == 404


def wrote_a_letter(citizen):
    citizen.says("emne:klage.skriv brev:klage_kort")
    for answer in ("Visitationen", "3. november", "afslag på en kørestol", "Anna Jensen"):
        citizen.says(answer)
    return told(citizen)


def test_a_letter_written_in_the_chat_goes_along_when_the_citizen_says_so(citizen):
    wrote_a_letter(citizen)
    for answer in ("ring på 28 28 28 28", "Anna Jensen"):
        citizen.says(answer)
    assert "Skal borgerrådgiveren have det med?" in citizen.text
    citizen.presses("Ja, tag det med")
    citizen.presses("Ja")
    assert "**Brev, du har skrevet her:** følger med" in citizen.text
    with reading() as db:
        ((_, letter),) = drafts.of_case(db, cases.find(db, send(citizen)["reference"]))
    assert letter.name == "Anna Jensen" and letter.recipient == "Visitationen"
    assert "Det drejer sig om: afslag på en kørestol." in letter.paragraphs[0]


def test_a_letter_stays_with_the_citizen_who_says_no_or_is_anonymous(citizen, stack):
    hidden = Citizen(stack)
    wrote_a_letter(hidden)
    hidden.presses("Jeg vil være anonym")
    hidden.says("nej")
    assert "Brev, du har skrevet" not in hidden.text
    wrote_a_letter(citizen)
    for answer in ("ring på 28 28 28 28", "Anna Jensen", "nej", "ja"):
        citizen.says(answer)
    assert "følger ikke med" in citizen.text
    receipts = [send(hidden), send(citizen)]
    with reading() as db:
        assert [drafts.of_case(db, cases.find(db, r["reference"])) for r in receipts] == [[], []]
