"""The annual figures as a file: JSON, a page to print, or Word."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from io import BytesIO

from docx import Document
from docx.shared import Pt
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from casework import word
from casework.calendar import long_date
from casework.figures_tables import Table, sections, title
from casework.settings import ROOT

FORMS = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def write(report: dict, form: str) -> bytes:
    """Return the figures in one of FORMS."""
    return {"json": _json, "html": _html, "docx": _docx}[form](report)


def file_name(report: dict, form: str) -> str:
    """Return what the file is called: aarstal-2025.docx."""
    period = report["period"]
    return f"aarstal-{period['year'] or period['from'] + '-' + period['to']}.{form}"


def _json(report: dict) -> bytes:
    return (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode()


def _html(report: dict) -> bytes:
    return _page().render(title=title(report), sections=sections(report), made=_made(report)).encode()


@lru_cache(maxsize=1)
def _page():
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((ROOT / "bot" / "aarstal.html").read_text(encoding="utf-8"))


def _docx(report: dict) -> bytes:
    document, shown = Document(), sections(report)
    wide = any(table.wide for section in shown for table in section.tables)
    word.prepare(document, title(report), date.fromisoformat(report["made"]), landscape=wide)
    document.add_heading(title(report), level=1)
    document.add_paragraph(f"Borgerrådgiveren i Lyngby-Taarbæk Kommune. {_made(report)}")
    for section in shown:
        document.add_heading(section.title, level=2)
        for text in section.said:
            document.add_paragraph(text)
        for table in section.tables:
            _add(document, table)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _add(document, table: Table) -> None:
    rows = [*table.rows, table.last] if table.last else table.rows
    word.add_table(document, table.caption, table.head, rows, 8.5 if table.wide else 10)
    for text in table.notes or ("",):  # two tables without a paragraph between them would be one
        paragraph = document.add_paragraph(text)
        paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(2), Pt(2)


def _made(report: dict) -> str:
    return f"Opgjort {long_date(date.fromisoformat(report['made']))}."
