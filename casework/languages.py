"""Which language a message is written in, as far as the assistant has a reply in it."""

from __future__ import annotations

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# Told apart, so that Norwegian, Swedish or Russian is not taken for one of those answered.
_CANDIDATES = ["da", "en", "uk", "ar", "pl", "de", "ru", "tr", "fa", "fr", "es", "ro", "no", "sv", "nl", "it", "ur"]
ANSWERED = ("en", "uk", "ar", "pl", "de")
_SURE = 0.7


def language_of(text: str) -> str | None:
    """Return the code of the language `text` is written in when there is a reply in it, else None.

    Persian and Urdu share the Arabic script and Russian the Cyrillic one; they are not answered in the wrong language.
    """
    code, certainty = _identifier().classify(text)
    return code if code in ANSWERED and certainty >= _SURE else None


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    found = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)
    found.set_languages(_CANDIDATES)
    return found
