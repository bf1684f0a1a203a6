"""The table of service notices and of the switches that turn a part off."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from casework.columns import Base, Moment, one_of
from casework.enums import SERVICE_PARTS


class ServiceNotice(Base):
    """One act on a part: a notice put up or taken down, a part turned off or on. The latest of a part is how it stands;
    all of them together are the log, so none is ever changed."""

    __tablename__ = "service_notices"
    id = sa.Column(sa.Integer, primary_key=True)
    part = sa.Column(sa.String(20), nullable=False)
    number = sa.Column(sa.Integer, nullable=False)  # 1, 2, 3 … within the part
    at = sa.Column(Moment, nullable=False)
    staff_id = sa.Column(sa.ForeignKey("staff.id"), nullable=False)
    in_force = sa.Column(sa.Boolean, nullable=False)  # the notice is shown, the part is off
    text = sa.Column(sa.Text, nullable=False, default="")  # what citizens read
    reason = sa.Column(sa.Text, nullable=False, default="")  # staff only
    ends_at = sa.Column(Moment)  # it ends by itself; empty: when somebody ends it

    staff = relationship("Staff")
    __table_args__ = (sa.UniqueConstraint("part", "number"), one_of("part", SERVICE_PARTS))
