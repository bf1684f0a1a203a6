"""How an answer reads in a conversation: plainer on request, hard words explained once, a date when one was said."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from casework import clock
from casework.answers import answers, choice_labels, is_guidance, render, render_plain, sum_lines
from casework.competence import ground
from casework.course import step_for
from casework.dates import find_date, find_deadline
from casework.errors import InvalidInput, NotFound, OutsideCalendar
from casework.frister import BY_KIND, KIND_OF_TOPIC
from casework.klage import reassessed_by_kommune
from casework.languages import language_of
from casework.words import unexplained

AGAIN, NO, YES, COMPETENCE = "bot.gentag", "afvis", "bekraeft", "borgerraadgiver.kan"
FOREIGN = "fremmedsprog"
DRAWN = ("sag.forloeb", "klage.genvurdering", "sag.partshoering")  # answers that come with the drawing of the course
PLAINLY = "plain"  # the plainer version has been given
MOST_WORDS = 3  # explained after one answer: more would bury it
REMEMBERED = ("omraade", "unit", "dato", "passed", "cautious")  # what a plainer version may need again


@dataclass(frozen=True)
class Before:
    """What the conversation holds that bears on how the next answer reads."""

    answer: dict | None = None
    words: frozenset[str] = frozenset()

    @property
    def asked_whether_understood(self) -> bool:
        return bool((self.answer or {}).get("asked"))

    @property
    def said_plainly(self) -> bool:
        return (self.answer or {}).get("asked") == PLAINLY


def message(payload: dict, values: dict, said: str, before: Before) -> dict:
    """Return one message of the chat API for one payload from Rasa.

    `answer`, `given` and `words` on it are for ourselves: which answer it was, what it was filled with, and which legal
    words it explains.
    """
    key = payload.get("answer")
    if key is None:
        return {"text": payload.get("text", ""), "choices": [], "sources": [], "urgent": False}
    values = {**values, **payload.get("values", {})}
    again = _again(key, before)
    if again:
        return again
    key, values = _variant(key, values, said)
    try:
        found = render(key, values)
    except NotFound:
        # The topic was understood but has no answer of its own: say so, and never guess at a rule.
        return render("henvis", {**values, "emne": choice_labels().get(key, key)})
    given = {name: values[name] for name in REMEMBERED if isinstance(values.get(name), (str, bool))}
    found |= {"answer": key, "given": given}
    if answers()[key].get("lang"):
        found["lang"] = answers()[key]["lang"]
    _attach(found, key, payload, values.get("omraade"))
    return found


def _again(key: str, before: Before) -> dict | None:
    """Return the plainer version of what was said last, when that is what the citizen asks for."""
    wanted = key == AGAIN or (key == NO and before.asked_whether_understood)
    if wanted and before.said_plainly:
        return render("stadig_svaert")
    if key == YES and before.asked_whether_understood:
        return {**render("forstaaet"), "answer": "forstaaet"}
    if not wanted or not before.answer or not is_guidance(before.answer["answer"]):
        return None
    last = before.answer["answer"]
    found = render_plain(last, before.answer.get("given"))
    ask = render("forklaret_enklere")
    text = f"{found['text']}\n\n{ask['text']}"
    given = before.answer.get("given", {})
    return {**found, "text": text, "choices": ask["choices"], "answer": last, "given": given, "asked": PLAINLY}


def _variant(key: str, values: dict, said: str) -> tuple[str, dict]:
    if key == "usikker" and not values["candidates"]:
        return "forstod_ikke", values
    if key == FOREIGN:
        own = f"{FOREIGN}.{language_of(said)}"
        return (own if own in answers() else key), values
    if key == COMPETENCE and "punkt:" in said:
        point = ground(said.rsplit("punkt:", 1)[1].split()[0])
        if point:
            return f"{COMPETENCE}.punkt", {**values, "punkt": point, "sources": point["sources"]}
    return key, values


def _attach(found: dict, key: str, payload: dict, omraade: str | None) -> None:
    """Add the calendar file of a deadline, the letter, or the drawing of the course."""
    deadline = payload.get("deadline")
    if payload.get("attachment"):
        found["attachment"] = payload["attachment"]
    elif deadline and not deadline["passed"]:
        found["attachment"] = calendar_file(deadline)
    elif key in DRAWN and (omraade is None or reassessed_by_kommune(omraade)):
        here = step_for(key)
        query = f"?{urlencode({'trin': here})}" if here else ""
        found["picture"] = f"/forloeb.svg{query}"
        found["attachment"] = {"title": render("forloeb.titel")["text"], "url": f"/forloeb{query}", "type": "text/html"}


def calendar_file(deadline: dict) -> dict:
    """Return the attachment that saves a deadline in the citizen's calendar; the address tells the date only."""
    query = urlencode({"slags": deadline["kind"], "dato": deadline["date"]})
    return {"title": render("frist.kalender")["text"], "url": f"/frist.ics?{query}", "type": "text/calendar"}


def worked_out(topic: str | None, said: str, omraade: str | None) -> dict | None:
    """Return a message with the deadline of a topic that has one, when the citizen's own words name the day."""
    kind = KIND_OF_TOPIC.get(topic or "")
    if kind in (None, "sag") or "emne:" in said:
        return None
    if kind == "genvurdering" and omraade is not None and not reassessed_by_kommune(omraade):
        return None  # the four weeks are those of one law
    found = (find_deadline if kind == "partshoering" else find_date)(said, clock.today())
    if not found or not found.day:
        return None
    try:
        frist = BY_KIND[kind](found.day, clock.today())
    except (InvalidInput, OutsideCalendar):
        return None
    values = {
        "dato": frist.date,
        "passed": frist.passed,
        "cautious": frist.cautious,
        "regnestykke": sum_lines(frist),
        "sources": list(frist.sources),
    }
    key = f"frist.{kind}"
    told = {**render(key, values), "answer": key, "deadline": frist.as_json()}
    if not frist.passed:
        told["attachment"] = calendar_file(frist.as_json())
    return told


def ask_whether_understood(messages: list[dict]) -> None:
    """After guidance: ask whether it was understood, offer it in plainer words, and a person."""
    last = messages[-1]
    if not is_guidance(last.get("answer", "")) or last.get("asked"):
        return
    ask = render("gav_det_mening")
    known = {choice["value"] for choice in last["choices"]}
    last["text"] += f"\n\n{ask['text']}"
    last["choices"] = [*last["choices"], *(c for c in ask["choices"] if c["value"] not in known)]
    last["asked"] = True


def explain_words(messages: list[dict], before: Before) -> None:
    """Explain each legal word where the conversation first meets it, a few at a time, in answers that explain."""
    known = set(before.words)
    for one in messages:
        if not is_guidance(one.get("answer", "")):
            continue
        hard = dict(list(unexplained(one["text"], known).items())[:MOST_WORDS])
        if hard:
            one["text"] += "\n\n" + render("svaere_ord", {"ord": hard})["text"]
            one["words"] = list(hard)
            known |= set(hard)
