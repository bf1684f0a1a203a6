"""Refusing a case: never without telling who can help instead, by when, and what to attach."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework.cases import Actor, check_registration, move, written
from casework.competence import ground, grounds
from casework.directory import unit_entry
from casework.enums import OPEN_STATUSES
from casework.messages import ready_reply, refusal_message
from casework.models import Case

HANDLING = "afvist"  # id in the taxonomy: Afvist/uden for kompetence


@dataclass(frozen=True)
class Refusal:
    """What the citizen is told. Every field but `attach` must be there."""

    reason: str
    who: str
    by_when: str
    attach: str = ""


def refusal_grounds() -> dict[str, str]:
    """Return id → label of the grounds on which a case may be refused."""
    return {g["id"]: g["label"] for g in grounds() if g["within"] != "yes"}


def likely_ground(case: Case) -> str | None:
    """Return the ground the first look at the statute found, or None."""
    found = (g["id"] for g in grounds() if g["within"] != "yes" and g["staff"] in case.competence["reasons"])
    return next(found, None)


def prefilled(key: str | None, case: Case) -> Refusal:
    """Return what the statute's ground says to a citizen, for a person to correct; empty without a known ground.

    For another authority that the case names, who can help is that authority as the directory has it.
    """
    entry = ground(key) if key in refusal_grounds() else None
    if entry is None:
        return Refusal("", "", "")
    attach = "\n".join(f"- {item}" for item in entry["attach"])
    who = _authority(case.unit) if key == "anden_myndighed" else ""
    return Refusal(
        _of_the_adviser(entry["short"]), who or _of_the_adviser(entry["who"]), _plain(entry["by_when"]), _plain(attach)
    )


def _authority(unit: str | None) -> str:
    entry = unit_entry(unit) if (unit or "").startswith("ekstern.") else None
    if entry is None:
        return ""
    sure = entry.get("phone") and not entry.get("reservation")  # a number with a reservation is not passed on as fact
    ways = [f"Telefon {entry['phone']}."] if sure else []
    ways += [f"Se {entry['link']}"] if entry.get("link") else []
    return " ".join([f"{entry['name']}.", *ways])


def refuse(
    session: Session,
    reference: str,
    refusal: Refusal,
    actor: Actor,
    now: datetime,
    *,
    cause: str,
    center: str,
    key: str | None = None,
    seen: int | None = None,
) -> Case:
    """Refuse a case: the citizen is told why, who can help, by when and with what, and it is registered as refused.

    `key` is the ground chosen, whose line then stands as the competence. Raises InvalidInput when one of the three is
    missing or the registration is not of the taxonomy; InvalidState as `cases.move`.
    """
    reason = written(refusal.reason, "Skriv, hvorfor sagen ikke kan tages op.")
    who = written(refusal.who, "Skriv, hvem der kan hjælpe borgeren.")
    by_when = written(refusal.by_when, "Skriv, hvornår borgeren skal gøre det.")
    entry = ground(key) if key in refusal_grounds() else None
    case = move(
        session,
        reference,
        allowed=OPEN_STATUSES,
        seen=seen,
        status="afvist",
        closed_at=now,
        cause=cause,
        handling=HANDLING,
        center=center,
        competence={"within": "no", "reasons": [entry["staff"] if entry else reason]},
        assigned_to_id=actor.staff_id,
    )
    check_registration(case, cause=cause, handling=HANDLING, center=center)
    attach = written(refusal.attach, "-") if refusal.attach.strip() else ""
    text = ready_reply(
        "afvist",
        case,
        actor,
        grund=reason,
        hvem=who,
        hvornaar=by_when,
        vedlaeg=f"Tag det her med:\n{attach}" if attach else " ",
    )
    refusal_message(session, case, text, actor, now, entry["staff"] if entry else reason)
    return case


def _plain(text: str) -> str:
    """Return a text of bot/competence.yml without its Markdown."""
    text = re.sub(r"\[([^\]]+)\]\((?:https?://)?(?:www\.)?([^)]+?)/?\)", r"\1", text)
    return text.replace("**", "").strip()


def _of_the_adviser(text: str) -> str:
    """Return a text about the adviser as she says it herself: the assistant says hun, she says jeg."""
    for pattern, word in (("Hun", "Jeg"), ("hun", "jeg"), ("[Hh]ende", "mig")):
        text = re.sub(rf"\b{pattern}\b", word, text)
    return _plain(text)
