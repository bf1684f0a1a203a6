"""All tables."""

from __future__ import annotations

import base64
import datetime

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.orm import declarative_base, relationship
from sqlalchemy.types import TypeDecorator

from casework.enums import CASE_PRIORITIES, CASE_STATUSES, ROLES, SPEAKERS
from casework.settings import current
from casework.texts import KINDS, ORIGINS, REVISION_STATES

Base = declarative_base(
    metadata=sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
)


class Encrypted(TypeDecorator):
    """Text that is encrypted in the database and plain in Python."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else _fernet().encrypt(value.encode()).decode()

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        try:
            return _fernet().decrypt(value.encode()).decode()
        except InvalidToken:  # another secret key than the one it was written with: show that, lose nothing
            return "[kan ikke læses med den nuværende nøgle]"


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(current().derived_key("personal-values")))


class Moment(TypeDecorator):
    """A point in time, stored and returned as UTC with its zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=datetime.timezone.utc) if value.tzinfo is None else value


def _one_of(column: str, allowed) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(a) for a in allowed)})", name=column)


class Conversation(Base):
    """One citizen's talk with the assistant. Its token is the only key to it; only a hash of it is kept."""

    __tablename__ = "conversations"
    id = sa.Column(sa.String(36), primary_key=True)
    token_hash = sa.Column(sa.String(64), nullable=False, unique=True)
    created_at = sa.Column(Moment, nullable=False, index=True)
    last_at = sa.Column(Moment, nullable=False)
    turn_count = sa.Column(sa.Integer, nullable=False, default=0)
    awaiting = sa.Column(sa.String(80))  # the question the assistant has just asked, if any

    turns = relationship("Turn", order_by="Turn.number", back_populates="conversation")


class Turn(Base):
    """One thing said, by the citizen, the assistant or staff. Text is masked before it gets here."""

    __tablename__ = "turns"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False)
    number = sa.Column(sa.Integer, nullable=False)
    at = sa.Column(Moment, nullable=False)
    who = sa.Column(sa.String(10), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    topic = sa.Column(sa.String(60))
    confidence = sa.Column(sa.Float)
    content = sa.Column(sa.JSON)  # choices, sources, deadline and receipt as shown, so that a reload shows the same

    conversation = relationship("Conversation", back_populates="turns")
    __table_args__ = (sa.UniqueConstraint("conversation_id", "number"), _one_of("who", SPEAKERS))


class PersonalValue(Base):
    """What a token such as `[telefon 1]` stands for in one conversation."""

    __tablename__ = "personal_values"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False)
    token = sa.Column(sa.String(40), nullable=False)
    value = sa.Column(Encrypted, nullable=False)
    __table_args__ = (sa.UniqueConstraint("conversation_id", "token"),)


class KeptLetter(Base):
    """A letter drafted in one conversation. Its token is the only key to it; it goes when the talk has been quiet."""

    __tablename__ = "letters"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True)
    token_hash = sa.Column(sa.String(64), nullable=False, unique=True)
    kind = sa.Column(sa.String(40), nullable=False)
    given = sa.Column(Encrypted, nullable=False)  # JSON: the answers by field id, with privacy tokens
    created_at = sa.Column(Moment, nullable=False)


class Staff(Base):
    """A person who may sign in at the staff pages."""

    __tablename__ = "staff"
    id = sa.Column(sa.Integer, primary_key=True)
    email = sa.Column(sa.String(200), nullable=False, unique=True)
    name = sa.Column(sa.String(200), nullable=False)
    role = sa.Column(sa.String(20), nullable=False)
    password_hash = sa.Column(sa.String(200), nullable=False)
    active = sa.Column(sa.Boolean, nullable=False, default=True)
    demo = sa.Column(sa.Boolean, nullable=False, default=False)
    created_at = sa.Column(Moment, nullable=False)
    __table_args__ = (_one_of("role", ROLES),)


class ApiToken(Base):
    """A key to the staff API. Only its hash is kept."""

    __tablename__ = "api_tokens"
    id = sa.Column(sa.Integer, primary_key=True)
    token_hash = sa.Column(sa.String(64), nullable=False, unique=True)
    name = sa.Column(sa.String(200), nullable=False)
    role = sa.Column(sa.String(20), nullable=False)
    created_at = sa.Column(Moment, nullable=False)
    revoked_at = sa.Column(Moment)
    __table_args__ = (_one_of("role", ROLES),)


class Case(Base):
    """A henvendelse that the adviser has to answer."""

    __tablename__ = "cases"
    id = sa.Column(sa.Integer, primary_key=True)
    reference = sa.Column(sa.String(20), nullable=False, unique=True)
    code_hash = sa.Column(sa.String(64), nullable=False)
    submission = sa.Column(sa.String(80), nullable=False, unique=True)  # the same form sent twice is one case
    created_at = sa.Column(Moment, nullable=False, index=True)
    respond_by = sa.Column(sa.Date, nullable=False)
    status = sa.Column(sa.String(30), nullable=False, index=True)
    priority = sa.Column(sa.String(10), nullable=False)
    topic = sa.Column(sa.String(60))
    omraade = sa.Column(sa.String(40))
    unit = sa.Column(sa.String(60), index=True)
    center = sa.Column(sa.String(20))
    cause = sa.Column(sa.String(60))
    handling = sa.Column(sa.String(60))
    decision_date = sa.Column(sa.Date)
    complaint_deadline = sa.Column(sa.Date)
    contact_name = sa.Column(Encrypted)
    contact_channel = sa.Column(sa.String(20))
    contact_value = sa.Column(Encrypted)
    anonymous = sa.Column(sa.Boolean, nullable=False, default=False)
    consent_forward = sa.Column(sa.Boolean, nullable=False, default=False)
    competence = sa.Column(sa.JSON, nullable=False)
    summary = sa.Column(sa.Text, nullable=False)
    story = sa.Column(sa.Text, nullable=False)
    wish = sa.Column(sa.Text)
    prior_dialogue = sa.Column(sa.Text)
    needs = sa.Column(sa.Text)
    follows_id = sa.Column(sa.ForeignKey("cases.id"))
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), index=True)
    assigned_to_id = sa.Column(sa.ForeignKey("staff.id"))
    closed_at = sa.Column(Moment)

    conversation = relationship("Conversation")
    assigned_to = relationship("Staff")
    follows = relationship("Case", remote_side="Case.id")
    events = relationship("CaseEvent", order_by="CaseEvent.id", back_populates="case")
    __table_args__ = (_one_of("status", CASE_STATUSES), _one_of("priority", CASE_PRIORITIES))


class CaseEvent(Base):
    """One line on a case's timeline."""

    __tablename__ = "case_events"
    id = sa.Column(sa.Integer, primary_key=True)
    case_id = sa.Column(sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True)
    at = sa.Column(Moment, nullable=False)
    kind = sa.Column(sa.String(20), nullable=False)
    staff_id = sa.Column(sa.ForeignKey("staff.id"))
    token_id = sa.Column(sa.ForeignKey("api_tokens.id"))
    text = sa.Column(sa.Text, nullable=False, default="")

    case = relationship("Case", back_populates="events")
    staff = relationship("Staff")


class CaseRead(Base):
    """Who looked at which case, and when."""

    __tablename__ = "case_reads"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False)
    case_id = sa.Column(sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id"))
    token_id = sa.Column(sa.ForeignKey("api_tokens.id"))

    staff = relationship("Staff")
    token = relationship("ApiToken")


class Revision(Base):
    """One wording of an answer, a unit or a source: as the files had it, or as staff propose it or have approved it.

    It was in force from `approved_at` to `ended_at`. Its body never changes: whole for the files, else the fields that
    differ from them.
    """

    __tablename__ = "revisions"
    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.String(10), nullable=False)
    key = sa.Column(sa.String(80), nullable=False)
    body = sa.Column(sa.JSON, nullable=False)
    origin = sa.Column(sa.String(10), nullable=False)
    state = sa.Column(sa.String(10), nullable=False)
    base = sa.Column(sa.String(40))  # the mark of the text it was written against
    restores_id = sa.Column(sa.ForeignKey("revisions.id"))
    author_id = sa.Column(sa.ForeignKey("staff.id"))
    created_at = sa.Column(Moment, nullable=False)
    note = sa.Column(sa.Text, nullable=False, default="")
    approved_by_id = sa.Column(sa.ForeignKey("staff.id"))
    approved_at = sa.Column(Moment)
    ended_by_id = sa.Column(sa.ForeignKey("staff.id"))
    ended_at = sa.Column(Moment)
    ended_note = sa.Column(sa.Text, nullable=False, default="")

    author = relationship("Staff", foreign_keys=author_id)
    approved_by = relationship("Staff", foreign_keys=approved_by_id)
    ended_by = relationship("Staff", foreign_keys=ended_by_id)
    __table_args__ = (
        _one_of("kind", KINDS),
        _one_of("origin", ORIGINS),
        _one_of("state", REVISION_STATES),
        sa.CheckConstraint("origin = 'fil' or author_id is not null", name="author"),
        sa.CheckConstraint("approved_by_id <> author_id", name="two_people"),
        sa.CheckConstraint(
            "origin = 'fil' or state not in ('godkendt', 'afloest') or approved_by_id is not null", name="approved"
        ),
        sa.Index("ix_revisions_kind_key", "kind", "key"),
        sa.Index(
            "uq_revisions_in_force",
            "kind",
            "key",
            "origin",
            unique=True,
            sqlite_where=sa.text("state = 'godkendt'"),
            postgresql_where=sa.text("state = 'godkendt'"),
        ),
        {"sqlite_autoincrement": True},  # an id names one text for good: overlays are told apart by their ids
    )
