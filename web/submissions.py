"""What tells that the same form is sent twice: an id made when it was shown, which goes back and forth with it."""

from __future__ import annotations

import uuid


def submission_in(text: str | None) -> str | None:
    """Return the id a form brought back in its usual form, or None when it is none of ours."""
    try:
        return str(uuid.UUID(text or ""))
    except ValueError:
        return None
