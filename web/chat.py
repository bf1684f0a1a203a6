"""The citizen's chat: one engine behind the JSON API, the page and the page without JavaScript."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from casework import clock, conversations, live, meetings, once, privacy
from casework.answers import answers, choice_labels, render
from casework.cases import Actor
from casework.db import reading, session
from casework.erasure import forget_conversations
from casework.errors import NotFound
from casework.frister import svarfrist
from casework.review import set_test
from casework.settings import current
from casework.taxonomy import taxonomy
from web import closed, metrics, replies
from web.access import public
from web.errors import DOWN, WORDS, BadRequest, problem
from web.history import history, private_values, put_back, reachable, shown, standing
from web.limits import limiter
from web.rasa_client import AssistantDown, Understood, ask
from web.replies import Before

log = logging.getLogger(__name__)
blueprint = Blueprint("chat", __name__)

MAX_MESSAGE = 4_000
MAX_SEARCH = 120
TEST_HEADER = "X-Vejviser-Proeve"
KEY_HEADER = "Idempotency-Key"
LOOKS_EVERY = 0.2  # seconds, while another request is at the same message
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


@dataclass(frozen=True)
class _Heard:
    """A message that has been kept and is to be answered. `silent`: a person writes; `queued`: the answer, where it
    begins or stops waiting for one; `offer`: a person is there to be offered."""

    token: str
    conversation_id: str
    turn_id: int
    said: str
    before: Before
    silent: bool
    queued: dict | None
    offer: bool


def converse(token: str | None, text: str, key: str | None = None) -> Reply:
    """Take one message of a citizen through the whole system and return the answer.

    The message is stored before Rasa is asked, and no transaction is open meanwhile. The same message under the same
    `key` gets the same answer again (casework.once). Raises NotFound for an unknown token and BadRequest for a message
    that is empty or too long.
    """
    text = _checked(text)
    if not key:
        return _answer(_hear(token, text))
    token = token or once.token_for(key, current().derived_key("conversation-token"))
    mark = once.mark_of(key, text)
    while True:
        again = _again(token, mark)
        if again:
            return again
        try:
            heard = _hear(token, text, mark)
        except (once.BeingAnswered, IntegrityError):  # the latter: it began the conversation a moment before us
            time.sleep(LOOKS_EVERY)
        else:
            return _answer(heard)


def _hear(token: str | None, text: str, mark: str | None = None) -> _Heard:
    """Keep the message and see to it who is to answer. Raises BeingAnswered when another request is at it."""
    heard = None
    with session() as db, db.begin():
        if mark:
            conversation = once.open_or_start(db, token, clock.now())
            heard = once.claim(db, conversation, mark, _patience(), clock.now())
        elif token:
            conversation = conversations.find(db, token)
        else:
            conversation, token = conversations.start(db, clock.now())
        heard = heard or conversations.hear(db, conversation, text, clock.now(), mark=mark)
        said, silent = conversations.meaning(heard), live.is_silent(db, conversation, clock.now())
        if silent:
            once.note_reply(db, heard.id, [])
        return _Heard(
            token,
            conversation.id,
            heard.id,
            said,
            Before(conversations.latest_answer(db, conversation.id), conversations.words_met(db, conversation.id)),
            silent,
            None if silent else _queued(db, conversation, said),
            conversation.waiting_since is None and live.somebody_is_there(db, clock.now()),
        )


def _answer(heard: _Heard) -> Reply:
    if heard.silent:
        return Reply(heard.token, [])
    if heard.queued:
        return _store(heard, Reply(heard.token, [heard.queued], "henvendelse.opret", 1.0), None)
    off = closed.in_chat(heard.conversation_id, person=heard.offer)
    if off:
        metrics.turns.labels("off").inc()
        return _store(heard, Reply(heard.token, [off[0]], down=True), off[1])
    try:
        with metrics.turn_seconds.time():
            understood = ask(heard.conversation_id, heard.said)
    except AssistantDown as error:
        log.warning("assistant down: %s", error)
        metrics.turns.labels("down").inc()
        return _store(heard, Reply(heard.token, [render("driftsfejl")], down=True), None)
    reply = _reply(heard.token, understood, heard.said, heard.before)
    if heard.offer and reply.topic in LEADS_TO_A_PERSON:
        choice = {"label": render("live.tilbud")["text"], "value": live.WAIT}
        reply.messages[-1]["choices"] = [choice, *reply.messages[-1]["choices"]]
    metrics.turns.labels("answered" if reply.topic else "unsure").inc()
    return _store(heard, reply, _awaiting(understood))


def _patience() -> timedelta:
    """Return how long after a message came the request that is at it may still answer."""
    return timedelta(seconds=current().rasa_timeout + 5)


def _again(token: str, mark: str) -> Reply | None:
    """Return the answer a message has had when it is sent again, or None when it has had none."""
    with reading() as db:
        try:
            conversation = conversations.find(db, token)
        except NotFound:
            return None
        turn = once.find(db, conversation.id, mark)
        if turn is None or not once.is_answered(turn):
            return None
        values = private_values(db, conversation.id)
        said, facts = once.reply_of(db, turn), turn.reply
        kept = (said[-1].content or {}) if said else {}
        return Reply(
            token,
            [shown(one, values) for one in said],
            turn.topic,
            turn.confidence or 0.0,
            facts.get("candidates", []),
            omraade=facts.get("omraade"),
            unit=facts.get("unit"),
            urgent=any((one.content or {}).get("urgent") for one in said),
            deadline=kept.get("deadline"),
            handoff=_with_code(kept.get("handoff"), values),
            appointment=_appointment(db, facts.get("appointment")),
        )


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


def _store(heard: _Heard, reply: Reply, awaiting: str | None) -> Reply:
    """Keep the answer, masked, and return it as this citizen may see it."""
    try:
        with session() as db, db.begin():
            conversation = conversations.find(db, heard.token)
            conversations.note_understanding(db, heard.turn_id, reply.topic, reply.confidence)
            stored = [{**m} for m in reply.messages]
            if stored:
                stored[-1] |= {"deadline": reply.deadline, "handoff": reply.handoff}
            said = conversations.say(db, conversation, stored, clock.now(), awaiting=awaiting)
            facts = {name: getattr(reply, name) for name in ("candidates", "omraade", "unit", "appointment", "down")}
            once.note_reply(db, heard.turn_id, said, **facts)
            values = private_values(db, heard.conversation_id)
            reply.appointment = _appointment(db, reply.appointment)
    except NotFound:  # deleted by its owner while Rasa was thinking: what Rasa has kept since goes too
        with session() as db, db.begin():
            forget_conversations(db, [heard.conversation_id])
        raise
    reply.handoff = _with_code(reply.handoff, values)
    for message in reply.messages:
        message["text"] = put_back(message["text"], values)
        if "attachment" in message:
            message["attachment"] = reachable(message["attachment"], values)
        for name in KEPT:
            message.pop(name, None)
    return reply


def _with_code(handoff: dict | None, values: dict[str, str]) -> dict | None:
    return {**handoff, "code": values.get(handoff["reference"])} if handoff else None


def _appointment(db, booked: dict | None) -> dict | None:
    """Return a meeting for the reply; until here it was its number only."""
    if not booked:
        return None
    try:
        return meetings.in_chat(meetings.find_id(db, booked["id"]))
    except NotFound:
        return None


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
    reply = converse(token or None, message, once.key_in(request.headers.get(KEY_HEADER)))
    _note_test(reply.token)
    if reply.down:
        return problem(503, closed.why_down() or DOWN, conversation=reply.token)
    return jsonify(reply.as_json())


@blueprint.get("/")
@public
def page():
    """Show the chat."""
    return whole_page([], ""), 200, {"Cache-Control": "private, no-cache"}  # its key is for one citizen


def whole_page(messages: list[dict], token: str, **more) -> str:
    """Return the chat as a page; the citizen's latest message is where it opens."""
    newest = next((m for m in reversed(messages) if m["who"] == "citizen"), None)
    if newest:
        newest["newest"] = True
    return render_template("chat/page.html", history=messages, token=token, **more)


@blueprint.get("/samtale")
@public
def begin():
    """Lead whoever types the address of the conversation to the chat."""
    return redirect(url_for("chat.page"))


@blueprint.post("/samtale")
@limiter.limit(lambda: current().chat_limit)
@public
def talk():
    """Answer one message as HTML: a piece for the page's script, or a whole page without JavaScript."""
    token = request.form.get("conversation") or None
    reply = converse(token, request.form.get("message", ""), once.key_in(request.form.get("key")))
    _note_test(reply.token)
    if request.headers.get("X-Fragment"):
        page = render_template("chat/messages.html", history=[{**m, "who": "assistant"} for m in reply.messages])
        return page, 200, {"X-Conversation": reply.token, **standing(reply.token)}
    return whole_page(history(reply.token), reply.token)
