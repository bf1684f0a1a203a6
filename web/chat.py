"""The citizen's chat: one engine behind the JSON API, the page and the page without JavaScript."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field

from flask import Blueprint, jsonify, render_template, request
from flask_login import current_user

from casework import clock, conversations, live, meetings, privacy
from casework.answers import answers, choice_labels, render
from casework.cases import Actor
from casework.db import reading, session
from casework.frister import svarfrist
from casework.intake import codes_of
from casework.review import set_test
from casework.settings import current
from casework.taxonomy import taxonomy
from web import metrics, replies
from web.access import public
from web.errors import DOWN, WORDS, BadRequest, problem
from web.limits import limiter
from web.rasa_client import AssistantDown, Understood, ask
from web.replies import Before

log = logging.getLogger(__name__)
blueprint = Blueprint("chat", __name__)

MAX_MESSAGE = 4_000
MAX_SEARCH = 120
TEST_HEADER = "X-Vejviser-Proeve"
# Where the code of a case or of a meeting stands in a text or an address; it is kept nowhere in the clear.
CODE = re.compile(r"\[kode ((?:BR|moede)-[^\]]+)\]")
LEADS_TO_A_PERSON = ("henvendelse.opret", "frustration", "sag.helhed", "klage.manglende_svar")
FIELDS = ("letter_field", "intake_field", "own_case_field", "moede_field")  # slots that name what is asked for
SHOWN = ("text", "choices", "sources", "attachment")  # of a message, in the API
KEPT = ("answer", "given", "words", "asked", "deadline")  # of a message, for ourselves: the citizen is not shown them


@dataclass
class Reply:
    """One answer of the assistant, ready to be shown to the citizen whose conversation it is."""

    token: str
    messages: list[dict]
    topic: str | None = None
    confidence: float = 0.0
    candidates: list[str] = field(default_factory=list)
    omraade: str | None = None
    unit: str | None = None
    urgent: bool = False
    deadline: dict | None = None
    handoff: dict | None = None
    appointment: dict | None = None
    down: bool = False

    def as_json(self) -> dict:
        """Return the body of POST /api/chat."""
        return {
            "conversation": self.token,
            "topic": self.topic,
            "omraade": self.omraade,
            "unit": self.unit,
            "confidence": round(self.confidence, 3),
            "candidates": self.candidates,
            "urgent": self.urgent,
            "deadline": self.deadline,
            "handoff": self.handoff,
            "appointment": self.appointment,
            "messages": [{k: m[k] for k in SHOWN if k in m} for m in self.messages],
        }


def converse(token: str | None, text: str) -> Reply:
    """Take one message of a citizen through the whole system and return the answer.

    The message is stored before Rasa is asked, and no transaction is open meanwhile. Raises NotFound for an unknown
    token and BadRequest for a message that is empty or too long.
    """
    text = _checked(text)
    with session() as db, db.begin():
        if token:
            conversation = conversations.find(db, token)
        else:
            conversation, token = conversations.start(db, clock.now())
        heard = conversations.hear(db, conversation, text, clock.now())
        conversation_id, turn_id, to_send = conversation.id, heard.id, conversations.meaning(heard)
        before = Before(conversations.latest_answer(db, conversation_id), conversations.words_met(db, conversation_id))
        if live.is_silent(db, conversation, clock.now()):
            return Reply(token, [])
        queued = _queued(db, conversation, to_send)
        offer = conversation.waiting_since is None and live.somebody_is_there(db, clock.now())
    if queued:
        return _store(token, conversation_id, turn_id, Reply(token, [queued], "henvendelse.opret", 1.0), None)
    try:
        with metrics.turn_seconds.time():
            understood = ask(conversation_id, to_send)
    except AssistantDown as error:
        log.warning("assistant down: %s", error)
        metrics.turns.labels("down").inc()
        return _store(token, conversation_id, turn_id, Reply(token, [render("driftsfejl")], down=True), None)
    reply = _reply(token, understood, to_send, before)
    if offer and reply.topic in LEADS_TO_A_PERSON:
        choice = {"label": render("live.tilbud")["text"], "value": live.WAIT}
        reply.messages[-1]["choices"] = [choice, *reply.messages[-1]["choices"]]
    metrics.turns.labels("answered" if reply.topic else "unsure").inc()
    return _store(token, conversation_id, turn_id, reply, _awaiting(understood))


def _queued(db, conversation, said: str) -> dict | None:
    """Return what is said to a citizen who begins or stops waiting for a person, or None when this is neither."""
    if said == live.NO_LONGER_WAITS:
        live.stop_waiting(db, conversation)
        return render("live.venter_ikke")
    if said != live.WAIT:
        return None
    if not live.somebody_is_there(db, clock.now()):
        return render("live.ingen")
    live.wait(db, conversation, clock.now())
    return render("live.venter")


def _checked(text: str) -> str:
    if len(text) > MAX_MESSAGE:
        raise BadRequest(413, WORDS[413])
    if not privacy.clean(text):
        raise BadRequest(400, "Beskeden er tom. Skriv, hvad du vil spørge om.")
    return text


def _reply(token: str, understood: Understood, said: str, before: Before) -> Reply:
    candidates = [r["name"] for r in understood.ranking if r["name"] in choice_labels()][:3]
    values = {
        **understood.slots,
        "candidates": candidates,
        "sagt": said[:MAX_SEARCH],
        "problem": understood.slots.get("date_problem"),
        "svardato": svarfrist(clock.today(), clock.today()).date,
    }
    messages, extra = [], {}
    for payload in understood.payloads:
        messages.append(replies.message(payload, values, said, before))
        extra.update((key, payload[key]) for key in ("deadline", "handoff", "appointment") if key in payload)
    last = understood.payloads[-1].get("answer") if understood.payloads else None
    if not messages:
        messages.append(render("driftsfejl_formular" if understood.loop else "driftsfejl"))
    elif answers().get(last, {}).get("leads_on"):
        messages.append(render("driftsfejl_formular"))  # the question that should have followed never came
    # The first thing said answers the message; what follows may be a dialogue's next question.
    topic = understood.payloads[0].get("topic", understood.topic) if understood.payloads else understood.topic
    if not understood.loop:
        worked_out = replies.worked_out(topic, said, understood.slots.get("omraade"))
        if worked_out:
            messages[-1:] = [*messages[-1:], worked_out]
            extra.setdefault("deadline", worked_out["deadline"])
        replies.explain_words(messages, before)
        replies.ask_whether_understood(messages)
    if understood.also in choice_labels():
        label = render("ogsaa", {"emne": choice_labels()[understood.also]})["text"]
        messages[-1]["choices"] = [*messages[-1]["choices"], {"label": label, "value": f"emne:{understood.also}"}]
    return Reply(
        token,
        messages,
        topic,
        understood.confidence,
        candidates if topic is None else [],
        omraade=_known("omraader", understood.slots.get("omraade")),
        unit=_known("units", understood.slots.get("unit")),
        urgent=any(m["urgent"] for m in messages),
        deadline=extra.get("deadline"),
        handoff=extra.get("handoff"),
        appointment=extra.get("appointment"),
    )


def _awaiting(understood: Understood) -> str | None:
    """Return the question asked; letters, the intake, one's own case and meetings ask for their fields by their own
    names."""
    if understood.requested_slot in FIELDS:
        return understood.slots.get(understood.requested_slot)
    return understood.requested_slot


def _known(kind: str, value: str | None) -> str | None:
    return value if value in taxonomy()[kind] else None


def _store(token: str, conversation_id: str, turn_id: int, reply: Reply, awaiting: str | None) -> Reply:
    """Keep the answer, masked, and return it as this citizen may see it."""
    with session() as db, db.begin():
        conversation = conversations.find(db, token)
        conversations.note_understanding(db, turn_id, reply.topic, reply.confidence)
        stored = [{**m} for m in reply.messages]
        if stored:
            stored[-1] |= {"deadline": reply.deadline, "handoff": reply.handoff}
        conversations.say(db, conversation, stored, clock.now(), awaiting=awaiting)
        values = _private_values(db, conversation_id)
        if reply.appointment:  # until here it was the number only
            reply.appointment = meetings.in_chat(meetings.find_id(db, reply.appointment["id"]))
    if reply.handoff:
        reply.handoff = {**reply.handoff, "code": values.get(reply.handoff["reference"])}
    for message in reply.messages:
        message["text"] = _shown(message["text"], values)
        if "attachment" in message:
            message["attachment"] = _reachable(message["attachment"], values)
        for name in KEPT:
            message.pop(name, None)
    return reply


def _private_values(db, conversation_id: str) -> dict[str, str]:
    """Return what the tokens of this conversation stand for, and the codes of its cases and of its meetings."""
    codes = codes_of(db, conversation_id, current().derived_key("case-code"))
    booked = {f"moede-{meeting.id}": meeting.code for meeting in meetings.of_conversation(db, conversation_id)}
    return {**privacy.known_values(db, conversation_id), **codes, **booked}


def _shown(text: str, values: dict[str, str]) -> str:
    return CODE.sub(lambda match: values.get(match[1], match[0]), privacy.resolve(text, values))


def _reachable(attachment: dict, values: dict[str, str]) -> dict:
    """Return an attachment whose address holds the code it needs."""
    return {**attachment, "url": CODE.sub(lambda match: values.get(match[1], match[0]), attachment["url"])}


def history(token: str) -> list[dict]:
    """Return the conversation a token opens as messages to show. Raises NotFound."""
    with reading() as db:
        conversation = conversations.find(db, token)
        values = _private_values(db, conversation.id)
        return [_turn(turn, values) for turn in conversations.transcript(db, conversation.id)]


def _turn(turn, values: dict[str, str]) -> dict:
    content = _content(turn)
    if "attachment" in content:
        content["attachment"] = _reachable(content["attachment"], values)
    return {"who": turn.who, "text": _shown(turn.text, values), "choices": [], "sources": [], **content}


def _content(turn) -> dict:
    return {
        k: v
        for k, v in (turn.content or {}).items()
        if k in ("choices", "sources", "urgent", "attachment", "picture", "lang", "name")
    }


def _note_test(token: str) -> None:
    """Let a conversation count nowhere when signed-in staff say that they are only trying. No other site can send the
    header along with their cookie."""
    if request.headers.get(TEST_HEADER) != "ja" or not current_user.is_authenticated:
        return
    actor = Actor(current_user.name, current_user.role, staff_id=current_user.staff_id)
    if actor.role != "reader":
        with session() as db, db.begin():
            set_test(db, conversations.find(db, token).id, True, actor, clock.now())


@blueprint.post("/api/chat")
@limiter.limit(lambda: current().chat_limit)
@public
def api_chat():
    """Answer one message (see /api/openapi.json)."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest(400, "Send et JSON-objekt med feltet message.")
    message, token = body.get("message"), body.get("conversation")
    if not isinstance(message, str):
        raise BadRequest(400, "Feltet message skal være tekst.")
    if token is not None and not isinstance(token, str):
        raise BadRequest(400, "Feltet conversation skal være tekst.")
    reply = converse(token or None, message)
    _note_test(reply.token)
    if reply.down:
        return problem(503, DOWN, conversation=reply.token)
    return jsonify(reply.as_json())


@blueprint.get("/")
@public
def page():
    """Show the chat."""
    return render_template("chat/page.html", history=[], token="")


@blueprint.post("/samtale")
@limiter.limit(lambda: current().chat_limit)
@public
def talk():
    """Answer one message as HTML: a piece for the page's script, or a whole page without JavaScript."""
    token = request.form.get("conversation") or None
    reply = converse(token, request.form.get("message", ""))
    _note_test(reply.token)
    if request.headers.get("X-Fragment"):
        page = render_template("chat/messages.html", history=[{**m, "who": "assistant"} for m in reply.messages])
        return page, 200, {"X-Conversation": reply.token, **_standing(reply.token)}
    return render_template("chat/page.html", history=history(reply.token), token=reply.token)


@blueprint.post("/samtale/hent")
@limiter.limit(lambda: current().chat_limit)
@public
def fetch():
    """Show the conversation again after a reload."""
    token = request.form.get("conversation", "")
    return render_template("chat/messages.html", history=history(token)), 200, _standing(token)


@blueprint.post("/samtale/nyt")
@limiter.limit("60 per minute")
@public
def news():
    """Show what has been said to the citizen after the turn `efter`; asked while a person writes or is awaited."""
    token = request.form.get("conversation", "")
    with reading() as db:
        conversation = conversations.find(db, token)
        values = _private_values(db, conversation.id)
        turns = conversations.turns_after(db, conversation.id, request.form.get("efter", 0, type=int))
        shown = [_turn(turn, values) for turn in turns]
    return render_template("chat/messages.html", history=shown), 200, _standing(token)


def _standing(token: str) -> dict[str, str]:
    """Return, as headers, the number of the latest turn and whether a person writes or is awaited."""
    with reading() as db:
        conversation = conversations.find(db, token)
        return {"X-Turn": str(conversation.turn_count), "X-Live": live.state(conversation)}
