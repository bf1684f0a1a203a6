"""Legal words and what they mean in plain Danish."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from casework.settings import ROOT

# What an answer says when it explains a word itself: then it is not explained again.
_EXPLAINED = r"(?:kaldes|kalder|hedder|betyder|vil sige|altså)"


@lru_cache(maxsize=1)
def words() -> dict[str, dict]:
    """Return the legal words: each with the patterns it is found by and its meaning."""
    return yaml.safe_load((ROOT / "bot" / "words.yml").read_text(encoding="utf-8"))


def unexplained(text: str, known: set[str] | frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the legal words in `text`, in order, that it does not explain itself and that are not `known`."""
    found = []
    sentences = re.split(r"(?<=[.!?])\s+", text)
    for word, pattern in _patterns().items():
        met = None if word in known else pattern.search(text)
        if met and not any(pattern.search(s) and re.search(rf"\b{_EXPLAINED}\b", s) for s in sentences):
            found.append((met.start(), word))
    return {word: words()[word]["means"] for _, word in sorted(found)}


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern]:
    return {
        word: re.compile(rf"(?<!\w)(?:{'|'.join(entry['match'])})(?!\w)", re.IGNORECASE)
        for word, entry in words().items()
    }
