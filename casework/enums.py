"""Words for states and roles, with what people read beside them."""

SPEAKERS = ("citizen", "assistant", "staff")

ROLES = {"reader": "Læser", "adviser": "Borgerrådgiver", "administrator": "Administrator"}

CASE_STATUSES = {
    "ny": "Ny",
    "i_gang": "I gang",
    "afventer_forvaltning": "Afventer forvaltningen",
    "afventer_borger": "Afventer borgeren",
    "afsluttet": "Afsluttet",
    "tilbagetrukket": "Trukket tilbage",
    "afvist": "Afvist",
}
OPEN_STATUSES = ("ny", "i_gang", "afventer_forvaltning", "afventer_borger")

CASE_PRIORITIES = {"akut": "Akut", "frist": "Frist", "normal": "Normal"}

CONTACT_CHANNELS = {"telefon": "Telefon", "e-mail": "E-mail", "brev": "Brev"}

EVENT_KINDS = {"oprettet": "Oprettet", "taget": "Taget", "note": "Notat", "afsluttet": "Afsluttet"}
