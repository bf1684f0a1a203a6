"""The tables of the queue: what is searched, each person's saved views, and who took a list out of the system."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from casework.columns import Base, Moment


class CaseText(Base):
    """What may be searched of a case, masked whatever door it came in by. `queue_index` keeps it."""

    __tablename__ = "case_texts"
    case_id = sa.Column(sa.ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    conversation_id = sa.Column(sa.String(36), index=True)
    sag = sa.Column(sa.Text, nullable=False, default="")  # summary, story and wish
    samtale = sa.Column(sa.Text, nullable=False, default="")  # what people said in the conversation
    svar = sa.Column(sa.Text, nullable=False, default="")  # what the assistant said in it


class SavedView(Base):
    """A choice of filters one person has given a name."""

    __tablename__ = "saved_views"
    id = sa.Column(sa.Integer, primary_key=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False)
    name = sa.Column(sa.String(60), nullable=False)
    filters = sa.Column(sa.JSON, nullable=False)
    created_at = sa.Column(Moment, nullable=False)
    __table_args__ = (sa.UniqueConstraint("staff_id", "name"),)


class CaseExport(Base):
    """Who took which list of cases out as a file, and when: one line in the log over readings."""

    __tablename__ = "case_exports"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False, index=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id"), nullable=False)
    form = sa.Column(sa.String(4), nullable=False)
    filters = sa.Column(sa.JSON, nullable=False)
    count = sa.Column(sa.Integer, nullable=False)
    case_ids = sa.Column(sa.Text, nullable=False)  # as runs, "7,10-4211": who has seen a case must be answerable

    staff = relationship("Staff")
