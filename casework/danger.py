"""Danger: what in a conversation was taken for an emergency, what the citizen said to it, and what staff make of it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.cases import Actor, find, log, move, written
from casework.enums import CASE_STATUSES
from casework.errors import InvalidInput
from casework.models import Case, CaseEvent, Turn
from casework.urgency import priority_of

RAISED, LOWERED = "fare", "ikke_fare"  # kinds of CaseEvent
URGENT = "akut."
GO_ON = "punkt:videre"  # in the value of the choice by which a citizen says that it was no emergency
SPOKEN_OF = "Borgeren skrev om fare i samtalen."
DENIED = (
    "Vejviser tog en besked for et tegn på fare og viste akutnumrene. "
    "Borgeren svarede, at det ikke var akut. Læs beskeden i samtalen."
)
CHOICES = {"ja": True, "nej": False}  # what the form on the case page sends
# What she may write instead of pressing the choice.
_NO_EMERGENCY = re.compile(
    r"\W*(?:(?:nej|nå|jamen|men)\W+)*"
    r"(?:det (?:her )?(?:er|var|haster) (?:altså |jo |slet )?ikke|jeg er ikke|der er ikke|ikke|(?:der er )?ingen)\s+"
    r"(?:noget |så |helt |i |nogen |en )?(?:akut\w*|farligt|fare|nødsituation|alvorligt)"
    r"(?:\W+(?:bare |lad os |jeg vil )*(?:fortsæt\w*|gå videre|videre)(?: henvendelsen)?)?\W*",
    re.IGNORECASE,
)


class Alarms(NamedTuple):
    """The turns of a conversation that were taken for an emergency: those that stand, and those she said were none."""

    standing: list[Turn]
    denied: list[Turn]


def denies(text: str) -> bool:
    """Return whether a message says that it is no emergency, and nothing else."""
    return bool(_NO_EMERGENCY.fullmatch(text))


def alarms(session: Session, conversation_id: str) -> Alarms:
    """Return what in a conversation was taken for an emergency. That it was none is said of the latest one only."""
    query = select(Turn).where(Turn.conversation_id == conversation_id, Turn.who == "citizen").order_by(Turn.number)
    standing: list[Turn] = []
    denied: list[Turn] = []
    latest = None
    for turn in session.scalars(query):
        if (turn.topic or "").startswith(URGENT):
            latest = turn
            standing.append(turn)
        elif latest is not None and _goes_on(turn):
            standing.remove(latest)
            denied.append(latest)
            latest = None
    return Alarms(standing, denied)


def note(session: Session, turn: Turn) -> None:
    """Let the cases of a conversation follow what a turn was understood as.

    Danger makes them urgent at once. That it was none takes the urgency back, unless something else she wrote stands
    or staff have set it. The timeline says so.
    """
    own = select(Case).where(Case.conversation_id == turn.conversation_id)
    if (turn.topic or "").startswith(URGENT):
        for case in session.scalars(own):
            _change(session, case, True, turn.at, SPOKEN_OF)
    elif _goes_on(turn):
        found = alarms(session, turn.conversation_id)
        for case in session.scalars(own.where(Case.danger)):
            settled = _settled_by_staff(session, case)
            handled = settled is not None and settled.kind == LOWERED
            standing = [alarm for alarm in found.standing if not handled or alarm.at > settled.at]
            if not standing and (settled is None or handled):
                _change(session, case, False, turn.at, DENIED)


def change(
    session: Session, reference: str, danger: str, reason: str, actor: Actor, now: datetime, today: date, *, seen=None
) -> Case:
    """Let a person say whether a case is about danger (an id of CHOICES), with her reason; the priority follows.

    Raises InvalidInput when it stands so already or the reason is missing, and InvalidState as `move`: what the citizen
    has written of danger since the page was opened is read first.
    """
    if danger not in CHOICES:
        raise InvalidInput("Vælg, om sagen er akut på grund af fare.")
    reason, wanted = written(reason, "Skriv din begrundelse."), CHOICES[danger]
    before = find(session, reference)
    seen = before.version if seen is None else seen
    if before.danger == wanted and before.version == seen:
        state = "allerede akut på grund af fare" if wanted else "ikke akut på grund af fare"
        raise InvalidInput(f"Sagen er {state}.")
    priority = priority_of(wanted, before.complaint_deadline, today)
    case = move(session, reference, allowed=tuple(CASE_STATUSES), seen=seen, danger=wanted, priority=priority)
    log(session, case, RAISED if wanted else LOWERED, actor, now, reason)
    return case


def _goes_on(turn: Turn) -> bool:
    """Return whether she said that it was no emergency: other choices go on with something as well."""
    return GO_ON in ((turn.content or {}).get("value") or "").split() and "ikke akut" in turn.text


def _settled_by_staff(session: Session, case: Case) -> CaseEvent | None:
    """Return what staff last said of the danger of a case."""
    query = select(CaseEvent).where(
        CaseEvent.case_id == case.id, CaseEvent.kind.in_((RAISED, LOWERED)), CaseEvent.staff_id.is_not(None)
    )
    return session.scalar(query.order_by(CaseEvent.id.desc()).limit(1))


def _change(session: Session, case: Case, danger: bool, at: datetime, text: str) -> None:
    """Note what the citizen said; whoever has the case on the screen is told before she acts on it."""
    session.execute(
        update(Case)
        .where(Case.id == case.id)
        .values(danger=danger, version=Case.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(case, ["danger", "version"])
    log(session, case, RAISED if danger else LOWERED, None, at, text)
