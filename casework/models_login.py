"""Tables of signing in: recovery codes, and what happens to accounts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from casework.columns import Base, Moment
from casework.columns import one_of as _one_of
from casework.enums import ACCESS_KINDS


class RecoveryCode(Base):
    """A code that lets a person in once without the phone. Only a keyed hash of it is kept."""

    __tablename__ = "recovery_codes"
    id = sa.Column(sa.Integer, primary_key=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True)
    code_hash = sa.Column(sa.String(64), nullable=False)
    used_at = sa.Column(Moment)


class AccessEvent(Base):
    """An attempt to sign in, or something done to an account. An e-mail or address is kept as a keyed hash only."""

    __tablename__ = "access_events"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False, index=True)
    kind = sa.Column(sa.String(20), nullable=False)
    staff_id = sa.Column(sa.ForeignKey("staff.id"), index=True)  # whose account; none when nobody has that e-mail
    by_id = sa.Column(sa.ForeignKey("staff.id"))  # who did it, when it was not the person or the command line
    detail = sa.Column(sa.String(200), nullable=False, default="")
    account_key = sa.Column(sa.String(64))
    address_key = sa.Column(sa.String(64))

    person = relationship("Staff", foreign_keys=staff_id)
    by = relationship("Staff", foreign_keys=by_id)
    __table_args__ = (
        _one_of("kind", ACCESS_KINDS),
        sa.Index("ix_access_events_account_key_at", "account_key", "at"),
        sa.Index("ix_access_events_address_key_at", "address_key", "at"),
    )


class WrongCode(Base):
    """A wrong try at a reference and its code; only hashes of what was typed and from where, and only for a day."""

    __tablename__ = "wrong_codes"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False)
    reference_hash = sa.Column(sa.String(64), nullable=False, index=True)
    place_hash = sa.Column(sa.String(64), nullable=False, default="", server_default="")
