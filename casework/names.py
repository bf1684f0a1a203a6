"""Finds names of persons and addresses in what citizens write.

Rules do the work and always run: what follows "jeg hedder" or "min sagsbehandler", and lists of names. The language
model da_core_news_sm, where it is installed, is added on top; it must never be the promise, since it misses most names
written in lower case.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import lru_cache

import spacy

LANGUAGE_MODEL = "da_core_news_sm"
# Name lists of the languages spoken here that use our letters.
_LOCALES = (
    "da_DK sv_SE no_NO de_DE en_GB pl_PL tr_TR ro_RO nl_NL fr_FR es_ES it_IT pt_PT hr_HR fi_FI en_IN id_ID az_AZ cs_CZ"
    " hu_HU lt_LT lv_LV et_EE is_IS en_PK vi_VN yo_NG ha_NG"
).split()
_LOWER_CASE_LOCALES = ("da_DK", "tr_TR", "pl_PL", "en_GB", "en_IN")  # people write these names without a capital too
# Words that are names too, but seldom when a citizen writes them.
_ORDINARY = frozenset(
    """
    en om der den man de vi eller som ham dag mand da vide hans tage jo ville bror tak andre fem mens holder a te
    lang sad post bil maj job ene ven kort otte bo sine august april koster liv mad januar juni juli jai sur sager
    din ring my lad del flink an ver vikar the styr anke tom lange ben antal tur rask masse fred lo link gule frisk
    blot la manne sten park na strøm skinner parts love lede kvist borde smit sen plas lie gade frost bragt benet
    siri sam ros mur koger gal bakke vilde server pap kok kike kamp holt gren gardiner tone tank strid smart read
    nord mir li lam laan korte kant hae dans bud booker die yoga vill vid vers una ture till tere søs sær storm sans
    sama rose roma rene ramadan pant niks nada muslim mark mans lykke lilla lier kase hak habil gro gene freda folke
    english engen downs day date das corona con brun bravo bolli blin bir banko alli auch weeks way wal virk villa
    uni tours summer strik street sola small silla sep saks rute rinne real pien pero parker odds nette nam must
    morse more mist mio mel may matas mast mann mani logi little law laks laar krystal kristi koret kols kolega
    klemt jort ide horn holland hemma hakker hagen gumi graves good fo español don dass dar danish dags che bull bru
    breda brand boer blær beer bas bara ban bakker bakken arto alm alla alen jeres mod maks forkert egentlig ikke
    derfor sådan mor far moder fader søn datter hustru kone sol sky vår vinter jul birk eg ask ulv falk lærke
    due ærlig glad stor lille ung gammel hvid sort grøn rød blå mai stige nu så
    til fra med for held gode dejlig kær bedste ord klar start slut side sted hjælp plan sag svar brev tid uge time
    kan skal vil har var hedder person navn borger kommune jobcenter konge prins alt mere meget
    lidt tro håb pil vang vest syd øst lund dal berg bjerg sand land havn by torv vej plads have mose eng skov
    sø strand høj lav
    """.split()
)
# First names that are words too: names only with a capital.
_WORDS_TOO = frozenset("abel adam bjørn dan eva kaj kim mette per rosa sara stig viola".split())
_PLACES = frozenset(
    """
    lyngby taarbæk virum sorgenfri lundtofte hjortekær brede fortunen ulrikkenborg ørholm kongens danmark københavn
    gentofte gladsaxe rudersdal holte nærum søborg herlev ballerup hillerød roskilde odense aarhus aalborg jylland fyn
    sjælland bornholm sverige norge tyskland polen ukraine syrien tyrkiet irak iran somalia afghanistan england usa
    """.split()
)
_SMALL = r"(?:van|von|de|da|del|der|den|el|al|bin|af|la|le)"
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*\.?", re.UNICODE)
_CAPITAL = r"[A-ZÆØÅÉÖÜÄÇŞŁŻŚĆ][^\W\d_]*(?:[-'’][^\W\d_]+)*\.?"
_NAME = rf"{_CAPITAL}(?:\s+(?:{_SMALL}\s+)*{_CAPITAL}){{0,3}}"
_INTRODUCED = re.compile(
    r"\b(?:(?:jeg|hun|han)\s+hed+er|(?:mit|hendes|hans)\s+navn\s+er|navnet\s+er)\s*:?\s+"
    r"(?P<name>[^\W\d_][^,.!?;:\n()\d]{1,60})",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"(?:\b(?:mvh|vh|kh)\b|\b(?:med\s+)?(?:venlig(?:e|st)?|kærlig|bedste|mange)?\s*hilsen(?:er)?)\.?,?\s+(?:fra\s+)?"
    r"(?P<name>[^\W\d_][^,.!?;:\n()\d]{1,40})\s*[.!]?\s*$",
    re.IGNORECASE,
)
_TITLE = (
    r"(?:sagsbehandler(?:en)?|rådgiver(?:en)?|socialrådgiver(?:en)?|leder(?:en)?|"
    r"jobkonsulent(?:en)?|visitator(?:en)?|læge|"
    r"nabo|veninde|ven|kollega|mentor(?:en)?|bostøtte(?:n)?|bisidder(?:en)?|"
    r"værge(?:n)?|hr\.?|fru|frk\.?|frøken|"
    r"doktor|dr\.|overlæge|kontaktperson(?:en)?|"
    r"(?:min|mit|mine|vores|hans|hendes)\s+(?:\w+\s+)?(?:mor|far|søn|datter|bror|søster|mand|kone|kæreste|"
    r"barnebarn|dreng|pige|svoger|onkel|tante|moster|faster|mormor|farmor|morfar|farfar|svigermor|svigerfar|eks))"
)
_TITLED = re.compile(rf"\b(?i:{_TITLE})(?:\s+(?:hedder|er))?,?\s+(?P<name>{_NAME})")
_ENDS_NAME = frozenset(
    """
    og jeg er bor har på fra men som i med til at vi hun han det den der så hvad hvor hvordan hvornår kan skal vil
    må min mit mine ikke for af ringer skriver født gift tlf telefon cpr mail nu fik får går kom bruger søger ønsker
    mangler sagde siger sig dit din anden forskelligt noget også altså om mens når efter
    """.split()
)
_HOUSE = (
    r"\d{1,3}\s?[A-Za-z]?(?!\w)(?:\s?,?\s?(?:st|kl|\d{1,2})\.?,?\s?(?:tv|th|mf|dør\s?\d+)?\b\.?)?"
    r"(?:,?\s+\d{4}\s+[A-ZÆØÅ][\w.]*(?:\s[A-ZÆØÅ]\w*)?)?"
)
_ADDRESS = re.compile(
    rf"\b(?:[A-ZÆØÅ][\w.'’-]*\s)?[^\W\d_][\w.'’-]*(?i:vej|vejen|gade|gaden|allé|alle|alléen|stræde|stien|vænge|vænget|parken|torv|torvet|"
    rf"plads|bakken|toften|krogen|haven|hegnet|lunden|svinget|buen|boulevard|hovedgade)\s+(?:nr\.?\s*)?{_HOUSE}"
)


@lru_cache(maxsize=1)
def language_model() -> spacy.language.Language | None:
    """Return da_core_news_sm where it is installed and fits the installed spaCy, else None."""
    if not spacy.util.is_package(LANGUAGE_MODEL):
        return None
    try:
        return spacy.load(LANGUAGE_MODEL, exclude=["parser", "lemmatizer", "attribute_ruler", "morphologizer"])
    except (OSError, ValueError):  # another release than spaCy's, or a broken installation
        return None


def names_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `text` that are names of persons, as (start, end), in no order and possibly twice."""
    for pattern in (_INTRODUCED, _SIGNED):
        for match in pattern.finditer(text):
            end = match.start("name") + _length_of_name(match["name"])
            if end > match.start("name"):
                yield match.start("name"), end
    for match in () if text.isupper() else _TITLED.finditer(text):
        yield from _without_ordinary(match.start("name"), match["name"])
    yield from _listed(text)
    model = language_model()
    if model:
        yield from ((e.start_char, e.end_char) for e in model(text).ents if e.label_ == "PER")


def addresses_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `text` that are addresses with a house number, as (start, end)."""
    return ((match.start(), match.end()) for match in _ADDRESS.finditer(text))


def _length_of_name(text: str) -> int:
    """Return how much of what follows "jeg hedder" is the name: up to four words, until the sentence goes on."""
    end = 0
    for number, word in enumerate(re.finditer(r"\S+", text)):
        plain = word[0].strip(".'’-").lower()
        if number >= 4 or plain in _ENDS_NAME or (number == 0 and plain in _ORDINARY):
            break
        end = word.end()
    return end


def _without_ordinary(start: int, name: str) -> Iterator[tuple[int, int]]:
    first = name.split()[0].strip(".").lower()
    if first not in _PLACES | _ORDINARY | _ENDS_NAME and not name.isupper():
        yield start, start + len(name)


def _listed(text: str) -> Iterator[tuple[int, int]]:
    """Yield runs of words that begin with a listed name."""
    words = list(_WORD.finditer(text))
    number = 0
    while number < len(words):
        word = words[number]
        swearing = word[0].lower() == "søren" and number and words[number - 1][0].lower() in ("for", "hvad", "hvor")
        if swearing or not _is_first(word[0]):
            number += 1
            continue
        last = number
        while last + 1 < len(words) and last - number < 3 and _goes_on(text, words[last], words[last + 1]):
            last += 1
        yield word.start(), words[last].start() + len(words[last][0].rstrip("."))
        number = last + 1


def _is_first(word: str) -> bool:
    plain = word.strip(".").removesuffix("'s").removesuffix("’s")
    lower = plain.lower()
    if len(plain) < 2 or lower in _ORDINARY or lower in _PLACES or plain in _WORDS_TOO:
        return False
    if plain[0].isupper() and not plain.isupper():
        known = {lower, lower.removesuffix("s"), lower.split("-")[0]}
        return len(plain) > 2 and bool(known & _names())
    return len(plain) > 3 and lower in _names(lower_case=True)


def _goes_on(text: str, word: re.Match, following: re.Match) -> bool:
    if text[word.end() : following.start()] != " " or (word[0].endswith(".") and len(word[0]) > 2):
        return False
    plain = following[0].strip(".")
    lower = plain.lower()
    if plain[0].isupper() and not plain.isupper():
        return lower not in _ENDS_NAME | _ORDINARY
    return lower not in _ORDINARY and len(plain) > 3 and lower in _names(lower_case=True, family=True)


@lru_cache(maxsize=4)
def _names(lower_case: bool = False, family: bool = False) -> frozenset[str]:
    """Return listed names in lower case: all of them, or only those people are likely to write without a capital."""
    kinds = ("first_name",) if lower_case and not family else ("first_name", "last_name")
    found: set[str] = set()
    for locale in _LOWER_CASE_LOCALES if lower_case else _LOCALES:
        person = importlib.import_module(f"faker.providers.person.{locale}").Provider
        lists = [getattr(person, kind) for kind in dir(person) if kind.startswith(kinds)]
        names = [name for listed in lists if isinstance(listed, (tuple, list, dict)) for name in listed]
        found.update(part.lower() for name in names if isinstance(name, str) for part in name.split())
    return frozenset(found - _ORDINARY)
