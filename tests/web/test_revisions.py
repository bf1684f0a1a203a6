"""The pages where staff keep the answers true, as each role meets them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from casework import clock, revisions, texts
from casework.db import reading, session
from casework.models import Revision
from tests.web.people import SignedIn

pytestmark = [pytest.mark.usefixtures("people"), pytest.mark.once]

KEY = "bisidder.regler"
NEW = "Ja. Du må tage en ven med til mødet. Personen kaldes en **bisidder**."


class Person(SignedIn):
    """A signed-in person's browser on the answers."""

    def __init__(self, app, name):
        super().__init__(app, name)
        self.opens("")

    def opens(self, path, status=200):
        self.page = self.client.get(f"/personale/svar/{path}", follow_redirects=True)
        assert self.page.status_code == status, self.page.text
        return self.page.text

    def mends(self, fields, kind="svar", key=KEY, handling="send", note="Kortere.", **more):
        """Open the form, fill it in as a browser would, and press a button."""
        form = self.opens(f"{kind}/{key}/ret")
        given = {name: unescape(value or text) for name, value, text in re.findall(FIELD, form)}
        given |= {f"felt-{name}": value for name, value in fields.items()}
        given |= {"base": base_in(form), "note": note, "handling": handling, **more}
        return self.sends(f"/personale/svar/{kind}/{key}/ret", **given)

    def decides(self, number, verb, **given):
        self.opens("")
        return self.sends(f"/personale/svar/udgaver/{number}/{verb}", **given)


FIELD = r'name="(felt-[^"]+)"(?: value="([^"]*)"|[^>]*>([^<]*)</textarea>)'


def base_in(form):
    return re.search(r'name="base" value="([^"]+)"', form)[1]


@pytest.fixture
def anna(app):
    return Person(app, "Anna")


@pytest.fixture
def bo(app):
    return Person(app, "Bo")


def latest():
    with reading() as db:
        return db.scalar(select(Revision.id).order_by(Revision.id.desc()).limit(1))


def test_a_stranger_is_sent_to_the_sign_in_page(app):
    answer = app.test_client().get("/personale/svar/")
    assert answer.status_code == 302
    assert "/personale/login" in answer.headers["Location"]


def test_a_reader_reads_but_is_not_let_into_the_form_and_cannot_propose_or_decide(app, anna):
    anna.mends({"short": NEW})
    dina = Person(app, "Dina")
    assert "Ret teksten" not in dina.opens(f"svar/{KEY}")
    assert "Din rolle giver ikke adgang" in dina.opens(f"svar/{KEY}/ret", status=403)
    dina.opens("")
    posted = dina.sends(f"/personale/svar/svar/{KEY}/ret", **{"felt-short": NEW, "handling": "send"})
    assert posted.status_code == 403
    assert dina.decides(latest(), "godkend").status_code == 403
    assert ">Godkend<" not in dina.opens(f"udgaver/{latest()}")


def test_the_preview_shows_what_the_citizen_would_see_and_keeps_nothing(anna, app):
    page = anna.mends({"short": NEW, "plain": "Tag en ven med."}, handling="vis").text
    seen = page[page.index("Sådan vil borgeren se det") :]
    assert "Du må tage en ven med til mødet. Personen kaldes en <strong>bisidder</strong>." in seen
    assert "<li>Sig det gerne til din sagsbehandler før mødet.</li>" in seen
    assert "Tag en ven med." in seen
    assert "Kan borgerrådgiveren gå med?" in seen
    assert latest() is None
    assert "Du må tage en ven med" not in app.test_client().get("/svar").text


def test_a_text_goes_from_the_form_by_another_persons_hand_to_the_citizen(app, anna, bo):
    answer = anna.mends({"short": NEW})
    assert answer.headers["Location"].endswith(f"/personale/svar/udgaver/{latest()}")
    own = anna.opens(f"udgaver/{latest()}")
    assert "En anden skal godkende det" in own
    assert ">Godkend<" not in own
    forced = anna.decides(latest(), "godkend")
    assert forced.status_code == 403
    assert "Du har selv skrevet forslaget" in forced.text
    assert KEY in bo.opens("forslag")
    proposal = bo.opens(f"udgaver/{latest()}")
    assert re.search(r"<ins><span class=\"sr-only\">Tilføjet: </span>[^<]*ven", proposal)
    assert "Fjernet: " in proposal
    bo.decides(latest(), "godkend")
    assert "Du må tage en ven med til mødet." in app.test_client().get("/svar").text
    assert "Intet venter på godkendelse" in bo.opens("forslag")
    assert "Godkendt af Bo" in anna.opens(f"svar/{KEY}")


def test_a_broken_template_comes_back_with_words_beside_the_field_and_the_text_kept(anna):
    answer = anna.mends({"short": "Ja {% if dato %} det må du."})
    assert answer.status_code == 422
    assert "en kode er ikke skrevet rigtigt" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Ja {% if dato %} det må du." in unescape(answer.text)
    assert latest() is None


def test_a_proposal_without_a_reason_or_without_a_change_is_not_sent(anna):
    without = anna.mends({"short": NEW}, note=" ")
    assert without.status_code == 422
    assert "Skriv kort, hvorfor teksten rettes." in without.text
    assert NEW.replace("**", "")[:20] in without.text
    assert "Du har ikke ændret noget." in anna.mends({}).text
    assert latest() is None


def test_a_warning_must_be_seen_before_the_text_is_sent(anna):
    hard = {name: "Kommunalbestyrelsens forvaltningsretlige sagsbehandlingsgrundlag " * 6 for name in ("short", "next")}
    first = anna.mends(hard)
    assert first.status_code == 422
    assert "LIX" in first.text
    warnings = [unescape(w) for w in re.findall(r'name="advarsel" value="([^"]+)"', first.text)]
    assert anna.mends(hard, advarsel=warnings).status_code == 422
    assert anna.mends(hard, advarsel=warnings, set="ja").status_code == 302


def test_the_second_of_two_editors_keeps_her_text_and_is_told(anna, bo, app):
    base = base_in(bo.opens(f"svar/{KEY}/ret"))
    anna.mends({"short": NEW})
    carl = Person(app, "Carl")
    carl.decides(latest(), "godkend")
    late = bo.mends({"short": "Ja, det må du gerne."}, base=base)
    assert late.status_code == 409
    assert "Teksten er ændret, siden du åbnede den" in late.text
    assert "Ja, det må du gerne." in late.text
    assert base_in(late.text) != base
    assert "Det ændrer du" in late.text


def test_what_was_said_on_a_day_is_shown_with_its_sources(anna, bo):
    now = clock.now()
    with session() as db, db.begin():
        revisions.record_files(db, now - timedelta(days=3), texts.files())
    anna.mends({"short": NEW})
    bo.decides(latest(), "godkend")
    yesterday = anna.opens(f"svar/{KEY}?dato={clock.today() - timedelta(days=1)}")
    shown = yesterday[yesterday.index("Hvad sagde vi den dato?") :]
    assert "Filens tekst" in shown
    assert "Personen kaldes en bisidder" in shown
    assert "Kilder den dag" in shown
    today = anna.opens(f"svar/{KEY}?dato={clock.today()}")
    assert "Du må tage en ven med til mødet." in today[today.index("Hvad sagde vi den dato?") :]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("2020-01-01", "Vi har ikke gemt, hvad der stod"),
        ("i går", "Datoen kan ikke læses"),
        ("2030-01-01", "er ikke kommet endnu"),
    ],
)
def test_a_day_nothing_is_kept_of_and_a_date_that_is_none_get_words(anna, asked, words):
    assert words in anna.opens(f"svar/{KEY}?dato={asked}")


def test_the_lists_are_searched_and_an_empty_one_shows_the_way_back(anna):
    assert KEY in anna.opens("?q=bisidder+sagsbehandler")
    assert KEY not in anna.opens("?theme=klage")
    empty = anna.opens("?q=xyzzy")
    assert "Intet passer" in empty
    assert "Ryd filtre" in empty
    assert "Byggesag" in anna.opens("afdelinger?q=carport")
    assert anna.opens("?page=999")
    assert "Side 2 af" in anna.opens("?page=2")


def test_what_waits_and_what_must_be_looked_at_can_be_listed(anna):
    anna.mends({"short": NEW})
    assert KEY in anna.opens("?waiting=ja")
    assert "klage.frist" not in anna.opens("?waiting=ja")
    source = texts.files()["svar", KEY].body["sources"][0]
    assert f"kilde/{source}" in anna.opens(f"kilder?q={source}")
    assert f"kilde/{source}" not in anna.opens(f"kilder?q={source}&review=ja")


def test_a_source_is_confirmed_by_two_people(anna, bo):
    source = texts.files()["svar", KEY].body["sources"][0]
    answer = anna.mends({"review_by": "2027-11-01"}, kind="kilde", key=source, note="Loven siger det stadig.")
    assert answer.status_code == 302
    assert "Loven siger det stadig." in bo.opens(f"udgaver/{latest()}")
    bo.decides(latest(), "godkend")
    shown = bo.opens(f"kilde/{source}")
    assert "01.11.2027" in shown
    assert clock.today().strftime("%d.%m.%Y") in shown


def test_a_wrong_phone_is_told_beside_its_field_and_the_right_one_reaches_the_citizen(app, anna, bo):
    wrong = anna.mends({"phone": "ring"}, kind="enhed", key="ltk.byggesag")
    assert wrong.status_code == 422
    assert "Det ligner ikke et telefonnummer" in wrong.text
    anna.mends({"phone": "45 97 35 80"}, kind="enhed", key="ltk.byggesag")
    bo.decides(latest(), "godkend")
    assert "45 97 35 80" in bo.opens("enhed/ltk.byggesag")


def test_only_an_administrator_removes_an_edit_at_once(app, anna, bo):
    anna.mends({"short": NEW})
    bo.decides(latest(), "godkend")
    assert "Fjern rettelsen" not in bo.opens(f"svar/{KEY}")
    path = f"/personale/svar/svar/{KEY}/fjern-rettelsen"
    assert bo.sends(path, why="Forkert.").status_code == 403
    carl = Person(app, "Carl")
    assert "Fjern rettelsen" in carl.opens(f"svar/{KEY}")
    carl.sends(path, why="Fristen var forkert.")
    assert "Fristen var forkert." in carl.opens(f"udgaver/{latest()}")
    assert "Du må tage en ven med" not in app.test_client().get("/svar").text


def test_an_old_version_is_proposed_again_from_its_page(anna, bo):
    anna.mends({"short": NEW})
    first = latest()
    bo.decides(first, "godkend")
    bo.mends({"short": "Ja, det må du gerne."})
    anna.decides(latest(), "godkend")
    assert "Foreslå teksten igen" in anna.opens(f"udgaver/{first}")
    anna.decides(first, "gendan")
    assert f"Tilbage til udgave {first}" in bo.opens(f"udgaver/{latest()}")
    assert "Venter på godkendelse" in bo.page.text


def test_an_edit_is_pointed_out_when_the_files_text_has_changed_since(anna, bo):
    anna.mends({"short": NEW})
    bo.decides(latest(), "godkend")
    assert "Filens tekst er ændret" not in anna.opens(f"svar/{KEY}")
    with session() as db, db.begin():
        revisions.record_files(db, clock.now(), texts.files())
    assert "Filens tekst er ændret, efter at rettelsen blev godkendt" in anna.opens(f"svar/{KEY}")
    assert "Filen er ny" in anna.opens(f"?q={KEY}")


def test_pages_that_are_not_there_say_so(anna):
    for path in ("svar/findes.ikke", "svar/trin/ret", "udgaver/999999", "andet/bisidder.regler"):
        assert "findes ikke" in anna.opens(path, status=404)
    assert anna.decides(1, "slet").status_code == 404


def test_each_answer_and_unit_can_be_opened(anna):
    for kind, key in texts.files():
        if kind != "kilde":
            assert anna.opens(f"{kind}/{key}"), key
            assert "kan ikke vises, som borgeren ser den" not in anna.page.text, key
