"""The description of the public API, kept beside the routes it describes."""

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
        "appointment": {"type": "object", "nullable": True},
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
        "/api/staff/cases": _get("Sager, en side ad gangen", ["status", "priority", "unit", "q", "page"]),
        "/api/staff/cases/{reference}": _get("En hel sag", ["reference"], in_path=True),
        "/healthz": _get("Kører processen", [], secured=False),
        "/readyz": _get("Er alle dele klar", [], secured=False),
    },
}
