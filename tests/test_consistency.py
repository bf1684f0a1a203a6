"""House rules. Each failure says how to mend it."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
from datetime import date

import pytest
import yaml
from honcho.environ import parse_procfile

from casework.answers import answers, choice_labels, klageveje, sources
from casework.cli import main as cli
from casework.competence import grounds
from casework.course import course
from casework.directory import center_of
from casework.frister import KIND_OF_TOPIC
from casework.letters import letters
from casework.processing_times import processing_times
from casework.settings import ROOT
from casework.taxonomy import taxonomy
from casework.words import words
from nlu.components.model import HARMLESS
from tests.readability import reading
from web import create_app

pytestmark = pytest.mark.once

ALLOWED = {  # who may import whom, among our own packages and the frameworks
    "casework": {"casework"},
    "actions": {"actions", "casework", "rasa_sdk"},
    "web": {"web", "casework", "flask"},
    "nlu": {"nlu", "rasa"},
}
GUARDED = {"casework", "actions", "web", "nlu", "flask", "rasa", "rasa_sdk"}
PYTHON = sorted(
    p for package in ALLOWED for p in (ROOT / package).rglob("*.py") if not {"node_modules", "versions"} & set(p.parts)
)
MARKS = {"public", "staff_only", "token_only", "operators_only"}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_packages_import_only_what_their_room_allows(path):
    package = path.relative_to(ROOT).parts[0]
    wrong = {name for name in imports(path) if name in GUARDED - ALLOWED[package]}
    assert not wrong, f"{package} must not import {wrong}; see 'Who may import whom' in the README"


@pytest.mark.parametrize("path", sorted((ROOT / "web").glob("*.py")), ids=lambda p: p.name)
def test_every_route_says_who_may_call_it(path):
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.FunctionDef):
            continue
        names = {_name(d) for d in node.decorator_list}
        if names & {"get", "post", "route", "put", "patch", "delete"}:
            marks = names & MARKS
            assert len(marks) == 1, f"{path.name}:{node.name} needs exactly one of @{', @'.join(sorted(MARKS))}"


def _name(decorator):
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def test_url_paths_are_lower_case_kebab():
    for path in (ROOT / "web").glob("*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call) and _name(decorator) in ("get", "post", "route"):
                        url = decorator.args[0].value
                        plain = re.sub(r"<[^>]+>", "", url)
                        assert re.fullmatch(r"[a-z0-9/.-]*", plain), (
                            f"{path.name}: {url} must be lower case with hyphens"
                        )


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_clock_asks_what_day_it_is(path):
    if path.name == "clock.py":
        return
    for node in ast.walk(tree(path)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("today", "now", "utcnow")
        ):
            owner = node.func.value
            assert isinstance(owner, ast.Name) and owner.id == "clock", f"{path.name}:{node.lineno}: ask casework.clock"


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_identifiers_are_ascii(path):
    for node in ast.walk(tree(path)):
        for name in (
            getattr(node, "name", None),
            getattr(node, "id", None),
            getattr(node, "arg", None),
            getattr(node, "attr", None),
        ):
            assert not isinstance(name, str) or name.isascii(), f"{path.name}: {name} (write å as aa, æ as ae, ø as oe)"


def test_no_identifier_is_a_word_the_glossary_forbids():
    readme = (ROOT / "README.md").read_text()
    glossary = readme.split("## Ordliste")[1].split("\n## ")[0]
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in glossary.splitlines() if line.startswith("| `")]
    forbidden = {w.strip(" `") for row in rows for w in row[-1].split(",") if w.strip(" `") not in ("", "–")}
    assert len(rows) >= 10, "the glossary in the README is gone"
    names = set()
    for path in PYTHON:
        for node in ast.walk(tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names |= set(re.split(r"_|(?<=[a-z])(?=[A-Z])", node.name))
    used = {n.lower() for n in names} & forbidden
    assert not used, f"{used} stand in the glossary's column of words not to use"


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_and_public_function_says_what_it_is_for(path):
    module = tree(path)
    if path.read_text().strip():
        assert ast.get_docstring(module), f"{path.name} needs a first line that says what belongs in it"
    for node in module.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}:{node.name} needs a docstring"


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_grows_past_400_lines(path):
    lines = len(path.read_text().splitlines())
    assert lines <= 400, f"{path.name} has {lines} lines: split it by noun"


def commands(group, *before):
    """Every command of the command line as it is typed, with its options that are switches."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *before, name)
        else:
            yield " ".join([*before, name]), [o.opts[0] for o in command.params if getattr(o, "is_flag", False)]


def test_the_readme_tells_of_every_command_process_staff_page_and_address_of_return():
    readme = (ROOT / "README.md").read_text()
    table = readme.split("| Command | does |")[1].split("\n\n")[0]
    cells = re.findall(r"^\| (`.*?`) \|", table, re.M)
    listed = {words.split(" --")[0] for cell in cells for words in re.findall(r"`([^`]+)`", cell)}
    missing = {name for name, _ in commands(cli)} - listed
    assert not missing, f"tell of {missing} in the README's table of commands"
    switches = {flag for _, flags in commands(cli) for flag in flags}
    assert not {flag for flag in switches if flag not in table}, "and of its switches"
    names = parse_procfile((ROOT / "Procfile").read_text()).processes
    assert f"the four processes of a running system: {', '.join(names)}\n" in readme
    pages = {rule.rule for rule in create_app().url_map.iter_rules() if rule.rule.count("/") == 3}
    for page in sorted(p for p in pages if p.startswith("/personale/") and p.endswith("/")):
        assert page == "/personale/konto/" or f"`{page}`" in readme, f"{page} is not in the README"
    assert "/personale/login/kommunen/retur`" in readme


def domain_files():
    return [yaml.safe_load(p.read_text()) for p in sorted((ROOT / "bot" / "domain").glob("*.yml"))]


def test_the_topics_of_domain_and_training_are_those_of_the_taxonomy():
    topics = set(taxonomy()["topics"])
    in_domain = {i for d in domain_files() for i in d.get("intents", [])} - {"nlu_fallback", "regn_dato"}
    assert in_domain == topics
    for path in (ROOT / "nlu" / "data").glob("*.yml"):
        for block in yaml.safe_load(path.read_text())["nlu"]:
            assert block["intent"] in topics | {HARMLESS}, f"{path.name}: {block['intent']} is not in bot/taxonomy.yml"
            metadata = block.get("metadata") or {}
            assert metadata.get("omraade") in (None, *taxonomy()["omraader"]), path.name
            assert metadata.get("unit") in (None, *taxonomy()["units"]), path.name


def test_every_action_named_in_the_domain_exists():
    named = {a for d in domain_files() for a in d.get("actions", [])}
    code = "".join(p.read_text() for p in (ROOT / "actions").glob("*.py"))
    for action in named:
        assert f'return "{action}"' in code, f"{action} has no class in actions/"


def test_every_answer_the_domain_and_the_actions_name_exists_or_is_a_topic():
    named = set()
    for domain in domain_files():
        for variations in domain.get("responses", {}).values():
            named |= {v["custom"]["answer"] for v in variations}
    for path in (ROOT / "actions").glob("*.py"):
        named |= set(re.findall(r'"answer": "([\w.]+)"', path.read_text()))
    missing = named - set(answers()) - set(taxonomy()["topics"])
    assert not missing, f"write these in bot/answers: {missing}"


NOT_ANSWERS = ("trin", "frist.spoergsmaal")  # words and questions that other answers bring in
TODAY = date(2026, 11, 23)


def variants():
    """Every answer as it reads in each area it has words of its own for, each as (id, key, entry)."""
    for key, entry in answers().items():
        if key in NOT_ANSWERS:
            continue
        yield key, key, entry
        for own in entry.get("omraader", []):
            yield f"{key} {'+'.join(own['for'])}", key, {**entry, **own}


VARIANTS = [pytest.param(key, entry, id=name) for name, key, entry in variants()]


@pytest.mark.parametrize(("key", "entry"), VARIANTS)
def test_an_answer_has_sources_that_exist_and_choices_that_lead_somewhere(key, entry):
    topic = taxonomy()["topics"].get(key)
    if topic and topic["kind"] in ("answer", "calculation", "urgent") and key != "udenfor":
        assert entry.get("sources"), f"{key} states rules or contacts and needs its sources"
    for source in entry.get("sources", []):
        assert source in sources(), f"{key}: {source} is not in bot/sources"
        assert sources()[source]["review_by"] >= TODAY, f"{key}: {source} is past its review"
    known = [sources()[s]["confidence"] for s in entry.get("sources", [])]
    assert not known or set(known) != {"unverified"}, f"{key} rests on nothing anybody has seen"
    for choice in entry.get("choices", []):
        assert choice.get("topic") in (None, *taxonomy()["topics"]), f"{key}: {choice}"
        assert choice.get("topic") or choice.get("value"), f"{key}: {choice} leads nowhere"
        assert len(choice["label"]) <= 60, f"{key}: {choice['label']} is too long for a button"
        kind, _, value = choice.get("with", "").partition(":")
        assert kind in ("", "dato", "brev"), f"{key}: {choice}"
        if kind == "brev":
            assert choice["topic"] == "klage.skriv" and value in letters(), f"{key}: {choice}"
        if kind == "dato":
            dated = set(KIND_OF_TOPIC) | {"klage.frist", "klage.for_sent", "aktindsigt.frist"}
            assert value == "regn" and choice["topic"] in dated, f"{key}: {choice}"
    assert all(o in taxonomy()["omraader"] for own in entry.get("omraader", []) for o in own["for"]), key


def test_every_topic_has_an_answer_and_every_answer_a_plainer_version():
    for topic, entry in taxonomy()["topics"].items():
        if entry["kind"] in ("answer", "calculation", "urgent"):
            assert topic in answers(), f"{topic} has no answer in bot/answers"
            if topic not in ("udenfor", "fremmedsprog"):
                assert answers()[topic].get("plain"), f"{topic} needs `plain`: what is said when somebody asks again"


def danish_texts():
    """Every text a citizen reads as (id, highest LIX, text)."""
    for name, _, entry in variants():
        if entry.get("lang") and entry["lang"] != "da":
            continue
        yield name, 40, whole(entry)
        if entry.get("plain"):
            yield f"{name} plain", 32, entry["plain"]
    for omraade, guide in klageveje().items():
        yield f"klagevej {omraade}", 40, " ".join([guide["short"], *guide["steps"], guide["next"], guide["receiver"]])
        for n, rule in enumerate(guide.get("special", [])):
            yield f"klagevej {omraade} {n}", 40, rule
    for point in grounds():
        yield (
            f"kompetence {point['id']}",
            40,
            " ".join([point["short"], point["who"], point["by_when"], *point["attach"]]),
        )
    for step in course()["steps"]:
        yield f"forloeb {step['id']}", 40, " ".join([step["what"], step["you"], step["when"]])
    for word, entry in words().items():
        yield f"ord {word}", 45, entry["means"]


def whole(entry):
    steps = entry.get("steps", "")
    return " ".join([entry["short"], steps if isinstance(steps, str) else " ".join(steps), entry.get("next", "")])


@pytest.mark.parametrize(("most", "text"), [pytest.param(m, t, id=k) for k, m, t in danish_texts()])
def test_danish_texts_are_easy_to_read_and_free_of_paragraph_signs(most, text):
    assert "§" not in text, "explain the rule; the paragraph belongs to the source"
    found = reading(text)
    if found.words >= 12:
        assert found.lix <= most, f"LIX {found.lix:.0f}; write shorter sentences and words"


@pytest.mark.parametrize(("key", "entry"), VARIANTS)
def test_the_plainer_version_is_shorter_and_easier(key, entry):
    if entry.get("plain"):
        long, plain = reading(whole(entry)), reading(entry["plain"])
        assert plain.words < long.words


def test_the_complaint_guide_covers_every_area_and_names_its_sources():
    assert set(klageveje()) == set(taxonomy()["omraader"])
    for omraade, guide in klageveje().items():
        assert guide["sources"] and all(s in sources() for s in guide["sources"]), omraade
        assert guide["deadline"] == "none" or set(guide["deadline"]) <= {"weeks", "months"}
        assert guide["deadline_source"] in sources(), omraade
        for name in ("deadline_text", "receiver", "to", "short", "next"):
            assert guide[name].strip(), f"{omraade}: {name}"


def test_the_directory_covers_every_unit_and_its_centres():
    directory = yaml.safe_load((ROOT / "bot" / "directory.yml").read_text())
    assert set(directory["units"]) == set(taxonomy()["units"])
    assert set(directory["centres"]) == set(taxonomy()["centres"])
    for unit, entry in directory["units"].items():
        assert all(s in sources() for s in entry["sources"]), unit
        centre = entry.get("centre")
        ids = [c["id"] for c in centre] if isinstance(centre, list) else [centre]
        assert set(ids) <= {None, *taxonomy()["centres"]}, unit


def test_a_unit_has_one_centre_at_a_time_and_the_one_of_its_year():
    assert center_of("ltk.sygedagpenge", date(2023, 5, 1)) == "CUBA"
    assert center_of("ltk.sygedagpenge", date(2026, 5, 1)) == "CBAK"
    assert center_of("ltk.byggesag", date(2023, 5, 1)) == "CUPB"
    assert center_of("ltk.byggesag") == "CBB"
    for unit, entry in yaml.safe_load((ROOT / "bot" / "directory.yml").read_text())["units"].items():
        if isinstance(entry.get("centre"), list):
            for before, after in itertools.pairwise(entry["centre"]):
                assert before["until"] < after["from"], unit


def used_sources():
    """Every fact id somebody cites."""
    found = set()
    for _, _, entry in variants():
        found |= set(entry.get("sources", []))
    directory = yaml.safe_load((ROOT / "bot" / "directory.yml").read_text())
    found |= set(directory["main_number"]["sources"])
    for part in [*directory["units"].values(), *directory["centres"].values(), *klageveje().values(), *grounds()]:
        found |= {*part.get("sources", []), part.get("deadline_source")}
    for part in [*letters().values(), *course()["steps"], *processing_times()]:
        found |= set(part.get("sources", []))
    found |= set(
        re.findall(r'"((?:klage|aktindsigt|kal|sb|br|gdpr)-[a-z0-9-]+)"', (ROOT / "casework/frister.py").read_text())
    )
    return found - {None}


def test_the_register_holds_the_sources_in_use_and_no_others():
    assert used_sources() - set(sources()) == set()
    assert set(sources()) - used_sources() == set(), "nobody cites these"


@pytest.mark.parametrize("key", sorted(sources()))
def test_every_source_says_its_rule_in_our_words_and_has_its_dates(key):
    source = sources()[key]
    assert source["title"].strip() and source["says"].strip().endswith((".", "!", "?")), key
    assert source["url"] == "" or source["url"].startswith("http"), key
    assert source["confidence"] in ("verified", "seed", "unverified"), key
    assert source["checked"] < source["review_by"], key


def test_a_choice_the_assistant_offers_is_a_topic():
    assert set(choice_labels()) <= set(taxonomy()["topics"])


def test_each_first_topic_has_at_least_forty_examples():
    counts: dict[str, int] = {}
    for path in (ROOT / "nlu" / "data").glob("*.yml"):
        for block in yaml.safe_load(path.read_text())["nlu"]:
            counts[block["intent"]] = counts.get(block["intent"], 0) + len(block["examples"].splitlines())
    too_few = {t: counts.get(t, 0) for t in taxonomy()["topics"] if counts.get(t, 0) < 40}
    assert not too_few


def test_the_repository_holds_no_secrets_databases_models_or_fetched_assets():
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    wrong = [f for f in files if re.search(r"\.(db|sqlite3?|key|pem|gz|woff2?)$|node_modules|(^|/)\.env$", f)]
    assert not wrong
