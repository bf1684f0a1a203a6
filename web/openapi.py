"""The description of the public API, kept beside the routes it describes."""

from casework.enums import CONTACT_CHANNELS, MEETING_KINDS, MEETING_NEEDS, MEETING_STATUSES

_TEXT = {"type": "string"}
_NULLABLE = {"type": "string", "nullable": True}
_PROBLEM = {
    "description": "Fejl med en dansk titel, en borger kan læse",
    "content": {
        "application/problem+json": {
            "schema": {"type": "object", "properties": {"title": _TEXT, "status": {"type": "integer"}}}
        }
    },
}
_CHOICE = {
    "type": "object",
    "properties": {"label": _TEXT, "value": {**_TEXT, "description": "Sendes som message, når valget trykkes"}},
}
_SOURCE = {"type": "object", "properties": {"title": _TEXT, "url": _TEXT, "as_of": {**_TEXT, "format": "date"}}}
_MESSAGE = {
    "type": "object",
    "properties": {
        "text": {**_TEXT, "description": "Markdown på dansk"},
        "choices": {"type": "array", "items": _CHOICE},
        "sources": {"type": "array", "items": _SOURCE},
        "attachment": {"type": "object", "properties": {"title": _TEXT, "url": _TEXT, "type": _TEXT}},
    },
}
_DEADLINE = {
    "type": "object",
    "nullable": True,
    "properties": {
        "kind": _TEXT,
        "date": {**_TEXT, "format": "date"},
        "counted_from": {**_TEXT, "format": "date"},
        "passed": {"type": "boolean"},
    },
}
_HANDOFF = {
    "type": "object",
    "nullable": True,
    "properties": {"reference": _TEXT, "code": _TEXT, "respond_by": {**_TEXT, "format": "date"}, "status_url": _TEXT},
}
_BOOKED = {
    "type": "object",
    "nullable": True,
    "properties": {
        "code": _TEXT,
        "start": {**_TEXT, "format": "date-time"},
        "end": {**_TEXT, "format": "date-time"},
        "kind": _TEXT,
    },
}
_REPLY = {
    "type": "object",
    "properties": {
        "conversation": _TEXT,
        "topic": _NULLABLE,
        "omraade": _NULLABLE,
        "unit": _NULLABLE,
        "confidence": {"type": "number"},
        "candidates": {"type": "array", "items": _TEXT, "maxItems": 3},
        "urgent": {"type": "boolean"},
        "deadline": _DEADLINE,
        "handoff": _HANDOFF,
        "appointment": _BOOKED,
        "messages": {"type": "array", "items": _MESSAGE},
    },
}


def _get(summary: str, parameters: list[str], in_path: bool = False, secured: bool = True) -> dict:
    return {
        "get": {
            "summary": summary,
            "parameters": [
                {"name": name, "in": "path" if in_path else "query", "required": in_path, "schema": _TEXT}
                for name in parameters
            ],
            "responses": {
                "200": {"description": "Svar"},
                **({"401": _PROBLEM, "403": _PROBLEM} if secured else {"503": {"description": "Ikke klar"}}),
            },
            **({"security": [{"bearer": []}]} if secured else {}),
        }
    }


_MOMENT = {**_TEXT, "format": "date-time", "description": "ISO 8601 med tidszone"}
_CODE = [{"name": "code", "in": "path", "required": True, "schema": _TEXT}]
_SLOT = {"type": "object", "properties": {"start": _MOMENT, "end": _MOMENT, "kind": _TEXT}}
_KIND = {**_TEXT, "enum": list(MEETING_KINDS)}
_APPOINTMENT = {
    "type": "object",
    "properties": {
        "code": {**_TEXT, "description": "Nøglen til mødet; kan ikke gættes"},
        "start": _MOMENT,
        "end": _MOMENT,
        "kind": _KIND,
        "status": {**_TEXT, "enum": [status for status in MEETING_STATUSES if status != "holdt"]},
        "ics_url": _TEXT,
        "manage_url": _TEXT,
    },
}
_REFUSED = {
    "description": "Noget kan ikke bruges; errors siger hvad, felt for felt, på dansk",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "title": _TEXT,
                    "status": {"type": "integer"},
                    "errors": {"type": "object", "additionalProperties": _TEXT},
                },
            }
        }
    },
}


def _json(schema: dict, description: str) -> dict:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _sent(required: list[str], properties: dict) -> dict:
    schema = {"type": "object", "required": required, "properties": properties}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_WISH = {
    "kind": _KIND,
    "start": _MOMENT,
    "name": _TEXT,
    "channel": {**_TEXT, "enum": list(CONTACT_CHANNELS)},
    "value": {**_TEXT, "description": "Telefonnummer, e-mail eller adresse"},
    "subject": _TEXT,
    "needs": {"type": "array", "items": {**_TEXT, "enum": list(MEETING_NEEDS)}},
    "place": {**_TEXT, "description": "Hvor, når kind er andet_sted eller bisidder"},
    "reference": {**_TEXT, "description": "Sagens nummer; den knyttes kun til med code eller conversation"},
    "code": {**_TEXT, "description": "Sagens kode"},
    "conversation": {**_TEXT, "description": "Samtalen, mødet og sagen hører til"},
}
_APPOINTMENTS = {
    "/api/appointments/slots": {
        "get": {
            "summary": "Ledige tider, højst 62 dage ad gangen",
            "parameters": [
                {"name": "kind", "in": "query", "required": True, "schema": _KIND},
                {"name": "from", "in": "query", "required": False, "schema": {**_TEXT, "format": "date"}},
                {"name": "to", "in": "query", "required": False, "schema": {**_TEXT, "format": "date"}},
            ],
            "responses": {
                "200": _json({"type": "array", "items": _SLOT}, "Ledige tider"),
                "422": _REFUSED,
                "429": _PROBLEM,
            },
        }
    },
    "/api/appointments": {
        "post": {
            "summary": "Book et møde, eller bed om et (andet_sted og bisidder)",
            "parameters": [
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": False,
                    "schema": {**_TEXT, "format": "uuid"},
                    "description": "Samme kald to gange bliver én booking",
                }
            ],
            "requestBody": _sent(["kind", "start", "name", "channel", "value"], _WISH),
            "responses": {
                "201": _json(_APPOINTMENT, "Booket"),
                "409": {**_PROBLEM, "description": "Tiden er lige blevet taget"},
                "422": _REFUSED,
                **{code: _PROBLEM for code in ("400", "429", "503")},
            },
        }
    },
    "/api/appointments/{code}": {
        "get": {
            "summary": "Hvornår og hvordan mødet er; aldrig hvis det er",
            "parameters": _CODE,
            "responses": {"200": _json(_APPOINTMENT, "Mødet"), "404": _PROBLEM, "429": _PROBLEM},
        },
        "patch": {
            "summary": "Flyt mødet",
            "parameters": _CODE,
            "requestBody": _sent(["start"], {"start": _MOMENT}),
            "responses": {
                "200": _json(_APPOINTMENT, "Flyttet"),
                "409": {**_PROBLEM, "description": "Tiden er taget, eller mødet kan ikke flyttes"},
                "422": _REFUSED,
                **{code: _PROBLEM for code in ("400", "404", "429", "503")},
            },
        },
        "delete": {
            "summary": "Aflys mødet; to gange er én gang",
            "parameters": _CODE,
            "responses": {
                "200": _json(_APPOINTMENT, "Aflyst"),
                "404": _PROBLEM,
                "409": {**_PROBLEM, "description": "Mødet har været"},
                "429": _PROBLEM,
            },
        },
    },
}

DESCRIPTION = {
    "openapi": "3.0.3",
    "info": {"title": "Vejviser", "version": "1"},
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/api/chat": {
            "post": {
                "summary": "Send en besked fra en borger",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["message"],
                                "properties": {
                                    "message": {**_TEXT, "maxLength": 4000},
                                    "conversation": {**_TEXT, "description": "Udelades første gang"},
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "200": {"description": "Svaret", "content": {"application/json": {"schema": _REPLY}}},
                    **{code: _PROBLEM for code in ("400", "404", "413", "429", "503")},
                },
            }
        },
        **_APPOINTMENTS,
        "/api/staff/cases": _get("Sager, en side ad gangen", ["status", "priority", "unit", "q", "page"]),
        "/api/staff/cases/{reference}": _get("En hel sag", ["reference"], in_path=True),
        "/healthz": _get("Kører processen", [], secured=False),
        "/readyz": _get("Er alle dele klar", [], secured=False),
    },
}
