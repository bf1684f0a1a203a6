"""The only place that talks to Rasa."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests

from casework.processes import rasa_token
from casework.settings import current

NO_TOPIC = ("nlu_fallback", "regn_dato")


class AssistantDown(Exception):
    """Rasa does not answer, answers too late, or is still starting."""


@dataclass(frozen=True)
class Understood:
    """One turn as Rasa saw it: payloads to say, and the state of the conversation afterwards."""

    payloads: list[dict]
    topic: str | None
    confidence: float
    ranking: list[dict]
    slots: dict = field(default_factory=dict)
    loop: str | None = None
    requested_slot: str | None = None
    also: str | None = None


_http = requests.Session()
_http.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))


def ask(conversation_id: str, text: str) -> Understood:
    """Send one masked message to Rasa and return what came of it. Raises AssistantDown.

    A leading slash would make Rasa take the text for a command, so it is taken off: a citizen has no commands.
    """
    settings = current()
    try:
        answer = _http.post(
            f"{settings.rasa_url}/webhooks/vejviser/webhook",
            json={"sender": conversation_id, "message": text.lstrip("/ \t\n") or "?"},
            headers={"Authorization": f"Bearer {rasa_token(settings)}"},
            timeout=(2, settings.rasa_timeout),
        )
        answer.raise_for_status()
        data = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise AssistantDown(type(error).__name__) from error
    name = data["intent"].get("name")
    return Understood(
        payloads=[m.get("custom") or {"text": m.get("text", "")} for m in data["messages"]],
        topic=None if name in NO_TOPIC else name,
        confidence=float(data["intent"].get("confidence") or 0),
        ranking=data["ranking"],
        slots=data["slots"],
        loop=data["loop"],
        requested_slot=data["requested_slot"],
        also=data["also"],
    )


def is_ready() -> bool:
    """Return whether Rasa has loaded its model."""
    settings = current()
    try:
        answer = _http.get(
            f"{settings.rasa_url}/webhooks/vejviser/ready",
            headers={"Authorization": f"Bearer {rasa_token(settings)}"},
            timeout=2,
        )
        return answer.status_code == 200
    except requests.RequestException:
        return False


def actions_ready() -> bool:
    """Return whether the action server answers."""
    try:
        return _http.get(f"{current().actions_url}/health", timeout=2).status_code == 200
    except requests.RequestException:
        return False
