"""What every table is made of: the base class, encrypted text, points in time, and a column with few values."""

from __future__ import annotations

import base64
import datetime

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.orm import declarative_base
from sqlalchemy.types import TypeDecorator

from casework.settings import current

UNREADABLE = "[kan ikke læses med den nuværende nøgle]"

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
            return UNREADABLE


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(current().derived_key("personal-values")))


class Moment(TypeDecorator):
    """A point in time, stored and returned as UTC with its zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        # SQLite would drop the zone and keep the clock of wherever it was read.
        return value.astimezone(datetime.timezone.utc) if value is not None and value.tzinfo else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=datetime.timezone.utc) if value.tzinfo is None else value


def one_of(column: str, allowed) -> sa.CheckConstraint:
    """Return the check that `column` holds one of `allowed`."""
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(a) for a in allowed)})", name=column)
