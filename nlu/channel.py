"""The door between the web application and Rasa: text in; messages and what was understood out."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import ActiveLoop, UserUttered
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from nlu.components.decision import SMALL_TALK
from nlu.components.understanding import ALSO, BEFORE, FALLBACK, REGN_DATO

PASSING = (*SMALL_TALK, FALLBACK)
HIDDEN_SLOTS = {"requested_slot", "session_started_metadata"}


class VejviserInput(InputChannel):
    """Answers with the bot's messages and the state of the conversation in one call.

    Rasa's own REST channel returns the messages only; asking for the rest afterwards would cost a second request
    and a second load of the conversation for every turn.
    """

    @classmethod
    def name(cls) -> str:
        """Return the name the channel has in its address."""
        return "vejviser"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> VejviserInput:
        """Build the channel from bot/credentials.yml."""
        return cls((credentials or {})["token"])

    def __init__(self, token: str) -> None:
        self._token = token

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes. `on_new_message` is passed over: it keeps the tracker to itself."""
        blueprint = Blueprint("vejviser_channel", __name__)

        @blueprint.on_request
        async def guard(request: Request) -> HTTPResponse | None:
            given = request.headers.get("Authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                return response.json({"error": "token"}, status=401)
            agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return response.json({"error": "not ready"}, status=503)
            return None

        @blueprint.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            return response.json({"ready": True})

        @blueprint.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            sender, text = request.json["sender"], request.json["message"]
            async with agent.lock_store.lock(sender):
                return response.json(await _turn(agent.processor, sender, text))

        return blueprint


async def _turn(processor: Any, sender: str, text: str) -> dict[str, Any]:
    """Run one turn the way Rasa's processor does and return messages and state."""
    collector = CollectingOutputChannel()
    message = UserMessage(text, collector, sender, input_channel=VejviserInput.name())
    tracker = await processor.fetch_tracker_and_update_session(sender, collector)
    loop_before = tracker.active_loop_name
    message.metadata = {BEFORE: _topic_before(tracker)}
    await processor._handle_message_with_tracker(message, tracker)
    tracker = await processor.run_action_extract_slots(collector, tracker)
    await processor._run_prediction_loop(collector, tracker)
    await processor.save_tracker(tracker)
    latest = tracker.latest_message
    return {
        "messages": collector.messages,
        "intent": latest.intent,
        "ranking": latest.parse_data.get("intent_ranking", []),
        ALSO: latest.parse_data.get(ALSO),
        "loop_before": loop_before,
        "loop": tracker.active_loop_name,
        "requested_slot": tracker.get_slot("requested_slot"),
        "slots": {
            name: value
            for name, value in tracker.current_slot_values().items()
            if value is not None and name not in HIDDEN_SLOTS
        },
    }


def _topic_before(tracker: Any) -> str | None:
    """Return the topic the conversation is about: the latest one that was not small talk. Within a dialogue it is the
    one that began it, since answers to its questions are no topics of their own."""
    within = tracker.active_loop_name
    for event in reversed(tracker.events):
        if within and isinstance(event, ActiveLoop) and event.name == within:
            within = None
        elif not within and isinstance(event, UserUttered) and not (event.intent_name or FALLBACK).startswith(PASSING):
            asked_about = next((e["value"] for e in event.entities if e["entity"] == "emne"), None)
            return asked_about if event.intent_name == REGN_DATO else event.intent_name
    return None
