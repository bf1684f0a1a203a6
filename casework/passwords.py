"""Passwords: what one must be like, how it is kept, and one to begin with."""

from __future__ import annotations

import re
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from casework.errors import InvalidInput

MIN_PASSWORD = 12
MAX_PASSWORD = 200
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_hasher = PasswordHasher()
# Verified when there is no account, so that the time a refusal takes does not tell who has one.
_NOBODY = _hasher.hash(secrets.token_hex(16))

# What long passwords are made of by people who were asked for a long one; digits and signs are taken off first.
_COMMON = frozenset(
    """
    adgangskode password passwort passw0rd kodeord mitkodeord minadgangskode hemmelig hemmeligt hemmeligadgangskode
    adgangskodeadgangskode passwordpassword kodeordkodeord velkommen velkommentil welcome letmein changeme skiftmig
    administrator administratoradministrator admin adminadmin root sommer vinter foraar forår efteraar efterår
    januar februar marts april maj juni juli august september oktober november december mandag tirsdag onsdag torsdag
    fredag lørdag loerdag søndag soendag lyngby taarbæk taarbaek lyngbytaarbæk lyngbytaarbaek lyngbytaarbækkommune
    lyngbytaarbaekkommune kommune kommunen borgerrådgiver borgerraadgiver borgerrådgiveren borgerraadgiveren vejviser
    vejviseren danmark københavn koebenhavn fodbold solskin elskerdig jegelskerdig iloveyou iloveyouforever
    qwerty qwertyuiop qwertyuiopå qwertyuiopasdf qwertyuiopasdfghjkl asdfghjklæø asdfghjkl zxcvbnm
    abcdefghijkl abcdefghijklm abcdefghijklmnop abcabcabcabc
    """.split()
)
_DIGIT_RUNS = ("01234567890123456789", "98765432109876543210")


def check_rules(password: str, *, email: str, name: str) -> None:
    """Raise InvalidInput, with what to do instead, unless `password` is long enough and not one that is guessed first.

    The rules follow what the Centre for Cyber Security advises: length and no known passwords, no rules on kinds of
    signs and no change by the calendar.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidInput(f"Adgangskoden skal være på mindst {MIN_PASSWORD} tegn. Brug fx fire ord, der ikke passer.")
    if len(password) > MAX_PASSWORD:
        raise InvalidInput(f"Adgangskoden må højst være på {MAX_PASSWORD} tegn.")
    plain = unicodedata.normalize("NFC", password).casefold()
    letters = re.sub(r"[\W\d_]", "", plain)
    digits = re.sub(r"\D", "", plain)
    run = any(digits in digit_run for digit_run in _DIGIT_RUNS)
    if letters in _COMMON or len(set(plain)) < 5 or (not letters and run):
        raise InvalidInput("Adgangskoden er blandt dem, andre gætter først. Brug fx fire ord, der ikke passer sammen.")
    if len(_without(letters, _own_words(email, name))) < 4 and letters:
        raise InvalidInput("Adgangskoden må ikke være dit navn eller din e-mailadresse.")


def _own_words(email: str, name: str) -> list[str]:
    """Return the longest first: the parts of a person's e-mail address and name, and each in one word."""
    parts = {email, email.partition("@")[0], name, *re.split(r"[\W\d_]+", f"{email} {name}")}
    words = {re.sub(r"[\W\d_]", "", unicodedata.normalize("NFC", part).casefold()) for part in parts}
    return sorted((word for word in words if len(word) >= 3), key=len, reverse=True)


def _without(letters: str, words: list[str]) -> str:
    for word in words:
        letters = letters.replace(word, "")
    return letters


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return _hasher.hash(unicodedata.normalize("NFC", password))


def matches(kept: str | None, password: str) -> bool:
    """Return whether `password` is the one kept; it takes as long when none is kept."""
    try:
        return _hasher.verify(kept or _NOBODY, unicodedata.normalize("NFC", password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Return whether the hash should be made anew because today's is costlier to guess."""
    return _hasher.check_needs_rehash(kept)


def temporary_password() -> str:
    """Return a password to begin with, easy to read aloud."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def unusable() -> str:
    """Return the hash of a password nobody knows."""
    return _hasher.hash(secrets.token_hex(32))
