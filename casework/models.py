"""All tables."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from casework.columns import Base, Encrypted, Moment
from casework.columns import one_of as _one_of
from casework.enums import (
    CASE_PRIORITIES,
    CASE_STATUSES,
    MAIL_STATES,
    MESSAGE_KINDS,
    MESSAGE_WAYS,
    ROLES,
    SPEAKERS,
)
from casework.models_drift import ServiceNotice  # noqa: F401
from casework.models_import import CaseImport  # noqa: F401
from casework.models_login import AccessEvent, RecoveryCode, WrongCode  # noqa: F401
from casework.models_meetings import Appointment, AppointmentEvent, AppointmentSlice  # noqa: F401
from casework.models_queue import CaseExport, CaseText, SavedView  # noqa: F401
from casework.models_review import (  # noqa: F401
    AppointmentRead,
    ConversationRead,
    Feedback,
    PersonLog,
    RetentionRun,
    TurnMark,
)
from casework.texts import KINDS, ORIGINS, REVISION_STATES


class Conversation(Base):
    """One citizen's talk with the assistant. Its token is the only key to it; only a hash of it is kept."""

    __tablename__ = "conversations"
    id = sa.Column(sa.String(36), primary_key=True)
    token_hash = sa.Column(sa.String(64), nullable=False, unique=True)
    created_at = sa.Column(Moment, nullable=False, index=True)
    last_at = sa.Column(Moment, nullable=False)
    turn_count = sa.Column(sa.Integer, nullable=False, default=0)
    awaiting = sa.Column(sa.String(80))  # the question the assistant has just asked, if any
    test = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())  # counts nowhere
    preserved_at = sa.Column(Moment)  # not deleted, whatever its age, while this is set
    preserved_reason = sa.Column(sa.Text)
    preserved_by_id = sa.Column(sa.ForeignKey("staff.id"))

    waiting_since = sa.Column(Moment)  # the citizen waits for a person in the chat
    staff_id = sa.Column(sa.ForeignKey("staff.id"))  # who writes instead of the assistant
    staff_at = sa.Column(Moment)  # when that person last wrote

    turns = relationship("Turn", order_by="Turn.number", back_populates="conversation")
    staff = relationship("Staff", foreign_keys=[staff_id])


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
    mark = sa.Column(sa.String(64))  # of the citizen's message: the same one sent again is recognised by it
    reply = sa.Column(sa.JSON)  # of a message with a mark, once it is answered: what the same one sent again is told

    conversation = relationship("Conversation", back_populates="turns")
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "number"),
        _one_of("who", SPEAKERS),
        sa.Index("uq_turns_conversation_id_mark", "conversation_id", "mark", unique=True),
    )


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


class CaseDraft(Base):
    """A letter drafted in the chat that the citizen let go along with her case."""

    __tablename__ = "case_drafts"
    id = sa.Column(sa.Integer, primary_key=True)
    case_id = sa.Column(sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True)
    kind = sa.Column(sa.String(40), nullable=False)
    text = sa.Column(Encrypted, nullable=False)  # JSON: the letter as it was written
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
    stamp = sa.Column(sa.String(32), nullable=False, default=lambda: secrets.token_hex(16))  # new: all sessions end
    must_change_password = sa.Column(sa.Boolean, nullable=False, default=False)
    totp_secret = sa.Column(Encrypted)
    totp_confirmed_at = sa.Column(Moment)  # the second factor is asked for from then on
    totp_last_step = sa.Column(sa.Integer)  # of the last code used; that code and older ones are refused
    chat_open_at = sa.Column(Moment)  # can answer in the chat; the latest sign of life
    oidc_issuer = sa.Column(sa.String(300))
    oidc_subject = sa.Column(sa.String(255))
    oidc_managed = sa.Column(sa.Boolean, nullable=False, default=False)  # its role follows that login
    __table_args__ = (
        _one_of("role", ROLES),
        sa.Index("uq_staff_oidc_issuer_oidc_subject", "oidc_issuer", "oidc_subject", unique=True),
    )


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


# All that the queue filters and sorts by, in one index: it is read instead of the cases, whose texts are long.
QUEUE_COLUMNS = (
    *("status", "danger", "respond_by", "answered_at", "complaint_deadline", "unit", "center", "omraade"),
    *("assigned_to_id", "created_at", "closed_at", "id"),
)

# All that the annual figures count by, in one index that begins with the day.
FIGURE_COLUMNS = (
    *("created_at", "test", "conversation_id", "center", "unit", "cause", "handling", "kind", "status", "follows_id"),
    *("import_id", "anonymised_at", "anonymous", "answered_at", "respond_by", "id"),
)


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
    kind = sa.Column(sa.String(12))  # of CASE_KINDS where it is registered for itself; else it follows from the cause
    import_id = sa.Column(sa.ForeignKey("case_imports.id"))  # taken in from a file: closed, and nothing but its figures
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
    since = sa.Column(sa.Text)  # since when it has gone on, in the citizen's words; the day where they name one
    since_date = sa.Column(sa.Date)
    ongoing = sa.Column(sa.Boolean)
    exceptions = sa.Column(sa.JSON)  # why what is over a year old should be taken up: EXCEPTIONS id to her words
    departments = sa.Column(sa.JSON)  # those she named, the main one first: [{unit, consent}]
    on_behalf_of = sa.Column(Encrypted)  # whom the one who wrote it writes for, and with what authority
    follows_id = sa.Column(sa.ForeignKey("cases.id"))
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), index=True)
    assigned_to_id = sa.Column(sa.ForeignKey("staff.id"))
    closed_at = sa.Column(Moment)
    version = sa.Column(sa.Integer, nullable=False, default=1)  # counts the changes: two at once are told apart by it
    danger = sa.Column(sa.Boolean, nullable=False, default=False)  # the citizen wrote of danger
    contact_hash = sa.Column(sa.String(64), index=True)  # keyed: tells that two contacts are one, not what it is
    answered_at = sa.Column(Moment)  # the first answer since the case came, or since it was reopened
    not_followed_at = sa.Column(Moment)  # the department told that it does not follow the recommendation
    test = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())  # counts nowhere
    preserved_at = sa.Column(Moment)  # not anonymised, whatever its age, while this is set
    preserved_reason = sa.Column(sa.Text)
    preserved_by_id = sa.Column(sa.ForeignKey("staff.id"))
    anonymised_at = sa.Column(Moment)  # only its registration for the figures is left

    conversation = relationship("Conversation")
    assigned_to = relationship("Staff", foreign_keys=assigned_to_id)
    follows = relationship("Case", remote_side="Case.id")
    followers = relationship("Case", order_by="Case.id", viewonly=True)
    events = relationship("CaseEvent", order_by="CaseEvent.id", back_populates="case")
    messages = relationship("Message", order_by="Message.id", back_populates="case")
    questions = relationship("Question", order_by="Question.id", back_populates="case")
    __table_args__ = (
        _one_of("status", CASE_STATUSES),
        _one_of("priority", CASE_PRIORITIES),
        sa.Index("ix_cases_queue", *QUEUE_COLUMNS),
        sa.Index("ix_cases_figures", *FIGURE_COLUMNS),
    )


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
    submission = sa.Column(sa.String(80))  # what a citizen sent twice is one line

    case = relationship("Case", back_populates="events")
    staff = relationship("Staff")
    message = relationship("Message", uselist=False, viewonly=True)
    __table_args__ = (
        sa.Index("uq_case_events_submission", "submission", unique=True),
        sa.Index("ix_case_events_case_id_at", "case_id", "at"),
    )


class OutgoingMail(Base):
    """A mail to be sent: written with what it tells of, sent by another process. The address goes once it is sent."""

    __tablename__ = "outgoing_mail"
    id = sa.Column(sa.Integer, primary_key=True)
    key = sa.Column(sa.String(120), nullable=False, unique=True)  # the same thing is told once
    kind = sa.Column(sa.String(20), nullable=False)
    case_id = sa.Column(sa.ForeignKey("cases.id", ondelete="CASCADE"), index=True)  # one of the two is set, or both
    appointment_id = sa.Column(sa.ForeignKey("appointments.id", ondelete="CASCADE"), index=True)
    recipient = sa.Column(Encrypted)
    text = sa.Column(Encrypted)  # of a mail a person wrote, until it is sent or given up; else bot/mail.yml has it all
    staff_id = sa.Column(sa.ForeignKey("staff.id"))  # who wrote it, and gets the reply
    state = sa.Column(sa.String(12), nullable=False)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    created_at = sa.Column(Moment, nullable=False)
    due_at = sa.Column(Moment, nullable=False)
    claim = sa.Column(sa.String(36))  # who has it now, and since when
    claimed_at = sa.Column(Moment)
    sent_at = sa.Column(Moment)
    problem = sa.Column(sa.String(80), nullable=False, default="")  # what the mail server said, without any address

    case = relationship("Case")
    appointment = relationship("Appointment")
    staff = relationship("Staff")
    __table_args__ = (_one_of("state", MAIL_STATES), sa.Index("ix_outgoing_mail_state_due_at", "state", "due_at"))


class Heartbeat(Base):
    """When a process that no port shows was last alive."""

    __tablename__ = "heartbeats"
    name = sa.Column(sa.String(20), primary_key=True)
    at = sa.Column(Moment, nullable=False)


class Message(Base):
    """Something written between the adviser and the citizen; the citizen reads it on the status page."""

    __tablename__ = "messages"
    id = sa.Column(sa.Integer, primary_key=True)
    case_id = sa.Column(sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True)
    event_id = sa.Column(sa.ForeignKey("case_events.id", ondelete="CASCADE"), nullable=False, unique=True)
    at = sa.Column(Moment, nullable=False)
    kind = sa.Column(sa.String(20), nullable=False)
    way = sa.Column(sa.String(20), nullable=False)
    text = sa.Column(Encrypted, nullable=False)
    staff_id = sa.Column(sa.ForeignKey("staff.id"))  # empty when the citizen wrote it herself
    seen_at = sa.Column(Moment)  # when the citizen first had it on the status page

    case = relationship("Case", back_populates="messages")
    staff = relationship("Staff")
    __table_args__ = (_one_of("kind", MESSAGE_KINDS), _one_of("way", MESSAGE_WAYS))


class Question(Base):
    """Something the adviser has asked a department, and what it answered."""

    __tablename__ = "questions"
    id = sa.Column(sa.Integer, primary_key=True)
    case_id = sa.Column(sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True)
    unit = sa.Column(sa.String(60), nullable=False)
    address = sa.Column(Encrypted)  # where it was mailed; empty when the adviser sent it herself
    text = sa.Column(Encrypted, nullable=False)
    asked_at = sa.Column(Moment, nullable=False)
    staff_id = sa.Column(sa.ForeignKey("staff.id"))
    due = sa.Column(sa.Date, nullable=False, index=True)
    reminders = sa.Column(sa.Integer, nullable=False, default=0)
    reminded_at = sa.Column(Moment)
    answered_at = sa.Column(Moment)
    answer = sa.Column(Encrypted)

    case = relationship("Case", back_populates="questions")
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
    __table_args__ = (sa.Index("ix_case_reads_case_id_staff_id_at", "case_id", "staff_id", "at"),)


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
