"""What a mended text must be before anybody is asked to approve it: checks that refuse, warnings its author sees."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from jinja2 import TemplateAssertionError, TemplateSyntaxError, meta, nodes

from casework import answers as engine
from casework import privacy, texts
from casework.errors import InvalidInput
from casework.revision_diff import areas_of, as_lines
from casework.revision_preview import CANNOT_FILL, views

UNKNOWN_FILTER = "Teksten bruger et filter, som ikke kan bruges her. Brug kun dem, der allerede står i svarene."
MAX_TEXT = 6_000
MAX_LINE = 300
MAX_LIX, MAX_PLAIN_LIX = 40, 30
FEW_WORDS = 12  # fewer say nothing about how hard a text is
MAX_REVIEW_DAYS = 2 * 366
_OWN_NAMES = {"gemmes", "hovednummer", "telefon", "vej", "omraade", "omraade_navn", "unit", "enhed"}
# Enough to choose between texts and run through steps. Nothing that calculates: a text cannot hang the chat.
_ALLOWED_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.For, nodes.Getattr, nodes.Getitem,
    nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.Const, nodes.And, nodes.Or, nodes.Not,
    nodes.CondExpr, nodes.Concat, nodes.Slice, nodes.List, nodes.Tuple,
)  # fmt: skip
_SCRIPT_SIGNS = "\u061c\u200c\u200d\u200e\u200f\u2066\u2067\u2068\u2069"  # joiners, and which way the writing runs
_HARMLESS_CALLS = ("items", "startswith", "endswith", "lower", "upper")
_LINK = re.compile(r"\]\(\s*([^)\s]*)")
_PHONE = re.compile(r"\+?\d(?: ?\d)+")
_WEB = re.compile(r"https?://[^\s/.]+(?:\.[^\s/.]+)+(?:/\S*)?")


class InvalidText(InvalidInput):
    """Fields cannot be used; `fields` tells for each what to write instead."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


def check(kind: str, key: str, body: dict, fields: dict, today: date) -> dict:
    """Return `fields` cleaned, as they may be kept, for a text that now reads `body`.

    Steps that are a list may be given as lines. Raises InvalidText with a sentence for each field that is empty, too
    long, holds a paragraph sign or a CPR number, is no phone, link or date, or whose template cannot be filled in;
    InvalidInput when a field is not one to mend here (choices and sources stand in the files).
    """
    if set(fields) - set(texts.editable(kind, key, body)):
        raise InvalidInput("Det felt kan ikke rettes her. Valg og kilder rettes i filerne.")
    wrong: dict[str, str] = {}
    kept = {}
    for name, value in fields.items():
        kept[name] = _cleaned(value, texts.value_of(body, name), name)
        problem = _problem(kind, key, name, kept[name], today)
        if problem:
            wrong[name] = problem
    if kept and not wrong and kind == "svar":
        wrong = _unfillable(key, texts.merge(body, kept), kept)
    if wrong:
        raise InvalidText(wrong)
    return kept


def warnings(kind: str, key: str, body: dict, fields: dict) -> list[str]:
    """Return what the author must see before `fields` replace those of `body`; none when all is well."""
    merged = texts.merge(body, fields)
    if kind == "svar":
        readable = [] if body.get("lang") else _reading_warnings(body, merged)  # LIX is for Danish
        return [*readable, *_lost_names(body, fields)]
    old = body.get("phone")
    if kind == "enhed" and old and "phone" in fields and not texts.same(old, fields["phone"]):
        return _written_elsewhere(old)
    return []


def lix(text: str) -> tuple[float, int]:
    """Return how hard a text is to read (LIX: words a sentence, and long words in a hundred) and its count of words."""
    plain = re.sub(r"{%.*?%}|{{.*?}}|\[([^\]]*)\]\([^)]*\)|[*_]", r"\1", text, flags=re.S)
    words = re.findall(r"[A-Za-zÆØÅæøåé0-9-]+", plain)
    sentences = max(1, len(re.findall(r"[.!?:](?:\s|$)", plain)))
    return len(words) / sentences + 100 * sum(len(w) > 6 for w in words) / max(1, len(words)), len(words)


def _cleaned(value, old, name: str):
    text = _clean(as_lines(value))
    listed = texts.split_field(name)[1] == "steps" and not (isinstance(old, str) and old.strip())
    return [line.strip().removeprefix("- ") for line in text.splitlines() if line.strip()] if listed else text


def _clean(text: str) -> str:
    """Return `text` with one form of each letter and without signs nobody sees, save those other scripts need."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (c for c in text if c in "\n\t" or c in _SCRIPT_SIGNS or not unicodedata.category(c).startswith("C"))
    return "".join(kept).strip()


def _problem(kind: str, key: str, name: str, value, today: date) -> str | None:
    text = as_lines(value)
    if privacy.CPR_REMOVED in privacy.without_cpr(text):
        return "Her står noget, der ligner et cpr-nummer. Det må ikke stå i en tekst til borgerne."
    if "§" in text:
        return "Skriv reglen med almindelige ord. Paragraffen hører til i kilden."
    if kind == "svar":
        return _answer_problem(name, text)
    return _unit_problem(key, name, text) if kind == "enhed" else _source_problem(name, text, today)


def _answer_problem(name: str, text: str) -> str | None:
    if not text and texts.split_field(name)[1] == "short":
        return "Svaret må ikke være tomt. Skriv det vigtigste i to eller tre sætninger."
    if len(text) > MAX_TEXT:
        return f"Teksten er for lang. Skriv højst {MAX_TEXT} tegn."
    for target in _LINK.findall(text):
        if not target.startswith(("http://", "https://", "/", "tel:", "mailto:", "{{")) or target.startswith("//"):
            return (
                f"Linket {target or '()'} virker ikke. Det skal begynde med https:// eller med / for vores egne sider."
            )
    return None


def _unit_problem(key: str, name: str, text: str) -> str | None:
    if len(text) > MAX_LINE or "\n" in text:
        return f"Skriv det på én linje og højst {MAX_LINE} tegn."
    if re.search(r"{{|}}|{%|%}", text):
        return "Her kan ikke stå koder som {{ … }}. Skriv det, borgeren skal læse."
    if not text:
        needed = ("phone", "address") if key == texts.MAIN_NUMBER else ("name", "tasks")
        return "Feltet må ikke være tomt." if name in needed else None
    if name == "phone" and not (_PHONE.fullmatch(text) and _phone_length(text)):
        return "Det ligner ikke et telefonnummer. Skriv for eksempel 45 97 30 00."
    if name == "link" and not _WEB.fullmatch(text):
        return "Linket skal begynde med https:// og være en hel adresse, for eksempel https://www.ltk.dk."
    return None


def _phone_length(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if text.startswith("+"):
        return 8 <= len(digits) <= 15
    return len(digits) in (3, 4, 8) or (len(digits) == 6 and digits.startswith("116"))


def _source_problem(name: str, text: str, today: date) -> str | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return "Datoen kan ikke læses. Skriv den som 2027-11-23."
    if name == "review_by" and not today < day <= today + timedelta(days=MAX_REVIEW_DAYS):
        return "Vælg en dag efter i dag og højst to år frem."
    if name == "checked" and day > today:
        return "Kilden kan ikke være tjekket i fremtiden."
    return None


def _unfillable(key: str, entry: dict, fields: dict) -> dict[str, str]:
    """Return field → what is wrong with its template; the whole text is filled in only when each field can be read."""
    wrong = {}
    for name, value in fields.items():
        problem = next(filter(None, (_template_problem(text) for text in _templates_of(value))), None)
        if problem:
            wrong[name] = problem
    if wrong:
        return wrong
    try:
        shown = [view.text for view in views(key, entry)]
    except CANNOT_FILL:
        return {next(iter(fields)): "Teksten kan ikke udfyldes. Se på koderne {{ … }} og {% … %}."}
    if any(re.search(r"{{|}}|{%|%}|{#|#}", text) for text in shown):
        return {next(iter(fields)): "Borgeren ville se en kode som {{ eller %}. Tjek, at hver kode er skrevet helt."}
    return {}


def _template_problem(text: str) -> str | None:
    try:
        parsed = engine._templates.parse(text)
        engine._templates.from_string(text)
    except TemplateAssertionError:
        return UNKNOWN_FILTER
    except TemplateSyntaxError as error:
        return (
            f"Linje {error.lineno}: en kode er ikke skrevet rigtigt. Hver {{{{ skal have sin }}}}, og hver "
            "{% if … %} skal have sin {% endif %}."
        )
    for node in _nodes(parsed):
        if isinstance(node, nodes.Filter) and node.name not in _known_filters():
            return UNKNOWN_FILTER
        if not isinstance(node, _ALLOWED_NODES) and not _harmless(node):
            return "Teksten bruger en kode, som ikke må bruges her. Du må bruge {{ navn }}, {% if … %} og {% for … %}."
    unknown = meta.find_undeclared_variables(parsed) - _known_names()
    if unknown:
        names = ", ".join(sorted(unknown))
        return f"Teksten bruger {names}, som ikke findes. Brug kun navne, der allerede står i svarene."
    if "{{" in re.sub(r"{{.*?}}|{%.*?%}", "", text, flags=re.S):
        return "En kode mangler sin slutning. Hver {{ skal have sin }}."
    return None


def _harmless(call: nodes.Node) -> bool:
    """Return whether a node is a call of the few that only look at a text or run through words: `x.items()`."""
    if not isinstance(call, nodes.Call) or not isinstance(call.node, nodes.Getattr):
        return False
    given = [*call.args, *call.kwargs]
    return call.node.attr in _HARMLESS_CALLS and all(isinstance(arg, nodes.Const) for arg in given)


def _nodes(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _nodes(child)


@lru_cache(maxsize=1)
def _known_names() -> frozenset[str]:
    """Return the names the answers in the files use: those the dialogue fills in."""
    return frozenset(_OWN_NAMES.union(*(_names_in(body) for body in _answers_in_files())))


@lru_cache(maxsize=1)
def _known_filters() -> frozenset[str]:
    """Return the filters the answers in the files use: others can fill a machine's memory with one word."""
    used = (_parsed(text) for body in _answers_in_files() for text in _templates_of(body))
    return frozenset(node.name for parsed in used if parsed for node in parsed.find_all(nodes.Filter))


def _answers_in_files() -> Iterator[dict]:
    return (file.body for (kind, _), file in texts.files().items() if kind == "svar")


def _parsed(text: str) -> nodes.Template | None:
    try:
        return engine._templates.parse(text)
    except TemplateSyntaxError:
        return None


def _names_in(value) -> set[str]:
    parsed = filter(None, map(_parsed, _templates_of(value)))
    return set().union(*(meta.find_undeclared_variables(one) for one in parsed))


def _templates_of(value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _templates_of(part)


def _reading_warnings(before: dict, after: dict) -> list[str]:
    found = []
    for name, old, new in _wholes(before, after):
        whole, simple = _whole(new), as_lines(new.get("plain"))
        if texts.same(whole, _whole(old)) and texts.same(simple, as_lines(old.get("plain"))):
            continue
        score, words = lix(whole)
        if words >= FEW_WORDS and score > MAX_LIX:
            found.append(f"{name} er svær at læse: LIX {score:.0f}. Højst {MAX_LIX} er målet. Skriv kortere sætninger.")
        score, simple_words = lix(simple)
        if simple_words >= FEW_WORDS and score > MAX_PLAIN_LIX:
            found.append(f"{name}: den enklere forklaring har LIX {score:.0f}. Højst {MAX_PLAIN_LIX} er målet.")
        if simple and simple_words >= words:
            found.append(f"{name}: den enklere forklaring er ikke kortere end svaret.")
        if as_lines(old.get("plain")) and not simple:
            found.append(f"{name}: borgeren kan ikke længere få svaret forklaret enklere.")
    return found


def _wholes(before: dict, after: dict) -> Iterator[tuple[str, dict, dict]]:
    """Yield the answer and each variant as the citizen gets them: name, as it was, as it will be."""
    yield "Svaret", before, after
    old = {texts.variant_key(v): {**before, **v} for v in before.get("omraader") or []}
    for variant in after.get("omraader") or []:
        key = texts.variant_key(variant)
        yield f"Teksten for {areas_of(key + '/short')}", old.get(key, {}), {**after, **variant}


def _whole(entry: dict) -> str:
    steps = entry.get("steps") or []
    return "\n".join([as_lines(entry.get("short")), *([steps] if isinstance(steps, str) else steps),
                      as_lines(entry.get("next"))])  # fmt: skip


def _lost_names(body: dict, fields: dict) -> list[str]:
    found = []
    for name, value in fields.items():
        lost = _names_in(texts.value_of(body, name)) - _names_in(value)
        if lost:
            shown = ", ".join(sorted(lost))
            found.append(f"Teksten viste før: {shown}. Det gør den ikke længere. Er det med vilje?")
    return found


def _written_elsewhere(phone: str) -> list[str]:
    keys = [key for key, body in engine.answers().items() if any(phone in text for text in _templates_of(body))]
    if not keys:
        return []
    return [f"Det gamle nummer {phone} står også i disse svar, som skal rettes for sig: {', '.join(sorted(keys))}."]
