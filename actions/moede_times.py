"""The times a meeting can have, as the chat offers them: what fits the citizen's wish, a few at a time, and her choice.

`said` in the state are her wishes in her own words, the oldest first; each narrows down or replaces the one before.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import reduce

from sqlalchemy.orm import Session

from actions.dialogue import YES
from casework import availability
from casework.availability import Slot
from casework.clock import COPENHAGEN
from casework.dates import MONTHS, WEEKDAYS
from casework.models import Appointment
from casework.time_reading import read_wish
from casework.time_wishes import TimeWish, matching, nearest, refined, spread

MOST = 6
TIME = "tid:"
MORE, ANOTHER_DAY = "flere tider", "en anden dag"
_CHOSEN = re.compile(rf"^{TIME}(\d{{4}}-\d\d-\d\dT\d\d:\d\d)$")
_MORE = re.compile(
    r"\b(?:flere|andre) (?:ledige )?(?:tider|muligheder)\b|\bvis (?:mig )?(?:flere|andre)\b|^\W*flere\W*$", re.I
)
_ANOTHER_DAY = re.compile(
    r"\b(?:en )?(?:anden|andre|anden) dage?\b|\bikke (?:nogen af )?(?:dem|de dage|de tider|den dag)\b"
    r"|\bingen af (?:dem|tiderne|dagene)\b|\bpasser ikke\b|\bdur ikke\b",
    re.I,
)
_LATER, _EARLIER = (
    re.compile(r"^\W*(?:lidt )?(?:senere|længere ude)\W*$", re.I),
    re.compile(r"^\W*(?:lidt )?tidligere\W*$", re.I),
)
_PLACES = ("første", "anden", "tredje", "fjerde", "femte", "sjette")
_NTH = re.compile(
    rf"^\W*(?:(?:jeg )?(?:tager|vælger|vil have)\s+)?(?:den|det|nr\.?|nummer)?\s*({'|'.join(_PLACES)}|sidste|[1-6])\W*"
    r"(?:tid|en|af dem|tak)?\W*$",
    re.I,
)


def wish_of(state: dict, today: date) -> TimeWish:
    """Return what she has said of when it suits her, taken together."""
    return reduce(refined, (read_wish(text, today) for text in state.get("said", [])), TimeWish())


def free(db: Session, kind: str, now: datetime, ignore: Appointment | None = None) -> list[Slot]:
    """Return every free time of a kind that can be booked, the first first."""
    day, found = now.astimezone(COPENHAGEN).date(), []
    last = day + timedelta(days=availability.kind_of(db, kind).ahead_days)
    while day <= last:
        until = min(day + timedelta(days=availability.MOST_DAYS - 1), last)
        found += availability.slots(db, kind, day, until, now, ignore=ignore)
        day = until + timedelta(days=1)
    return found


def offer(db: Session, state: dict, now: datetime, ignore: Appointment | None = None) -> dict:
    """Return the state with what is offered now. `offered` is empty when there is nothing at all to offer.

    note says how it came about: "ingen" (nothing fits, so the nearest are shown), "ikke_flere" (all that fit have been
    shown, so they are shown again), or the problem of the wish. What is noted already (a time that was taken) stays.
    """
    today = now.astimezone(COPENHAGEN).date()
    slots, wish = free(db, state["kind"], now, ignore), wish_of(state, today)
    seen = set(state.get("seen", []))
    fitting = matching(slots, wish)
    fresh = [slot for slot in fitting if written(slot.start) not in seen]
    fresh = [slot for slot in fresh if _beyond(state, slot.start)]
    note = state.get("note") or wish.problem
    if fresh:
        chosen = fresh[:MOST] if wish.soonest else spread(fresh, MOST)
    elif fitting:
        note, chosen = note or "ikke_flere", spread(fitting, MOST)
        fresh, seen = chosen, set()
    else:
        note, chosen = note or "ingen", _near(slots, wish, today)
        fresh = slots
    offered = [written(slot.start) for slot in chosen]
    state = {k: v for k, v in state.items() if k not in ("beyond", "note")}
    return {
        **state,
        **({"note": note} if note else {}),
        "offered": offered,
        "seen": sorted({*seen, *offered}),
        "more": len(fresh) > len(chosen),
        "filtered": wish.says_something and not wish.soonest,
    }


def _near(slots: list[Slot], wish: TimeWish, today: date) -> list[Slot]:
    """Return what is nearest to a wish nothing fits: other hours of the day she meant, else the days around it."""
    near = nearest(slots, wish, today)
    if near and wish.names_hours and wish.allows_day(near[0].start.date()):
        return sorted(near[:MOST], key=lambda slot: slot.start)
    days = list(dict.fromkeys(slot.start.date() for slot in near))[: MOST // 2]
    return spread([slot for slot in slots if slot.start.date() in days], MOST)


def _beyond(state: dict, start: datetime) -> bool:
    """Return whether a time is later or earlier than those shown, or on other days, when that was asked for."""
    way, shown = state.get("beyond"), [moment(at) for at in state.get("offered", [])]
    if not way or not shown:
        return True
    if way == "dag":
        return start.date() not in {at.date() for at in shown}
    return start > max(shown) if way == "senere" else start < min(shown)


def read_time(text: str, state: dict, now: datetime) -> dict | None:
    """Return what a message says to the times offered: `start` when it chooses one, else what is offered next; None
    when it says nothing of time."""
    pressed = _CHOSEN.match(text)
    if pressed:
        return {"start": pressed[1]}
    offered = state.get("offered", [])
    nth = _NTH.match(text)
    if nth and offered:
        place = len(offered) if nth[1].lower() == "sidste" else _place(nth[1])
        if place <= len(offered):
            return {"start": offered[place - 1]}
    if len(offered) == 1 and YES.match(text):
        return {"start": offered[0]}
    for pattern, way in ((_LATER, "senere"), (_EARLIER, "tidligere")):
        if pattern.match(text):
            return {"beyond": way}
    if _MORE.search(text):
        return {}
    today = now.astimezone(COPENHAGEN).date()
    wish = read_wish(text, today)
    if wish.says_something:
        return _wished(text, wish, refined(wish_of(state, today), wish), offered)
    return {"beyond": "dag"} if _ANOTHER_DAY.search(text) else None


def _wished(text: str, wish: TimeWish, together: TimeWish, offered: list[str]) -> dict:
    """Return the time a wish names so closely, with what was said before, that it is a choice; or the wish."""
    exact = wish.exact() or (together.exact() if wish.names_hours else None)
    if exact and not together.problem:
        return {"start": written(datetime.combine(*exact)), "wished": text}
    meant = [at for at in offered if wish.allows(moment(at))]
    one_time = [h for part in wish.parts for h in part.hours if h[0] == h[1]]
    return {"start": meant[0]} if len(meant) == 1 and one_time else {"wished": text}


def _place(word: str) -> int:
    return int(word) if word.isdigit() else _PLACES.index(word.lower()) + 1


def written(at: datetime) -> str:
    """Return a time as the state and the choices hold it: as the clock in Copenhagen shows it."""
    return at.strftime("%Y-%m-%dT%H:%M")


def moment(at: str) -> datetime:
    """Return the moment of a time the state holds."""
    return datetime.fromisoformat(at).replace(tzinfo=COPENHAGEN)


def label(at: str) -> str:
    """Return a time as it stands on a button: "Torsdag 3. december kl. 10.00"."""
    when = datetime.fromisoformat(at)
    return f"{WEEKDAYS[when.weekday()].capitalize()} {when.day}. {MONTHS[when.month - 1]} kl. {when:%H.%M}"


def choices(state: dict) -> list[dict]:
    """Return the buttons under the times."""
    found = [{"label": label(at), "value": f"{TIME}{at}"} for at in state.get("offered", [])]
    if state.get("more"):
        found.append({"label": "Vis flere tider", "value": MORE})
    return [*found, {"label": "En anden dag", "value": ANOTHER_DAY}] if found else []


def away(db: Session, state: dict, today: date) -> dict | None:
    """Return the absence that explains why nothing sooner, or nothing on the day wished, is offered."""
    found = availability.next_absence(db, today)
    if found is None:
        return None
    first = min((moment(at).date() for at in state.get("offered", [])), default=None)
    wish = wish_of(state, today)
    days = [found.first_day + timedelta(days=n) for n in range((found.last_day - found.first_day).days + 1)]
    wished = wish.names_days and any(wish.allows_day(day) for day in days if day >= today)
    if first is not None and first < found.first_day and not wished:
        return None
    return {
        "tekst": found.text,
        "imens": found.meanwhile,
        "fra": found.first_day.isoformat(),
        "til": found.last_day.isoformat(),
    }
