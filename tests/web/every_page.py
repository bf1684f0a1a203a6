"""Every page there is, each with something on it: for tests that look at them all.

`PAGES` has a name and how to get there for each page, as a function that takes the `Office` and returns its answer.
`test_accessibility.py` sees to it that no page is forgotten.
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

from casework import (
    availability,
    availability_settings,
    cases,
    clock,
    conversations,
    letters,
    live,
    meeting_visit,
    meetings,
    messages,
    notices,
    questions,
    review,
)
from casework.cases import Actor
from casework.db import session
from casework.intake import Intake, file_case
from casework.meetings import Wish
from casework.settings import current
from tests.conftest import TODAY
from tests.web.people import Browser, account, phone_code, secret_on, stored
from tests.web.test_kalender import THURSDAY, TUESDAY, at
from tests.web.test_letters import FORM
from tests.web.test_login import with_second_factor
from tests.web.test_revisions import FIELD, KEY, NEW, base_in

STORY = "Jobcentret har ikke svaret på min ansøgning siden marts. Jeg har ringet fire gange."


class Office:
    """An office a normal day: cases, conversations, meetings, proposals and staff."""

    def __init__(self, app) -> None:
        self.app = app
        for name, role in (("Anna", "adviser"), ("Carl", "administrator"), ("Dina", "reader")):
            account(name, role)
        self.anna, self.carl = (Actor(n, stored(n).role, staff_id=stored(n).id) for n in ("Anna", "Carl"))
        self.numbers = {"staff": stored("Dina").id}
        with session() as db, db.begin():
            availability.seed(db)
        self._conversation()
        self._case()
        self._meetings()
        self.staff = Browser(app)
        self.staff.signs_in("Carl")
        self.keys = {"reference": self.numbers["case"], "code": self.code}

    def _conversation(self) -> None:
        with session() as db, db.begin():
            talk, self.token = conversations.start(db, clock.now())
            for text, topic, sure in (("Hvornår skal jeg klage?", "klage.frist", 0.6), ("Ring 22 33 44 55", None, 0.1)):
                turn = conversations.hear(db, talk, text, clock.now())
                conversations.note_understanding(db, turn.id, topic or "andet.uklart", sure)
                conversations.say(db, talk, [{"text": "Et **svar** med en dato.", "choices": []}], clock.now())
            self.numbers["conversation"] = talk.id
            letter = {"modtager": "Jobcentret", "dato": "2026-11-03", "sag": "afslag", "tekst": "Det er forkert."}
            self.numbers["draft"] = letters.keep(db, talk.id, "klage", letter, clock.now())
            waits, _ = conversations.start(db, clock.now())
            conversations.hear(db, waits, "Jeg vil tale med et menneske", clock.now())
            live.open_chat(db, self.carl.staff_id, clock.now())
            live.wait(db, waits, clock.now())
            self.numbers["waiting"] = waits.id
        with session() as db, db.begin():
            review.mark(db, self.numbers["conversation"], {1: ("rigtig", "", "")}, self.anna, clock.now())
            live.join(db, self.numbers["waiting"], self.carl, clock.now())
            live.say(db, self.numbers["waiting"], "Hej, jeg hedder Carl.", self.carl, clock.now())

    def _case(self) -> None:
        with session() as db, db.begin():
            intake = Intake(
                story=STORY,
                wish="Et svar",
                unit="ltk.byggesag",
                contact_name="Anna Jensen",
                contact_channel="telefon",
                contact_value="28 28 28 28",
                consent_forward=True,
            )
            given = {"now": clock.now(), "today": TODAY, "code_key": current().derived_key("case-code")}
            receipt = file_case(db, intake, submission=str(uuid.uuid4()), **given)
            file_case(db, intake, submission=str(uuid.uuid4()), **given)
            self.numbers["case"], self.code = receipt.reference, receipt.code
            cases.take(db, receipt.reference, self.carl, clock.now())
            messages.reply(db, receipt.reference, "Hej Anna. Vi ser på det.", self.carl, clock.now())
            questions.ask(
                db, receipt.reference, "ltk.byggesag", "Hvor langt er I?", self.carl, clock.now(), TODAY, mail_to=None
            )

    def _meetings(self) -> None:
        person = {"name": "Anna Jensen", "channel": "telefon", "value": "28 28 28 28", "subject": "Mit afslag"}
        with session() as db, db.begin():
            before = at(TODAY - timedelta(days=3), 9)  # soon enough, whatever the time of day is now
            booked = meetings.book(db, Wish("telefon", at(THURSDAY, 13), **person), before)
            asked = meetings.book(db, Wish("andet_sted", at(THURSDAY, 11), place="Bredebo 3", **person), before)
            held = meeting_visit.hold(db, str(uuid.uuid4()), "telefon", at(THURSDAY, 14), clock.now())
            self.numbers |= {"meeting": booked.id, "asked": asked.id, "code": booked.code, "hold": held.code}
            first = TODAY + timedelta(days=21)
            availability_settings.add_absence(db, first, first + timedelta(days=4), "Jeg holder ferie.", TODAY)

    def sees(self, path: str, who: Browser | None = None):
        """Open a page, as a citizen or as `who`; {names} in the path are this office's numbers."""
        return (who or Browser(self.app)).sees(path.format(**self.numbers))

    def sends(self, path: str, **given):
        """Send a citizen's form."""
        return Browser(self.app).client.post(path.format(**self.numbers), data=given, follow_redirects=True)

    def proposal(self, **more):
        """Anna fills in the form of one text and sends it."""
        anna = Browser(self.app)
        anna.signs_in("Anna")
        path = f"/personale/svar/svar/{KEY}/ret"
        form = anna.sees(path).text
        given = {name: value or text for name, value, text in re.findall(FIELD, form)}
        return anna.sends(path, **{**given, "felt-short": NEW, "base": base_in(form), "note": "Kortere.", **more})


def citizen(path: str):
    """A page anybody can open."""
    return lambda office: office.sees(path)


def staff(path: str):
    """A page of the staff."""
    return lambda office: office.sees(f"/personale/{path}", office.staff)


def case_form(path: str, **more):
    """A page behind number and code."""
    return lambda office: office.sends(path, **office.keys, **more)


def half_way(state: str):
    """Somebody who has given her password and must do one thing more."""

    def go(office: Office):
        name = f"Ny{uuid.uuid4().hex}"
        account(name, "adviser", temporary=state == "adgangskode")
        if state == "kode":
            with_second_factor(name)
        somebody = Browser(office.app)
        current().totp_required = state == "totrin"
        try:
            somebody.signs_in(name)
            return somebody.sees(f"/personale/login/{state if state != 'adgangskode' else 'ny-adgangskode'}")
        finally:
            current().totp_required = False

    return go


def enrolled(office: Office):
    """Somebody turns on the second factor and gets her codes on paper."""
    name = f"Ny{uuid.uuid4().hex}"
    account(name)
    somebody = Browser(office.app)
    somebody.signs_in(name)
    secret = secret_on(somebody.sees("/personale/konto/totrin"))
    return somebody.sends("/personale/konto/totrin", code=phone_code(secret))


def expired(office: Office):
    """Somebody whose session ran out while she wrote."""
    late = Browser(office.app)
    late.signs_in("Anna")
    late.sees(f"/personale/sager/{office.numbers['case']}")
    late.grows_older(idle=100_000)
    return late.sends(f"/personale/sager/{office.numbers['case']}/notat", text="Det, jeg skrev", version="1")


def switched_off(office: Office):
    """What stands instead of a form that is off."""
    with session() as db, db.begin():
        notices.put(db, "henvendelse", office.carl, clock.now(), text="Vi retter en fejl.", reason="Prøve")
    notices.forget()
    try:
        return office.sees("/henvendelse")
    finally:
        with session() as db, db.begin():
            notices.end(db, "henvendelse", office.carl, clock.now())
        notices.forget()


def with_notice(office: Office):
    """A page with the notice of trouble on it, and the assistant off."""
    with session() as db, db.begin():
        for part in ("opslag", "bot"):
            notices.put(db, part, office.carl, clock.now(), text="Telefonerne er nede i dag.", reason="Prøve")
    notices.forget()
    try:
        return office.sees("/")
    finally:
        with session() as db, db.begin():
            for part in ("opslag", "bot"):
                notices.end(db, part, office.carl, clock.now())
        notices.forget()


def version(office: Office):
    """A proposal that waits for approval."""
    if not office.numbers.get("proposal"):
        office.numbers["proposal"] = office.proposal(handling="send").location.rpartition("/")[2]
    return office.sees("/personale/svar/udgaver/{proposal}", office.staff)


def proposals(office: Office):
    """The list of what waits for approval."""
    version(office)
    return office.sees("/personale/svar/forslag", office.staff)


def new_person(office: Office):
    """The page with a new account's temporary password, shown once."""
    office.sees("/personale/brugere/ny", office.staff)
    given = {"name": "Eva Ny", "email": f"{uuid.uuid4().hex}@ltk.invalid", "role": "reader"}
    return office.staff.sends("/personale/brugere/ny", **given)


def person_found(office: Office):
    """What is held of one person."""
    office.sees("/personale/indsigt/", office.staff)
    return office.staff.sends("/personale/indsigt/", contact="28 28 28 28")


def person_erase(office: Office):
    """The question before a person's data are erased."""
    office.sees("/personale/indsigt/", office.staff)
    chosen = {"samtale": office.numbers["conversation"], "reason": "Bedt om det"}
    return office.staff.sends("/personale/indsigt/slet", **chosen)


def found_meetings(office: Office):
    """The meetings somebody has, found by her number."""
    office.sees("/personale/kalender/", office.staff)
    return office.staff.sends("/personale/kalender/find", contact="28 28 28 28")


def staff_errors(path: str, start: str, **given):
    """A staff form sent with something wrong."""

    def go(office: Office):
        office.sees(f"/personale/{start}", office.staff)
        return office.staff.sends(f"/personale/{path}".format(**office.numbers), **given)

    return go


def details_with_errors(office: Office):
    """The form of a meeting sent empty."""
    path = f"/moede/bestil/{office.numbers['hold']}"
    shown = Browser(office.app).sees(path).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown))
    return office.sends(path, **hidden, name="", channel="telefon", value="")


FILLED = {"story": STORY, "contact_channel": "telefon", "contact_value": "28 28 28 28", "contact_name": "Anna Jensen"}

CITIZENS = {
    "chatten": citizen("/"),
    "chatten i en ramme": citizen("/indlejret"),
    "chatten slukket": with_notice,
    "chatten uden samtale": citizen("/samtale"),
    "sammen": citizen("/sammen"),
    "sammen, svar": citizen("/svar?stor=ja"),
    "sammen, henvendelse": citizen("/henvendelse?stor=ja"),
    "sammen, møder": citizen("/moede?stor=ja&slags=telefon"),
    "afslut samtalen": lambda o: o.sends("/samtale/afslut", conversation=o.token),
    "udskrift": lambda o: o.sends("/samtale/udskrift", conversation=o.token),
    "tilbagemelding": lambda o: o.sends("/samtale/tilbagemelding", conversation=o.token, verdict="nej"),
    "svar": citizen("/svar"),
    "svar søgt": citizen("/svar?q=bisidder"),
    "svar ikke fundet": citizen("/svar?q=xyzxyz"),
    "breve": citizen("/brev"),
    "brev": citizen("/brev/klage"),
    "brev med fejl": lambda o: o.sends("/brev/klage", dato="engang"),
    "brev færdigt": lambda o: o.sends("/brev/klage", **FORM),
    "brev fra chatten": citizen("/brev/udkast/{draft}"),
    "forløb": citizen("/forloeb"),
    "forløb, her": citizen("/forloeb?trin=klage"),
    "henvendelse": citizen("/henvendelse"),
    "henvendelse med fejl": lambda o: o.sends("/henvendelse"),
    "henvendelse set igennem": lambda o: o.sends("/henvendelse", submission=str(uuid.uuid4()), step="vis", **FILLED),
    "henvendelse sendt": lambda o: o.sends("/henvendelse", submission=str(uuid.uuid4()), **FILLED),
    "henvendelse slukket": switched_off,
    "status": citizen("/status"),
    "status, forkert kode": lambda o: o.sends("/status", reference="BR-2026-XXXXX", code="forkert"),
    "status, sagen": case_form("/status"),
    "status med fejl": case_form("/status/tilfoej", text="", form_id=str(uuid.uuid4())),
    "status, træk tilbage": case_form("/status/tilbagetraek"),
    "møder": citizen("/moede"),
    "møder, tider": citizen("/moede?slags=telefon"),
    "møder, bisidder": citizen("/moede?slags=bisidder"),
    "møder, oplysninger": citizen("/moede/bestil/{hold}"),
    "møder, fejl": details_with_errors,
    "møder, væk": citizen("/moede/bestil/findesikke"),
    "møde, kvittering": citizen("/moede/{code}/kvittering"),
    "møde": citizen("/moede/{code}"),
    "møde, flyt": citizen("/moede/{code}/flyt"),
    "møde, aflys": citizen("/moede/{code}/aflys"),
    "hvad den kan": citizen("/hvad-kan-vejviseren"),
    "oplysninger": citizen("/privatliv"),
    "erklæring": citizen("/tilgaengelighed"),
    "findes ikke": citizen("/findes-ikke"),
}

STAFF = {
    "login": citizen("/personale/login"),
    "login, forkert": lambda o: Browser(o.app).signs_in("Ingen"),
    "login, kode": half_way("kode"),
    "login, ny adgangskode": half_way("adgangskode"),
    "login, totrin": half_way("totrin"),
    "login, koder": enrolled,
    "login, for sent": expired,
    "konto": staff("konto/"),
    "konto, fejl": staff_errors("konto/adgangskode", "konto/", current="x", password="y", repeated="z"),
    "konto, totrin": staff("konto/totrin"),
    "kø": staff(""),
    "kø, fejl": staff("?since=engang"),
    "sag": staff("sager/{case}"),
    "sag, fejl": staff_errors("sager/{case}/notat", "", text="", version="1"),
    "kalender, uge": staff("kalender/"),
    "kalender, dag": staff(f"kalender/?vis=dag&dato={TUESDAY}"),
    "kalender, liste": staff("kalender/?vis=liste"),
    "kalender, papir": staff("kalender/udskriv"),
    "kalender, møde": staff("kalender/moede/{meeting}"),
    "kalender, anmodning": staff("kalender/moede/{asked}"),
    "kalender, nyt møde": staff("kalender/ny"),
    "kalender, nyt møde med fejl": staff_errors("kalender/ny", "kalender/ny"),
    "kalender, fundet": found_meetings,
    "kalender, tider": staff("kalender/indstillinger"),
    "kalender, en slags": staff("kalender/indstillinger/telefon"),
    "kalender, fravær": staff("kalender/fravaer"),
    "kalender, andre": staff("kalender/andre-kalendere"),
    "chat": staff("chat/"),
    "chat, samtale": staff("chat/{waiting}"),
    "tekster": staff("svar/"),
    "tekster, afdelinger": staff("svar/afdelinger"),
    "tekster, kilder": staff("svar/kilder"),
    "tekster, tekst": staff(f"svar/svar/{KEY}"),
    "tekster, ret": staff(f"svar/svar/{KEY}/ret"),
    "tekster, set først": lambda o: o.proposal(handling="vis"),
    "tekster, forslag": version,
    "tekster, alle forslag": proposals,
    "samtaler": staff("samtaler/"),
    "samtale": staff("samtaler/{conversation}"),
    "samtaler, enighed": staff("samtaler/enighed"),
    "samtaler, eksport": staff("samtaler/eksport"),
    "tal": staff("tal/"),
    "tal, fejl": staff("tal/?fra=engang"),
    "drift": staff("drift/"),
    "drift, fejl": staff_errors("drift/bot", "drift/", til="ja", text="", reason="", seen="0"),
    "opbevaring": staff("opbevaring/"),
    "indsigt": staff("indsigt/"),
    "indsigt, fundet": person_found,
    "indsigt, slet": person_erase,
    "brugere": staff("brugere/"),
    "brugere, ny": staff("brugere/ny"),
    "brugere, kode": new_person,
    "bruger": staff("brugere/{staff}"),
    "log": staff("log/"),
}

# What is no page: files and answers for programs, and the two steps of the kommune's login, which only lead on.
NO_PAGES = {
    "appointments_api.show": "/api/appointments/x",
    "appointments_api.slots": "/api/appointments/slots?kind=telefon",
    "pages.openapi": "/api/openapi.json",
    "pages.dkfds": "/dkfds/css/dkfds.min.css",
    "static": "/static/vejviser.css",
    "staff_api.list_cases": "/api/staff/cases",
    "staff_api.one_case": "/api/staff/cases/{case}",
    "letters.draft_docx": "/brev/udkast/{draft}.docx",
    "course.svg": "/forloeb.svg",
    "ics.deadline": "/frist.ics?slags=klage&dato=2026-12-01",
    "health.healthz": "/healthz",
    "health.readyz": "/readyz",
    "health.metrics": "/metrics",
    "calendar_feed.feed": "/kalender/x.ics",
    "own_meeting.calendar": "/moede/{code}/kalender.ics",
    "indlejret.script": "/vejviser.js",
    "oidc.start": "/personale/login/kommunen/",
    "oidc.callback": "/personale/login/kommunen/retur",
    "live.news": "/personale/chat/{waiting}/nyt",
    "chat.person": "/samtale/menneske",
    "tal.file": "/personale/tal/fil?form=json&aar=2026",
    "audit.export": "/personale/log/udtraek",
    "console.case_document": "/personale/sager/{case}/dokument",
    "console.case_draft": "/personale/sager/{case}/udkast/1",
    "chat.begin": "/samtale",
    "chat.begin_ordinary": "/sammen/almindelig",
    "about.was": "/was",
}
