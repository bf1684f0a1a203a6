"""The one clock. Everything that needs today's date or the time asks here."""

import time
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

from casework.settings import current

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def now() -> datetime:
    """Return the time in UTC; with VEJVISER_TODAY set, that date with the real time of day."""
    real = datetime.now(timezone.utc)
    fixed = current().today
    if fixed is None:
        return real
    local = real.astimezone(COPENHAGEN)
    return datetime.combine(fixed, local.time(), COPENHAGEN).astimezone(timezone.utc)


def today() -> date:
    """Return the date in Copenhagen."""
    return current().today or datetime.now(COPENHAGEN).date()


def seconds() -> int:
    """Return the real seconds since 1970, also when the date is fixed: what a phone's codes and a session count."""
    return int(time.time())
