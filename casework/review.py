"""Review of transcripts: finding conversations, reading them masked, and saying turn by turn what was understood.

Nothing here puts personal values back; whoever reads a conversation is logged.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from casework import privacy
from casework.calendar import midnight
from casework.cases import Actor
from casework.clock import COPENHAGEN
from casework.enums import VERDICTS
from casework.errors import InvalidInput, NotFound
from casework.models import Case, CaseEvent, Conversation, ConversationRead, Feedback, Turn, TurnMark
from casework.taxonomy import taxonomy

PAGE_SIZE = 50
LOW_CONFIDENCE = 0.75
QUIET = timedelta(minutes=30)  # so long after the last word a citizen in the middle of a dialogue has left it
MOST_MARKS = 2  # people who may judge one turn
MAX_ABOUT = 300
MAX_SAMPLE = 500


@dataclass(frozen=True)
class Filters:
    """Which conversations to review; `sample` of them drawn at random by `seed`, or all of them."""

    handed_off: bool = False
    unsure: bool = False
    low: bool = False
    abandoned: bool = False
    unmarked: bool = False  # by the one asking
    unhelped: bool = False  # the citizen said that she got no answer, or only some of it
    test: bool = False  # the test conversations instead of the real ones
    since: date | None = None
    until: date | None = None
    sample: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Row:
    """One conversation in the list; no word of it is shown there."""

    conversation: Conversation
    topics: tuple[str, ...]
    turns: int  # of the citizen
    unsure: int
    lowest: float | None
    handed_off: bool
    marked: int
    own: int


@dataclass(frozen=True)
class Line:
    """One turn as it is shown. A pressed choice says what it means and is not judged; `answers` says that the turn came
    after a question of a dialogue. `others` are the marks of other people, shown when one has judged the turn oneself
    or no longer can, so that nobody is led by them. `full`: two others have judged it."""

    turn: Turn
    judged: bool
    pressed: bool
    answers: bool
    own: TurnMark | None
    others: tuple[TurnMark, ...]
    full: bool


class InvalidMarks(InvalidInput):
    """Some marks cannot be kept. `turns` says in Danish what to do, by the number of the turn."""

    def __init__(self, problems: dict[int, str]) -> None:
        super().__init__(" ".join(f"Linje {number}: {text}" for number, text in problems.items()))
        self.turns = problems


def counted_conversations():
    """Return the condition that a conversation counts: it is no test."""
    return Conversation.test.is_(False)


def counted_turns():
    """Return the condition that a turn counts in figures: its conversation is no test."""
    return Turn.conversation_id.not_in(select(Conversation.id).where(Conversation.test))


def counted_marks():
    """Return the condition that what staff said of a turn counts in figures: its conversation is no test."""
    return TurnMark.conversation_id.not_in(select(Conversation.id).where(Conversation.test))


def counted_cases():
    """Return the condition that a case counts in figures: neither it nor its conversation is a test."""
    tests = select(Conversation.id).where(Conversation.test)
    return and_(Case.test.is_(False), or_(Case.conversation_id.is_(None), Case.conversation_id.not_in(tests)))


def found(session: Session, filters: Filters, actor: Actor, now: datetime) -> list[str]:
    """Return the ids of the conversations that pass, the newest first; the same seed draws the same sample again."""
    query = _query(filters, actor, now).order_by(Conversation.created_at.desc(), Conversation.id)
    ids = list(session.scalars(query))
    if filters.sample and filters.sample < len(ids):
        drawn = set(random.Random(filters.seed).sample(sorted(ids), filters.sample))
        ids = [one for one in ids if one in drawn]
    return ids


def rows(session: Session, ids: list[str], actor: Actor) -> list[Row]:
    """Return what the list shows of these conversations, in the same order."""
    talks = {c.id: c for c in session.scalars(select(Conversation).where(Conversation.id.in_(ids)))}
    turns, marks = defaultdict(list), defaultdict(list)
    said = select(Turn.conversation_id, Turn.topic, Turn.confidence).where(
        Turn.conversation_id.in_(ids), Turn.who == "citizen"
    )
    for conversation_id, topic, confidence in session.execute(said.order_by(Turn.number)):
        turns[conversation_id].append((topic, confidence))
    for conversation_id, number, staff_id in session.execute(
        select(TurnMark.conversation_id, TurnMark.number, TurnMark.staff_id).where(TurnMark.conversation_id.in_(ids))
    ):
        marks[conversation_id].append((number, staff_id))
    filed = set(session.scalars(select(Case.conversation_id).where(Case.conversation_id.in_(ids))))
    return [_row(talks[i], turns[i], marks[i], i in filed, actor) for i in ids if i in talks]


def _row(conversation: Conversation, turns: list, marks: list, filed: bool, actor: Actor) -> Row:
    return Row(
        conversation,
        tuple(dict.fromkeys(topic for topic, _ in turns if topic)),
        len(turns),
        sum(topic is None for topic, _ in turns),
        min((c for topic, c in turns if topic and c is not None), default=None),
        filed,
        len({number for number, _ in marks}),
        sum(staff_id == actor.staff_id for _, staff_id in marks),
    )


def read(session: Session, conversation_id: str, actor: Actor, now: datetime) -> Conversation:
    """Return a conversation and log that `actor` read it. Raises NotFound."""
    conversation = _conversation(session, conversation_id)
    session.add(ConversationRead(at=now, conversation_id=conversation.id, staff_id=actor.staff_id))
    session.flush()
    return conversation


def reads_of(session: Session, conversation_id: str) -> list[ConversationRead]:
    """Return who has read the conversation, newest first."""
    query = select(ConversationRead).where(ConversationRead.conversation_id == conversation_id)
    return list(session.scalars(query.options(joinedload(ConversationRead.staff)).order_by(ConversationRead.id.desc())))


def lines(session: Session, conversation_id: str, actor: Actor) -> list[Line]:
    """Return the turns of a conversation, masked, each with the marks this person may see."""
    marks = defaultdict(list)
    query = select(TurnMark).where(TurnMark.conversation_id == conversation_id).options(joinedload(TurnMark.staff))
    for mark in session.scalars(query.order_by(TurnMark.id)):
        marks[mark.number].append(mark)
    turns = session.scalars(select(Turn).where(Turn.conversation_id == conversation_id).order_by(Turn.number))
    return [_line(turn, marks[turn.number], actor) for turn in turns]


def _line(turn: Turn, marks: list[TurnMark], actor: Actor) -> Line:
    own = next((m for m in marks if m.staff_id == actor.staff_id), None)
    others = tuple(m for m in marks if m is not own)
    noted = (turn.content or {}) if turn.who == "citizen" else {}
    pressed, answers = bool(noted.get("value")), bool(noted.get("answers"))
    judged, full = turn.who == "citizen" and not pressed, own is None and len(others) >= MOST_MARKS
    return Line(turn, judged, pressed, answers, own, others if own or full else (), full)


def topic_id(text: str) -> str | None:
    """Return the topic that is meant by its id or its Danish name as the list offers it, or None."""
    text = text.strip()
    topics = taxonomy()["topics"]
    if text in topics:
        return text
    return next((key for key, topic in topics.items() if topic["da"].lower() == text.lower()), None)


def mark(
    session: Session, conversation_id: str, given: Mapping[int, tuple[str, str, str]], actor: Actor, now: datetime
) -> int:
    """Keep what a person says of turns, by number: verdict, right topic and what it was about; return how many changed.

    An empty verdict takes one's own mark back. All are kept or none. Raises NotFound for a conversation that is not
    there, InvalidInput for a test, and InvalidMarks with a text per turn.
    """
    if _conversation(session, conversation_id).test:
        raise InvalidInput("Det er en prøve. Den skal ikke vurderes.")
    by_number = {line.turn.number: line for line in lines(session, conversation_id, actor)}
    problems, wanted = {}, {}
    for number, (verdict, topic, about) in given.items():
        line = by_number.get(number)
        try:
            wanted[number] = _checked(line, verdict, topic, about)
        except InvalidInput as problem:
            problems[number] = str(problem)
    if problems:
        raise InvalidMarks(problems)
    return sum(_keep(session, by_number[n], values, actor, now) for n, values in wanted.items())


def _checked(line: Line | None, verdict: str, topic: str, about: str) -> dict | None:
    """Return the values of a mark, or None when there is none. Raises InvalidInput."""
    if line is None or not line.judged:
        raise InvalidInput("Den linje kan ikke vurderes.")
    if not verdict:
        return None
    if verdict not in VERDICTS:
        raise InvalidInput("Vælg en vurdering på listen.")
    if line.full:
        raise InvalidInput("To har allerede vurderet linjen.")
    if verdict == "mangler":
        return {"verdict": verdict, "topic": None, "about": _about(about)}
    right = line.turn.topic if verdict == "rigtig" else _other_topic(topic, line.turn.topic)
    if right is None:
        raise InvalidInput("Assistenten forstod ikke noget emne. Vælg det rigtige, eller skriv, hvad der mangler.")
    return {"verdict": verdict, "topic": right, "about": ""}


def _other_topic(text: str, understood: str | None) -> str:
    right = topic_id(text)
    if right is None:
        raise InvalidInput("Vælg det rigtige emne på listen.")
    if right == understood:
        raise InvalidInput("Det er det emne, assistenten forstod. Vælg et andet, eller vælg “Rigtigt emne”.")
    return right


def _about(text: str) -> str:
    text = " ".join(privacy.mask(privacy.clean(text)).text.split())
    if not text:
        raise InvalidInput("Skriv med få ord, hvad borgeren spurgte om.")
    if len(text) > MAX_ABOUT:
        raise InvalidInput(f"Skriv højst {MAX_ABOUT} tegn om, hvad borgeren spurgte om.")
    return text


def _keep(session: Session, line: Line, values: dict | None, actor: Actor, now: datetime) -> bool:
    """Set, change or take back one's own mark; return whether anything changed."""
    own = line.own
    if values is None:
        if own is None:
            return False
        session.delete(own)
        return True
    if own is None:
        key = {"conversation_id": line.turn.conversation_id, "number": line.turn.number, "staff_id": actor.staff_id}
        try:
            with session.begin_nested():
                session.add(TurnMark(**key, at=now, **values))
        except IntegrityError:  # the same person, pressing twice
            return False
        return True
    if all(getattr(own, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(own, name, value)
    own.at, own.exported_at = now, None
    return True


def set_test(session: Session, conversation_id: str, on: bool, actor: Actor, now: datetime) -> None:
    """Say that a conversation is a test, or that it is none after all; its cases go with it. Raises NotFound."""
    conversation = _conversation(session, conversation_id)
    if conversation.test == on:
        return
    conversation.test = on
    for case in session.scalars(select(Case).where(Case.conversation_id == conversation.id)):
        case.test = on
        text = "Er en prøve og tælles ikke med." if on else "Er ingen prøve og tælles med."
        session.add(CaseEvent(case_id=case.id, at=now, kind="proeve", text=text, staff_id=actor.staff_id))
    session.flush()


def _conversation(session: Session, conversation_id: str) -> Conversation:
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("Samtalen findes ikke. Måske er den slettet, fordi den er for gammel.")
    return conversation


def _query(filters: Filters, actor: Actor, now: datetime):
    citizen = and_(Turn.conversation_id == Conversation.id, Turn.who == "citizen")
    filed = select(Case.id).where(Case.conversation_id == Conversation.id).exists()
    query = select(Conversation.id).where(
        Conversation.test if filters.test else counted_conversations(), select(Turn.id).where(citizen).exists()
    )
    if filters.since:
        query = query.where(Conversation.created_at >= midnight(filters.since))
    if filters.until:
        query = query.where(Conversation.created_at < midnight(filters.until + timedelta(days=1)))
    if filters.handed_off:
        query = query.where(filed)
    if filters.unsure:
        query = query.where(select(Turn.id).where(citizen, Turn.topic.is_(None)).exists())
    if filters.low:
        query = query.where(
            select(Turn.id).where(citizen, Turn.topic.is_not(None), Turn.confidence < LOW_CONFIDENCE).exists()
        )
    if filters.abandoned:
        quiet = (now - QUIET).astimezone(timezone.utc)
        query = query.where(Conversation.awaiting.is_not(None), Conversation.last_at < quiet, ~filed)
    if filters.unhelped:
        said = and_(Feedback.conversation_id == Conversation.id, Feedback.verdict != "ja")
        query = query.where(select(Feedback.id).where(said).exists())
    if filters.unmarked:
        mine = and_(TurnMark.conversation_id == Conversation.id, TurnMark.staff_id == actor.staff_id)
        query = query.where(~select(TurnMark.id).where(mine).exists())
    return query


@dataclass(frozen=True)
class Month:
    """How far two people agreed on the turns both judged; `month` is that of the second mark.

    `same` of `both` have the same verdict, `same_topic` the same topic too. `kappa` is Cohen's, over the verdicts; None
    where it cannot be worked out because everybody said the same throughout.
    """

    month: str
    both: int
    same: int
    same_topic: int
    kappa: float | None

    @property
    def share(self) -> float:
        """Simple agreement: the share with the same verdict."""
        return self.same / self.both


def agreement(session: Session) -> list[Month]:
    """Return for each month with turns judged by two how far they agreed, the oldest first. Tests are left out."""
    pairs: dict[tuple[str, int], list[TurnMark]] = defaultdict(list)
    query = select(TurnMark).where(counted_marks()).order_by(TurnMark.id)
    for one in session.scalars(query):
        pairs[one.conversation_id, one.number].append(one)
    months: dict[str, list[tuple[TurnMark, TurnMark]]] = defaultdict(list)
    for marks in pairs.values():
        if len(marks) > 1:
            last = max(marks[0].at, marks[1].at).astimezone(COPENHAGEN)
            months[f"{last:%Y-%m}"].append((marks[0], marks[1]))
    return [_month(month, months[month]) for month in sorted(months)]


def _month(month: str, pairs: list[tuple[TurnMark, TurnMark]]) -> Month:
    verdicts = [(a.verdict, b.verdict) for a, b in pairs]
    same_topic = sum((a.verdict, a.topic) == (b.verdict, b.topic) for a, b in pairs)
    return Month(month, len(pairs), sum(a == b for a, b in verdicts), same_topic, kappa(verdicts))


def kappa(pairs: list[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of the pairs of verdicts: agreement beyond what chance would give; None where chance alone
    would make all agree."""
    n = len(pairs)
    seen = sum(a == b for a, b in pairs) / n
    chance = sum(sum(a == v for a, _ in pairs) * sum(b == v for _, b in pairs) for v in VERDICTS) / n**2
    return None if chance == 1 else (seen - chance) / (1 - chance)


def judged_turns(session: Session) -> tuple[int, int]:
    """Return how many turns have been judged, and how many of them by two. Tests are left out."""
    per_turn = select(func.count(TurnMark.id).label("n")).where(counted_marks())
    per_turn = per_turn.group_by(TurnMark.conversation_id, TurnMark.number).subquery()
    query = select(func.count(), func.count().filter(per_turn.c.n > 1)).select_from(per_turn)
    return tuple(session.execute(query).one())
