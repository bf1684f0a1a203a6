"""Words for states and roles, with what people read beside them."""

SPEAKERS = ("citizen", "assistant", "staff")

ROLES = {"reader": "Læser", "adviser": "Borgerrådgiver", "administrator": "Administrator"}

CASE_STATUSES = {
    "ny": "Ny",
    "i_gang": "I gang",
    "afventer_forvaltning": "Venter på kommunens svar",
    "afventer_borger": "Venter på borgeren",
    "afsluttet": "Afsluttet",
    "tilbagetrukket": "Trukket tilbage",
    "afvist": "Afvist",
}
CITIZEN_STATUSES = {**CASE_STATUSES, "afventer_borger": "Venter på dig"}
"""The statuses as the citizen reads them."""
OPEN_STATUSES = ("ny", "i_gang", "afventer_forvaltning", "afventer_borger")

CASE_PRIORITIES = {"akut": "Akut", "frist": "Frist", "normal": "Normal"}

CASE_KINDS = {"klage": "Klage", "vejledning": "Vejledning", "vejvisning": "Vejvisning", "andet": "Andet"}
"""What a henvendelse is, as the annual figures tell them apart."""

CONTACT_CHANNELS = {"telefon": "Telefon", "e-mail": "E-mail", "brev": "Brev"}

EVENT_KINDS = {
    "oprettet": "Oprettet",
    "taget": "Taget",
    "note": "Notat",
    "afsluttet": "Afsluttet",
    "overdraget": "Givet videre",
    "svar": "Svar til borgeren",
    "spurgt_borger": "Spørgsmål til borgeren",
    "borger_skrev": "Borgeren har skrevet",
    "samtykke": "Borgeren har givet lov",
    "spurgt_afdeling": "Spørgsmål til afdelingen",
    "afdeling_svarede": "Afdelingen har svaret",
    "rykket": "Afdelingen er rykket",
    "afdeling_udsat": "Afdelingen har fået en ny frist",
    "udskudt": "Ny svardato til borgeren",
    "ikke_fulgt": "Anbefaling ikke fulgt",
    "kompetence": "Kompetence rettet",
    "fare": "Akut: fare",
    "ikke_fare": "Ikke akut: ingen fare nu",
    "knyttet": "Knyttet til en anden sag",
    "genaabnet": "Genåbnet",
    "afvist": "Afvist",
    "tilbagetrukket": "Trukket tilbage af borgeren",
    "kontakt": "Borgeren har rettet sine kontaktoplysninger",
    "foelgesag": "Borgeren har sendt en følgesag",
    "proeve": "Prøve",
    "bevaret": "Bevaring",
    "anonymiseret": "Anonymiseret",
    "moede": "Møde",
    "importeret": "Taget ind fra en fil",
}

MESSAGE_KINDS = {
    "svar": "Svar",
    "spoergsmaal": "Spørgsmål til dig",
    "udskydelse": "Ny svardato",
    "afvisning": "Hvem der kan hjælpe dig",
    "borger": "Fra dig",
}
"""What a message is, in the words the citizen reads on the status page."""

MESSAGE_WAYS = {
    "statusside": "På statussiden",
    "telefon": "I telefonen",
    "moede": "Ved et møde",
    "post": "Digital Post eller brev",
    "e-mail": "E-mail",
}
"""How it was also told. Whatever the way, the citizen can read it on the status page."""

COMPETENCE = {"yes": "Inden for", "no": "Uden for", "unclear": "Uafklaret"}

AUTHORITIES = {
    "fuldmagt": "med skriftlig fuldmagt",
    "vaerge": "som værge",
    "foraelder": "som forælder til et barn under 18 år",
    "ingen": "uden fuldmagt",
}
"""With what authority somebody writes for the citizen."""

EXCEPTIONS = {
    "betydning": "Det betyder stadig noget for borgeren",
    "oplyses": "Det kan stadig undersøges",
    "forbedring": "Kommunen kan lære af det",
}
"""What must hold for what is more than a year old to be taken up (the statute § 14, fact br-1-aar)."""

MAIL_STATES = ("venter", "taget", "afleveres", "sendt", "opgivet", "uvist")

# What happens to accounts: attempts to sign in, and what is done to an account.
ACCESS_KINDS = {
    "afvist": "Login afvist",
    "videre": "Adgangskode godkendt",
    "ind": "Logget ind",
    "ud": "Logget ud",
    "oprettet": "Konto oprettet",
    "rolle": "Rolle ændret",
    "lukket": "Konto lukket",
    "aabnet": "Konto åbnet igen",
    "adgangskode": "Adgangskode ændret",
    "totrin": "Totrinslogin slået til",
    "totrin_koder": "Nye genoprettelseskoder",
    "totrin_fjernet": "Totrinslogin fjernet",
    "udtraek": "Log hentet",
}

VERDICTS = {"rigtig": "Rigtigt emne", "forkert": "Forkert emne", "mangler": "Emnet mangler"}
"""What staff say of how a citizen's turn was understood."""

FEEDBACK = {"ja": "Ja", "delvist": "Delvist", "nej": "Nej"}
"""What a citizen says when asked whether she got an answer."""

PERSON_ACTS = {"soeg": "Søgt", "udlever": "Hentet til udlevering", "slet": "Slettet"}

RETENTION_KINDS = {
    "samtaler": "Samtaler uden sag",
    "sager": "Afsluttede sager",
    "logs": "Log over, hvem der har læst",
    "breve": "Udkast til breve",
    "moeder": "Møder uden sag",
}

NEEDS = {
    "tolk": "Tolk",
    "bisidder": "En bisidder med",
    "telefon": "Telefon i stedet for skrift",
    "stor_skrift": "Stor skrift",
    "skriver": "Jeg skriver for en anden",
}
"""What a citizen may need when she is reached."""

MEETING_KINDS = {
    "telefon": "Telefonsamtale",
    "bibliotek": "Møde på Stadsbiblioteket",
    "andet_sted": "Møde et andet sted",
    "bisidder": "Borgerrådgiveren med til dit møde med kommunen",
}
"""How a citizen can meet the adviser."""

MEETING_STATUSES = {
    "holdt": "Holdes, mens borgeren udfylder",
    "anmodet": "Venter på borgerrådgiverens svar",
    "aftalt": "Aftalt",
    "afvist": "Sagt nej til",
    "aflyst": "Aflyst",
    "gennemfoert": "Gennemført",
    "udeblevet": "Borgeren kom ikke",
}

MEETING_NEEDS = {
    "tolk": "Tolk",
    "koerestol": "Plads til kørestol",
    "bisidder": "Jeg har en bisidder med",
    "hoerelse": "Jeg hører dårligt",
}
"""What the adviser must see to before a meeting."""

MEETING_EVENT_KINDS = {
    "booket": "Booket",
    "anmodet": "Bedt om",
    "aftalt": "Sagt ja til",
    "afvist": "Sagt nej til",
    "flyttet": "Flyttet",
    "aflyst": "Aflyst",
    "rettet": "Rettet",
    "gennemfoert": "Gennemført",
    "udeblevet": "Borgeren kom ikke",
    "genoptaget": "Afkrydsning fjernet",
}

SERVICE_PARTS = {
    "opslag": "Driftsbesked til borgere",
    "bot": "Vejviseren i chatten",
    "henvendelse": "Henvendelser til borgerrådgiveren",
    "moede": "Booking af møder",
}
"""What staff can tell citizens of trouble with, or turn off. The notice turns nothing off."""
