"""The page without the assistant: the whole intake filled in and read through, and the citizen's status page."""

import itertools
import re
import threading
import uuid
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select

from casework import clock, enums, messages, outbox
from casework import staff as accounts
from casework.cases import Actor, take
from casework.db import reading, session
from casework.models import Case, CaseEvent, Message, OutgoingMail
from casework.settings import Smtp, current

STORY = "Jobcentret har ikke svaret på min ansøgning"
_addresses = (f"10.9.{a}.{b}" for a, b in itertools.product(range(256), range(256)))


@pytest.fixture
def client(app, db):
    """A citizen with an address of her own, so that no other test's limit hits her, and an empty database."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = next(_addresses)
    return client


def form(**changes):
    given = {
        "submission": str(uuid.uuid4()),
        "story": STORY,
        "contact_channel": "telefon",
        "contact_value": "28 28 28 28",
        "contact_name": "Anna Jensen",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def page(answer):
    return unescape(answer.get_data(as_text=True))


def receipt(client, **changes):
    """Send the form and return reference and code as the receipt shows them."""
    shown = page(client.post("/henvendelse", data=form(**changes)))
    reference, code = re.findall(r"<dt>(?:Nummer|Kode)</dt><dd>([^<]+)</dd>", shown)
    return {"reference": reference, "code": code}


def case_of(keys):
    with reading() as db:
        return db.scalars(select(Case).where(Case.reference == keys["reference"])).one()


def how_many(model=Case):
    with reading() as db:
        return db.scalar(select(func.count(model.id)))


def hidden(shown, name):
    return re.search(rf'name="{name}" value="([^"]*)"', shown)[1]


# --- The intake on one page -------------------------------------------------------------------------------------


def test_every_field_has_a_label_and_the_page_one_heading(client):
    shown = page(client.get("/henvendelse"))
    assert shown.count("<h1>") == 1
    for name in re.findall(r'<(?:input|textarea|select)[^>]*\bid="([^"]+)"', shown):
        assert f'for="{name}"' in shown, name


def test_what_is_filled_in_is_read_through_before_it_is_sent_and_can_be_corrected(client):
    given = form(
        since="for to år siden", ongoing="nej", betydning="Vi mangler den stadig", unit="ltk.jobcenter",
        consent_forward="ja", unit2="ltk.skole", decision="ja", decision_date="2026-11-03", omraade="sygedagpenge",
        prior_dialogue="Ja, med lederen", wish="Et svar", need_tolk="ja", language="arabisk", behalf="min mor",
        authority="vaerge",
    )  # fmt: skip
    shown = page(client.post("/henvendelse", data={**given, "step": "vis"}))
    assert how_many() == 0
    assert "tirsdag den 1. december 2026" in shown
    for told in (STORY, "Vi mangler den stadig", "Jobcenter: hun må tale med den", "Skoler og SFO: hun må ikke tale"):
        assert told in shown
    for told in ("Tolk: arabisk", "min mor, som værge", "28 28 28 28, Anna Jensen"):
        assert told in shown
    assert STORY in page(client.post("/henvendelse", data={**given, "step": "ret"}))
    case = case_of(receipt(client, **given))
    assert case.departments == [{"unit": "ltk.jobcenter", "consent": True}, {"unit": "ltk.skole", "consent": False}]
    assert (case.since_date.year, case.ongoing, case.exceptions) == (
        2024,
        False,
        {"betydning": "Vi mangler den stadig"},
    )
    assert (case.needs, case.on_behalf_of) == ("Tolk: arabisk", "min mor, som værge")
    assert case.complaint_deadline.isoformat() == "2026-12-01"


def test_what_is_old_and_what_the_department_has_not_heard_is_explained_and_never_refused(client):
    given = form(since="i 2024", prior_dialogue="nej")
    shown = page(client.post("/henvendelse", data={**given, "step": "vis"}))
    assert "hun kan se bort fra det" in shown
    assert "skal afdelingen først have mulighed for at svare" in shown
    assert "/brev/klage-sagsbehandling" in shown
    assert client.get("/brev/klage-sagsbehandling").status_code == 200
    assert client.post("/henvendelse", data=given).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"story": " "}, "Skriv, hvad der er sket"),
        ({"contact_value": ""}, "vælg at være anonym"),
        ({"contact_channel": "e-mail", "contact_value": "anna"}, "Mailadressen kan ikke læses"),
        ({"decision_date": "i går"}, "kan ikke læses"),
        ({"decision_date": "2026-12-24"}, "i fremtiden"),
        ({"unit": "ltk.findes_ikke"}, "Vælg på listen"),
        ({"authority": "konge"}, "Vælg på listen"),
        ({"wish": "x" * 9000}, "for lang"),
        ({"submission": "x"}, "Siden var for gammel"),
    ],
)
@pytest.mark.parametrize("step", ["", "vis"])
def test_what_cannot_be_used_is_said_at_its_field_and_nothing_is_lost_or_stored(client, wrong, told, step):
    answer = client.post("/henvendelse", data={**form(since="i marts"), **wrong, "step": step})
    assert answer.status_code == 422
    assert told in page(answer)
    assert 'value="i marts"' in page(answer)
    assert how_many() == 0


def test_a_form_that_was_too_old_can_be_sent_as_it_is_shown_again(client):
    shown = page(client.post("/henvendelse", data=form(submission="")))
    assert client.post("/henvendelse", data=form(submission=hidden(shown, "submission"))).status_code == 200


def test_without_a_mail_server_the_receipt_says_that_no_mail_comes(client):
    shown = page(client.post("/henvendelse", data=form(contact_channel="e-mail", contact_value="a@firma.invalid")))
    assert "Du får ikke en e-mail" in shown
    assert "e-mail" not in page(client.post("/henvendelse", data=form())).split("Det sker nu")[1]


def test_with_a_mail_server_the_receipt_says_that_one_comes_and_it_is_queued(client, monkeypatch):
    monkeypatch.setattr(current(), "smtp", Smtp("127.0.0.1", 9, "", "", tls=False))
    shown = page(client.post("/henvendelse", data=form(contact_channel="e-mail", contact_value="a@firma.invalid")))
    assert "Vi sender dig også en e-mail med nummeret" in shown
    with reading() as db:
        assert [m.kind for m in db.scalars(select(OutgoingMail))] == [outbox.RECEIPT]


# --- The status page --------------------------------------------------------------------------------------------


@pytest.fixture
def keys(client):
    return receipt(client)


@pytest.fixture
def adviser():
    with session() as db, db.begin():
        person = accounts.add_staff(
            db, email="j@ltk.invalid", name="Julie", role="adviser", password="en lang adgangskode", now=clock.now()
        )
        return Actor(person.name, person.role, staff_id=person.id)


def test_number_and_code_show_where_the_case_is_and_what_comes_next(client, keys):
    shown = page(client.post("/status", data=keys))
    for told in ("Ny", "mandag den 7. december 2026", "Det næste er, at hun læser den", "ingen beskeder endnu"):
        assert told in shown


def test_every_status_is_told_in_plain_words_that_speak_to_the_one_who_reads(client, keys):
    for status, told in enums.CITIZEN_STATUSES.items():
        with session() as db, db.begin():
            db.scalars(select(Case)).one().status = status
        shown = page(client.post("/status", data=keys))
        assert f"<dd>{told}</dd>" in shown
        assert not re.search(r"afvente|forvaltning|borgeren\b", shown.split("<h2>Beskeder")[0], re.I), status
    assert not [word for word in enums.CASE_STATUSES.values() if re.search("afvente|forvaltning", word, re.I)]


def test_the_code_stands_in_no_address_no_cookie_and_no_cache(client, keys):
    answer = client.post("/status", data=keys)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(rf'(?:href|action)="[^"]*{keys["code"]}', page(answer))
    assert (
        client.get(f"/status?reference={keys['reference']}&code={keys['code']}").get_data(as_text=True).count("Ny<")
        == 0
    )


def test_what_the_adviser_writes_is_read_here_and_noted_as_seen(client, keys, adviser):
    with session() as db, db.begin():
        take(db, keys["reference"], adviser, clock.now())
        messages.ask_citizen(db, keys["reference"], "Hvornår fik du brevet?", adviser, clock.now())
    shown = page(client.post("/status", data=keys))
    assert "Hvornår fik du brevet?" in shown
    assert "venter på svar fra dig" in shown
    assert "<dd>Venter på dig</dd>" in shown
    with reading() as db:
        assert db.scalars(select(Message)).one().seen_at
    answer = {**keys, "form_id": hidden(shown, "form_id"), "text": "I torsdags"}
    assert "Det er sendt til borgerrådgiveren" in page(client.post("/status/tilfoej", data=answer))
    assert case_of(keys).status == "i_gang"


def test_what_is_added_twice_is_added_once_even_at_the_same_moment(app, client, keys):
    typed = {**keys, "form_id": str(uuid.uuid4()), "text": "De ringede i dag"}

    def send(address):
        other = app.test_client()
        other.environ_base["REMOTE_ADDR"] = address
        other.post("/status/tilfoej", data=typed)

    threads = [threading.Thread(target=send, args=(next(_addresses),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert how_many(Message) == 1
    assert page(client.post("/status", data=keys)).count("De ringede i dag") == 1


@pytest.mark.parametrize("typed", [{"text": "  "}, {"text": "x" * 9000}, {"text": "hej", "form_id": "x"}])
def test_what_cannot_be_added_is_said_and_kept_in_the_field(client, keys, typed):
    answer = client.post("/status/tilfoej", data={**keys, "form_id": str(uuid.uuid4()), **typed})
    assert answer.status_code == 422
    assert 'role="alert"' in page(answer)
    assert typed["text"].strip() in page(answer)
    assert how_many(Message) == 0


def test_contact_is_corrected_and_shown_with_what_was_wrong(client, keys):
    wrong = client.post("/status/kontakt", data={**keys, "contact_channel": "telefon", "contact_value": ""})
    assert wrong.status_code == 422
    assert case_of(keys).contact_value == "28 28 28 28"
    new = {"contact_name": "Anna Holm", "contact_channel": "e-mail", "contact_value": "a@firma.invalid"}
    assert "er rettet" in page(client.post("/status/kontakt", data={**keys, **new}))
    assert case_of(keys).contact_value == "a@firma.invalid"


def test_taking_it_back_is_asked_first_and_closes_the_case(client, keys):
    assert "Vil du trække" in page(client.post("/status/tilbagetraek", data=keys))
    assert case_of(keys).status == "ny"
    shown = page(client.post("/status/tilbagetraek", data={**keys, "sikker": "ja"}))
    assert "er trukket tilbage" in shown
    assert "Send beskeden" not in shown
    assert case_of(keys).status == "tilbagetrukket"
    again = client.post("/status/tilbagetraek", data={**keys, "sikker": "ja"})
    assert again.status_code == 200
    late = client.post("/status/tilfoej", data={**keys, "form_id": str(uuid.uuid4()), "text": "vent"})
    assert "lukket" in page(late)


def test_the_page_asks_whether_it_is_the_same_subject_or_a_new_one_and_a_new_one_follows(client, keys):
    shown = page(client.post("/status", data=keys))
    assert "Om det samme emne" in shown and "Om et nyt emne" in shown
    begun = page(client.post("/henvendelse", data={**keys, "step": "foelg"}))
    assert keys["reference"] in begun
    assert "contact_value" not in begun
    new = {**keys, "submission": hidden(begun, "submission"), "story": "Min søn får ingen støtte i skolen"}
    preview = page(client.post("/henvendelse", data={**new, "step": "vis"}))
    assert f"Som på {keys['reference']}" in preview
    sent = page(client.post("/henvendelse", data=new))
    assert f"hører sammen med {keys['reference']}" in sent
    with reading() as db:
        main, second = db.scalars(select(Case).order_by(Case.id))
        assert second.follows_id == main.id
        assert second.contact_value == main.contact_value


def test_a_case_that_follows_an_anonymous_one_is_anonymous(client):
    keys = receipt(client, anonymous="ja", contact_value="")
    new = {**keys, "submission": str(uuid.uuid4()), "story": "Min søn får ingen støtte i skolen"}
    assert client.post("/henvendelse", data=new).status_code == 200
    with reading() as db:
        assert [c.anonymous for c in db.scalars(select(Case))] == [True, True]


@pytest.mark.parametrize("path", ["/status", "/status/tilfoej", "/status/kontakt", "/status/tilbagetraek"])
def test_a_wrong_number_and_a_wrong_code_look_the_same_on_every_page(client, keys, path):
    more = {"form_id": str(uuid.uuid4()), "text": "hej", "sikker": "ja", "contact_channel": "telefon"}
    wrong = [{**keys, "code": "aaaaa-aaaaa"}, {"reference": "BR-2026-AAAAA", "code": keys["code"]}, {"reference": ""}]
    answers = [client.post(path, data={**more, **given}) for given in wrong]
    assert {a.status_code for a in answers} == {404}
    assert len({re.sub(r'value="[^"]*"', "", page(a)) for a in answers}) == 1
    assert how_many(Message) == 0


def test_guessing_from_one_address_is_stopped_on_all_pages_together(client, keys):
    paths = itertools.cycle(["/status", "/status/tilfoej", "/status/tilbagetraek"])
    statuses = [
        client.post(next(paths), data={"reference": f"BR-2026-AAAA{i % 9 + 1}", "code": str(i)}).status_code
        for i in range(14)
    ]
    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_guessing_one_number_from_many_addresses_does_not_shut_out_who_has_the_code(app, client, keys):
    for number in range(60):
        other = app.test_client()
        other.environ_base["REMOTE_ADDR"] = next(_addresses)
        other.post("/status", data={**keys, "code": f"aaaaa-aaa{number:02}"})
    again = other.post("/status", data=keys)
    assert again.status_code == 429
    assert "Vent fem minutter" in page(again)
    assert client.post("/status", data=keys).status_code == 200


def test_the_right_code_again_and_again_is_no_guessing(client, keys):
    assert {client.post("/status", data=keys).status_code for _ in range(20)} == {200}


def test_a_date_that_has_passed_is_admitted(client, keys):
    with session() as db, db.begin():
        db.scalars(select(Case)).one().respond_by -= timedelta(days=30)
    assert "(overskredet)" in page(client.post("/status", data=keys))


def test_markup_a_citizen_writes_is_only_text(client, keys):
    typed = {**keys, "form_id": str(uuid.uuid4()), "text": "<script>alert(1)</script>"}
    assert b"<script>alert" not in client.post("/status/tilfoej", data=typed).data


def test_every_change_of_the_citizen_is_a_line_on_the_timeline(client, keys):
    client.post("/status/tilfoej", data={**keys, "form_id": str(uuid.uuid4()), "text": "mere"})
    client.post("/status/kontakt", data={**keys, "contact_channel": "telefon", "contact_value": "28 28 28 29"})
    client.post("/status/tilbagetraek", data={**keys, "sikker": "ja"})
    with reading() as db:
        kinds = db.scalars(select(CaseEvent.kind).order_by(CaseEvent.id)).all()
    assert kinds == ["oprettet", "borger_skrev", "kontakt", "tilbagetrukket"]
