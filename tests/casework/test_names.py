"""Names and addresses are found in what people really write, and ordinary words are left alone."""

import subprocess
import sys
import textwrap

import pytest

from casework.names import addresses_in, names_in
from casework.privacy import mask, resolve

pytestmark = pytest.mark.once

NAMED = """
Jeg hedder Kirsten Nørgaard og bor i Virum|Kirsten Nørgaard
hej jeg hedder fatima og har en pige i børnehave|fatima
mit navn er Oleksandr Kovalenko|Oleksandr Kovalenko
Min sagsbehandler hedder Lone Bak Jensen, hun svarer ikke|Lone Bak Jensen
min sagsbehandler Xhemile Krasniqi er syg igen|Xhemile Krasniqi
Mvh Børge Thomsen|Børge Thomsen
hilsen ingrid|ingrid
Med venlig hilsen Ahmed Al-Masri|Ahmed Al-Masri
Kan Peter Holm komme med til mødet?|Peter Holm
Min mor Inger er 84 og kan ikke selv|Inger
min søn mikkel på 9 går i specialklasse|mikkel
Vi har talt med fru Winther fire gange|Winther
Det drejer sig om Mohammed, han er 14|Mohammed
jeg ringer for min nabo, Gudrun Petersen|Gudrun Petersen
Svetlana fra jobcentret sagde noget andet|Svetlana
Lederen, Henrik Kjær, smækkede døren|Henrik Kjær
kan jeg få en anden end anders mortensen|anders mortensen
Emma og Noah skal bo hos deres far|Emma
Emma og Noah skal bo hos deres far|Noah
Lægen skrev at Agnieszka ikke må løfte|Agnieszka
min kone maria er indlagt|maria
jeg er søren hansen fra lundtofte|hansen
Mehmet Yildiz søger om fleksjob|Mehmet Yildiz
Hr. Rasmussen lovede mig svar i fredags|Rasmussen
Hvad med Signe? Hun er kun seks|Signe
bisidderen hedder Lars-Henrik Brandt|Lars-Henrik Brandt
Min datter Freja Marie fik afslag|Freja Marie
jeg skriver for Knud, som er blind|Knud
det var Pernille der tog telefonen|Pernille
Kærlig hilsen Tove|Tove
Sagsbehandleren Mette svarer ikke|Mette
Kan Kim komme med til mødet|Kim
Eva har sagt, at jeg skal vente|Eva
jeg har talt med Per om det|Per
min datter Sara er syg|Sara
"""
NAMELESS = """
Hvornår skal jeg klage senest?
Jeg fik brevet i maj og svarede i august
Der er et hul i Lyngby Hovedgade
jeg bor i virum og skal flytte til holte
Kommunen har sagt nej til rengøring
vi er mette og trætte, kan jeg skrive per mail
hvad hedder den kommune, man klager til
noget der hedder ressourceforløb
min mand er syg og min mor er gammel
MIN SAGSBEHANDLER SVARER IKKE
for søren, hvor længe skal jeg vente
Ankestyrelsen og Udbetaling Danmark siger hver sit
tak for hjælpen, god dag
Hvem er borgerrådgiveren?
må jeg tage en ven med
Jobcenter og Ydelse kan ikke blive enige
Jeg venter på svar om lov til at bygge en carport
min sagsbehandler siger nej
Jeg hedder det samme som før
"""
ADDRESSES = """
Jeg bor på Lyngby Hovedgade 12, 2. tv|Lyngby Hovedgade 12, 2. tv
vi bor buddingevej 50a|buddingevej 50a
send det til Sorgenfrivej 7, 2800 Kgs. Lyngby|Sorgenfrivej 7, 2800 Kgs. Lyngby
min mor bor Plejehjemsvænget 3|Plejehjemsvænget 3
"""


def rows(table):
    return [tuple(line.split("|")) for line in table.strip().splitlines()]


def lines(table):
    return table.strip().splitlines()


@pytest.mark.parametrize(("text", "name"), rows(NAMED))
def test_a_name_is_covered_whole(text, name):
    start = text.index(name)
    covered = {i for a, b in names_in(text) for i in range(a, b)}
    assert set(range(start, start + len(name))) <= covered


@pytest.mark.parametrize("text", lines(NAMELESS))
def test_a_line_without_names_is_left_as_it_is(text):
    assert list(names_in(text)) == []


@pytest.mark.parametrize(("text", "address"), rows(ADDRESSES))
def test_an_address_with_a_house_number_is_found(text, address):
    assert [text[a:b] for a, b in addresses_in(text)] == [address]


def test_a_street_alone_is_kept_since_it_tells_where_the_hole_in_the_road_is():
    assert mask("Der er et hul i vejen på Buddingevej").text == "Der er et hul i vejen på Buddingevej"


def test_a_name_becomes_a_token_and_the_same_name_the_same_token():
    masked = mask("Jeg hedder Kirsten Nørgaard. Kirsten Nørgaard ringede i går på 28 28 28 28.")
    assert masked.text == "Jeg hedder [navn 1]. [navn 1] ringede i går på [telefon 1]."
    assert resolve(masked.text, masked.values).startswith("Jeg hedder Kirsten Nørgaard.")


def test_the_language_model_is_used_where_it_is_installed(tmp_path):
    """A package of that name stands in for the real one, which cannot be had everywhere; it is loaded the same way."""
    made = """
        import spacy
        model = spacy.blank("da")
        ruler = model.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": "PER", "pattern": "Qwuzz Brtlf"}, {"label": "ORG", "pattern": "Ankestyrelsen"}])
        model.to_disk(r"%(folder)s/da_core_news_sm/data")
    """
    package = tmp_path / "da_core_news_sm"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import pathlib, spacy\n"
        "def load(**how):\n"
        "    return spacy.util.load_model_from_path(pathlib.Path(__file__).parent / 'data', **how)\n"
    )
    info = tmp_path / "da_core_news_sm-3.8.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: da-core-news-sm\nVersion: 3.8.0\n")
    asked = """
        import sys; sys.path.insert(0, r"%(folder)s")
        from casework.privacy import mask
        print(mask("Jeg talte med Qwuzz Brtlf i Ankestyrelsen og med Inger").text)
    """
    for script in (made, asked):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script) % {"folder": tmp_path}], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in (
        "Jeg talte med [navn 1] i Ankestyrelsen og med [navn 2]",
        "Jeg talte med [navn 2] i Ankestyrelsen og med [navn 1]",
    )
