"""What the Word files for staff have in common: paper, language, styles, and a table with a heading row."""

from __future__ import annotations

from datetime import date, datetime

from docx.document import Document as DocumentType
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

LANGUAGE = "da-DK"
_SIZES = (("Normal", 10.5), ("Heading 1", 16), ("Heading 2", 12.5), ("Heading 3", 10.5), ("Caption", 10.5))


def prepare(document: DocumentType, title: str, today: date, *, landscape: bool = False) -> None:
    """Set paper, language, styles and title; nothing of the template's author or dates stays."""
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    if landscape:
        page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21)
    page.left_margin = page.right_margin = Cm(2.2)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)
    document.settings.element.find(qn("w:themeFontLang")).set(qn("w:val"), LANGUAGE)
    for name, size in _SIZES:
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "Arial", Pt(size), RGBColor(0, 0, 0)
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            style.element.rPr.rFonts.attrib.pop(qn(f"w:{theme}"), None)
    about = document.core_properties
    about.title, about.language = title, LANGUAGE
    about.author = about.last_modified_by = about.comments = about.keywords = ""
    about.created = about.modified = datetime.combine(today, datetime.min.time())


def add_table(document: DocumentType, caption: str, head: list[str], rows: list[list[str]], size: float) -> None:
    """Add a table under its caption. Its heading row is marked as one and comes again on the next page; numbers stand
    to the right, and no row is torn in two."""
    document.add_paragraph(caption, style="Caption").paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(head))
    table.style = "Table Grid"
    for number, texts in enumerate([head, *rows]):
        row = table.add_row()
        marks = row._tr.get_or_add_trPr()
        marks.append(OxmlElement("w:cantSplit"))
        if number == 0:
            marks.append(OxmlElement("w:tblHeader"))
        for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            run = cell.paragraphs[0].add_run(text)
            run.font.size, run.bold = Pt(size), not number or not column
            cell.paragraphs[0].paragraph_format.space_after = Pt(0)
