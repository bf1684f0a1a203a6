"""Danish text made comparable: one spelling for the many ways people type the same thing."""

from __future__ import annotations

import re
import unicodedata

# What stands in a masked text for a name, a number or an address: it tells nothing of what is asked, and which names
# were found must not change what is understood.
_MASKED = re.compile(r"\[(?:adresse|telefon|e-mail|kode) \d+\]|\[cpr-nummer fjernet\]")
_MASKED_NAME = re.compile(r"\[navn \d+\]")
SOMEBODY = "han"  # what is said of a name is said of a person
_SOMEBODY_AGAIN = re.compile(rf"\b{SOMEBODY}(?:\s+{SOMEBODY})+\b")
_REPEATED = re.compile(r"(.)\1{2,}")
_TOKEN = re.compile(r"[a-z0-9]+|[?!]")
_FOLD = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "é": "e", "ü": "u", "ö": "oe", "ä": "ae"})


def normalise(text: str) -> str:
    """Return `text` in the one form the classifier sees.

    Lower case; æ, ø and å as ae, oe and aa, because many keyboards and old phones write them so; a letter
    repeated three times or more ("heeeelp") as two; anything but letters, digits, ? and ! as a space. What stands for
    masked personal data is left out, but for names, which become "han".
    """
    text = _SOMEBODY_AGAIN.sub(SOMEBODY, _MASKED_NAME.sub(SOMEBODY, _MASKED.sub(" ", text)))
    text = unicodedata.normalize("NFKC", text).lower()
    text = _REPEATED.sub(r"\1\1", text).translate(_FOLD)
    return " ".join(_TOKEN.findall(text))
