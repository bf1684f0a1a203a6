"""A conversation as the citizen whose it is may see it: what was masked put back, and the codes of her own cases."""

from __future__ import annotations

import re

from casework import clock, conversations, live, meetings, privacy
from casework.calendar import long_date
from casework.db import reading
from casework.intake import codes_of
from casework.names import addresses_in
from casework.settings import current

# Where the code of a case or of a meeting stands in a text or an address; it is kept nowhere in the clear.
CODE = re.compile(r"\[kode ((?:BR|moede)-[^\]]+)\]")
SHOWN = ("choices", "sources", "urgent", "attachment", "picture", "lang", "name")
_WEEKDAY = "(?:man|tirs|ons|tors|fre|lør|søn)dag"
_BOLD_DATE = re.compile(rf"\*\*({_WEEKDAY} den \d{{1,2}}\. [a-z]+ \d{{4}})\.?\*\*")
_ADDRESS_LINE = re.compile(r"\*\*Adresse:\*\* *([^\n]+)")
_WITH_TOWN = re.compile(r"(?:[A-ZÆØÅ][\w.]* )+\d{1,3}[A-Z]?, \d{4} (?:Kgs\. )?[A-ZÆØÅ]\w*(?: [A-ZÆØÅ]\w*)?")
MOST_COPIED = 3  # buttons under one message


def history(token: str) -> list[dict]:
    """Return the conversation a token opens as messages to show. Raises NotFound."""
    with reading() as db:
        conversation = conversations.find(db, token)
        values = private_values(db, conversation.id)
        return [shown(turn, values) for turn in conversations.transcript(db, conversation.id)]


def news(token: str, after: int) -> list[dict]:
    """Return what assistant and staff have said after the turn of this number. Raises NotFound."""
    with reading() as db:
        conversation = conversations.find(db, token)
        values = private_values(db, conversation.id)
        return [shown(turn, values) for turn in conversations.turns_after(db, conversation.id, after)]


def standing(token: str) -> dict[str, str]:
    """Return, as headers, the number of the latest turn and whether a person writes or is awaited."""
    with reading() as db:
        conversation = conversations.find(db, token)
        return {"X-Turn": str(conversation.turn_count), "X-Live": live.state(conversation)}


def private_values(db, conversation_id: str) -> dict[str, str]:
    """Return what the tokens of this conversation stand for, and the codes of its cases and of its meetings."""
    codes = codes_of(db, conversation_id, current().derived_key("case-code"))
    booked = {f"moede-{meeting.id}": meeting.code for meeting in meetings.of_conversation(db, conversation_id)}
    return {**privacy.known_values(db, conversation_id), **codes, **booked}


def put_back(text: str, values: dict[str, str]) -> str:
    """Return a text with what was masked in it, and with the codes in the place of their marks."""
    return CODE.sub(lambda match: values.get(match[1], match[0]), privacy.resolve(text, values))


def reachable(attachment: dict, values: dict[str, str]) -> dict:
    """Return an attachment whose address holds the code it needs."""
    return {**attachment, "url": CODE.sub(lambda match: values.get(match[1], match[0]), attachment["url"])}


def shown(turn, values: dict[str, str]) -> dict:
    """Return one turn as the templates show it."""
    content = {name: value for name, value in (turn.content or {}).items() if name in SHOWN}
    if "attachment" in content:
        content["attachment"] = reachable(content["attachment"], values)
    said = {"who": turn.who, "at": turn.at, "text": put_back(turn.text, values), "choices": [], "sources": []}
    return {**said, **content}


def day_of(messages: list[dict]) -> str:
    """Return the day a conversation was last used, as Danes say it."""
    last = messages[-1]["at"] if messages else clock.now()
    return long_date(last.astimezone(clock.COPENHAGEN).date())


def copied(text: str) -> list[str]:
    """Return the dates and addresses of an answer that are worth a button to copy them: the dates it stresses."""
    addresses = [match[1].strip() for match in _ADDRESS_LINE.finditer(text)]
    addresses += [match[0] for match in _WITH_TOWN.finditer(text)]
    addresses += [text[start:end] for start, end in addresses_in(text)]
    found = [match[1] for match in _BOLD_DATE.finditer(text)]
    for one in addresses:
        if not any(one in other for other in found):
            found.append(one)
    return list(dict.fromkeys(found))[:MOST_COPIED]


def as_plain(markdown: str) -> str:
    """Return an answer without the signs that make bold letters and links of it."""
    text = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r"\1 (\2)", markdown)
    return re.sub(r"\*\*(.+?)\*\*", r"\1", text, flags=re.S)
