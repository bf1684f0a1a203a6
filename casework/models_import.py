"""The table of the files whose cases were taken in: the registration of years before this system."""

from __future__ import annotations

import sqlalchemy as sa

from casework.columns import Base, Moment


class CaseImport(Base):
    """One file of cases taken in. What stood in it is kept as a digest only, so that it is known again."""

    __tablename__ = "case_imports"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)
    number = sa.Column(sa.Integer, nullable=False)  # 1, and one more each time the same is knowingly taken in again
    count = sa.Column(sa.Integer, nullable=False)
    first_day = sa.Column(sa.Date, nullable=False)
    last_day = sa.Column(sa.Date, nullable=False)
    __table_args__ = (sa.UniqueConstraint("digest", "number"),)
