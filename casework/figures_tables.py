"""The annual figures as sections of tables with words, the same for print, for Word and for staff."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from casework.enums import MEETING_STATUSES
from casework.figures_report import number

_WIDE = 6  # columns; more of them lie on their side on paper
TOP_NAMES = {"units": "Afdelinger", "causes": "Årsager", "handlings": "Håndteringer"}
_LEFT_OUT = {
    "anonymous": "Anonyme henvendelser",
    "imported": "Taget ind fra en fil; svardagen kendes ikke",
    "closed": "Lukket uden et svar i systemet",
    "withdrawn": "Trukket tilbage uden svar",
    "uncertain": "I år, hvor helligdagene ikke er kontrolleret",
}


class Table(NamedTuple):
    """A table: the first cell of each row names it, and so does the first of the heading. `last` is the row of sums."""

    caption: str
    head: list[str]
    rows: list[list[str]]
    last: list[str] | None = None
    notes: tuple[str, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether it needs the paper on its side."""
        return len(self.head) > _WIDE


class Section(NamedTuple):
    """A heading with what is said and shown under it."""

    title: str
    said: list[str]
    tables: list[Table]


def title(report: dict) -> str:
    """Return what the figures are called: Årstal 2025, or Tal for 01.02.2025 til 31.12.2025."""
    period = report["period"]
    if period["year"]:
        return f"Årstal {period['year']}"
    return f"Tal for {_day(period['from'])} til {_day(period['to'])}"


def sections(report: dict) -> list[Section]:
    """Return everything there is to show, in order."""
    if not report["totals"]["all"]:
        main = [Section("Henvendelser", ["Der er ingen henvendelser i perioden."], [])]
    else:
        main = [_totals(report), _centres(report), _causes(report), _handlings(report), _top(report), _response(report)]
        main.append(_unregistered(report))
    return [*main, _besides(report), Section("Sådan er der talt", report["notes"], [])]


def _totals(report: dict) -> Section:
    totals = report["totals"]
    said = [
        f"Der kom {_henvendelser(totals['all'])}. {number(totals['following'])} af dem er følgesager: "
        "en ny sag fra en borger, der havde en i forvejen."
    ]
    return Section(
        "Henvendelser i alt",
        said,
        [
            _shares("Henvendelser efter slags", "Slags", totals["by_kind"], totals["all"]),
            _list("Henvendelser efter, hvor de står nu", "Status", totals["by_status"]),
        ],
    )


def _centres(report: dict) -> Section:
    table = _shares("Henvendelser pr. center", "Center", report["centres"], report["totals"]["all"])
    return Section("Centre", ["Centret er det, der havde området den dag, henvendelsen kom."], [table])


def _causes(report: dict) -> Section:
    return Section("Årsager", [], _cross(report["cause_by_centre"], "Årsag", "Årsag efter center"))


def _handlings(report: dict) -> Section:
    return Section("Håndtering", [], _cross(report["handling_by_centre"], "Håndtering", "Håndtering efter center"))


def _top(report: dict) -> Section:
    said = ["Er der flere om den sidste plads, er de alle vist. Det, der ikke er registreret, har ingen plads."]
    tables = [
        Table(
            f"Flest henvendelser: {name}",
            [name, "Plads", "Antal", "Procent"],
            [[r["label"], str(r["rank"]), number(r["count"]), _percent(r["percent"])] for r in report["top"][key]],
        )
        for key, name in TOP_NAMES.items()
        if report["top"][key]
    ]
    return Section("De tre største", said, tables)


def _response(report: dict) -> Section:
    told, left = report["response"], report["response"]["left_out"]
    promise = told["promise_working_days"]
    measured = told["answered"] + told["overdue"] + told["waiting"]
    rows = [
        [f"Besvaret inden {promise} arbejdsdage", number(told["kept"])],
        [f"Besvaret efter {promise} arbejdsdage", number(told["late"])],
        [f"Ikke besvaret, over {promise} arbejdsdage", number(told["overdue"])],
        [f"Ikke besvaret endnu, inden for {promise} arbejdsdage", number(told["waiting"])],
    ]
    said = [
        f"Løftet er et svar inden {promise} arbejdsdage. Det første svar tæller, også hvis sagen siden blev genåbnet, "
        "eller borgeren fik en senere dato."
    ]
    if not measured:
        said = ["Der er ingen henvendelser i perioden, hvis svar kan måles."]
    if told["kept_percent"] is not None:
        decided = told["answered"] + told["overdue"]
        said.append(
            f"Løftet er holdt i {told['kept_percent']} % ({number(told['kept'])} af {number(decided)}). "
            f"De {number(decided)} er de besvarede og dem, der venter for længe."
        )
    if told["answered"]:
        said.append(
            f"Et svar tog {number(told['median_working_days'])} arbejdsdage (median). Det længste tog "
            f"{number(told['longest_working_days'])}."
        )
    tables = [Table("Svar og løftet", ["Svar", "Antal"], rows)] if measured else []
    if any(left.values()):
        missing = [[name, number(left[key])] for key, name in _LEFT_OUT.items() if left[key]]
        tables.append(Table("Ikke med i svartiderne", ["Hvorfor", "Antal"], missing))
    return Section("Svartider", said, tables)


def _unregistered(report: dict) -> Section:
    told = report["unregistered"]
    names = {"cause": "Uden årsag", "handling": "Uden håndtering", "center": "Uden center", "unit": "Uden afdeling"}
    rows = [[name, number(told[key])] for key, name in names.items()]
    return Section("Det, der ikke er registreret", [], [Table("Mangler i registreringen", ["Hvad", "Antal"], rows)])


def _besides(report: dict) -> Section:
    rows, talks = report["meetings"]["rows"], report["conversations"]
    shown = [s for s in MEETING_STATUSES if any(row.get(s) for row in rows)]
    said, tables = [], []
    if rows:
        table = [[row["label"], *(number(row[s]) for s in shown), number(sum(row[s] for s in shown))] for row in rows]
        heads = ["Slags møde", *(MEETING_STATUSES[s] for s in shown), "I alt"]
        tables.append(Table("Møder i perioden", heads, table))
    else:
        said.append("Der er ingen møder i perioden.")
    text = f"Samtaler i chatten, der ikke blev til en sag: {number(talks['without_case'])}."
    if not talks["whole"]:
        text += f" Samtaler slettes efter {talks['kept_days']} dage, så tallet er kun dem, der er tilbage."
    return Section("Møder og samtaler", [*said, text], tables)


def _shares(caption: str, head: str, told: dict, whole: int) -> Table:
    table = _list(caption, head, told["rows"])
    last = ["I alt", number(whole), _percent(told["percent_sum"])]
    return table._replace(last=last, notes=(told["note"],) if told["note"] else ())


def _list(caption: str, head: str, rows: list[dict]) -> Table:
    shown = [[row["label"], number(row["count"]), _percent(row["percent"])] for row in rows]
    return Table(caption, [head, "Antal", "Procent"], shown)


def _cross(told: dict, head: str, caption: str) -> list[Table]:
    columns = [*told["columns"], {"id": "", "label": "I alt", **told["total"]}]
    rows = [[row["label"], *(_cell(cell) for cell in [*row["cells"], row["total"]])] for row in told["rows"]]
    last = ["I alt", *(f"{number(c['count'])} ({_percent(c['percent_sum'])})" for c in columns)]
    names = {c["id"]: c["label"] for c in told["columns"] if c["id"] not in (None, "EKSTERN") and c["id"] != c["label"]}
    heads = [c["id"] if c["id"] in names else c["label"] for c in columns]
    notes = [f"{key}: {name}." for key, name in names.items()]
    odd = [f"{h} ({c['percent_sum']})" for h, c in zip(heads, columns, strict=True) if c["note"]]
    if odd:
        notes.insert(
            0, f"Procenterne er afrundet hver for sig til hele tal. Derfor giver de ikke 100 i: {', '.join(odd)}."
        )
    return [Table(f"{caption}, antal og procent af centrets henvendelser", [head, *heads], rows, last, tuple(notes))]


def _cell(cell: dict) -> str:
    return f"{number(cell['count'])} ({_percent(cell['percent'])})" if cell["count"] else "0"


def _percent(value: int | None) -> str:
    return "–" if value is None else f"{value} %"


def _henvendelser(count: int) -> str:
    return f"{number(count)} {'henvendelse' if count == 1 else 'henvendelser'}"


def _day(iso: str) -> str:
    return date.fromisoformat(iso).strftime("%d.%m.%Y")
