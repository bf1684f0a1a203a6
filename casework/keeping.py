"""How long things are kept, in the words citizens read; the settings decide, so that no text can say otherwise."""

from __future__ import annotations

from casework.settings import Settings, current


def in_words(settings: Settings | None = None) -> dict[str, str]:
    """Return how long conversations, cases, the log of who read and drafts of letters are kept, such as "5 år"."""
    settings = settings or current()
    return {
        "samtaler": f"{settings.keep_conversations_days} {'dag' if settings.keep_conversations_days == 1 else 'dage'}",
        "sager": _months(settings.keep_cases_months),
        "log": _months(settings.keep_logs_months),
        "breve": "24 timer",
    }


def _months(number: int) -> str:
    if number % 12 == 0:
        return f"{number // 12} år"
    return f"{number} {'måned' if number == 1 else 'måneder'}"
