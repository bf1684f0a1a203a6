"""A small OpenID provider in a process of its own, with a real key; and one that lies, when it is told to.

`python -m tests.oidc_provider PORT`. It lets in whoever `POST /who` named last, without asking. What it is told in
`lie` it does wrong: nonce, issuer, audience, expired, signature, unsigned, none (no identity token), metadata.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from urllib.parse import urlencode

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "vejviser", "hemmelighed-til-proever"
LIAR = "https://somebody-else.invalid"


class Provider:
    """Its keys, who is there, what it shall do wrong, and the codes it has given out."""

    def __init__(self, issuer: str) -> None:
        self.issuer, self.claims, self.lie, self.codes = issuer, {}, "", {}
        self.key, self.stranger = (
            RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"}) for _ in range(2)
        )

    def application(self) -> Flask:
        """Return the provider as a web application."""
        app = Flask("provider")
        app.get("/.well-known/openid-configuration")(self.metadata)
        app.get("/keys")(self.keys)
        app.post("/who")(self.who)
        app.get("/authorize")(self.authorize)
        app.post("/token")(self.token)
        return app

    def metadata(self):
        """Say where things are."""
        return jsonify(
            issuer=LIAR if self.lie == "metadata" else self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/keys",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256", "HS256", "none"],
            code_challenge_methods_supported=["S256"],
        )

    def keys(self):
        """Show the public key."""
        return jsonify(keys=[self.key.as_dict(private=False)])

    def who(self):
        """Be told who is there and what to do wrong."""
        told = request.get_json()
        self.claims, self.lie = told.get("claims", {}), told.get("lie", "")
        return "", 204

    def authorize(self):
        """Send the person back with a code."""
        asked = request.args.to_dict()
        if asked["client_id"] != CLIENT_ID or asked["response_type"] != "code":
            return "unknown client", 400
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    def token(self):
        """Give the identity token for a code, once, to the client that proves to have asked for it."""
        given, login = request.form, request.authorization
        asked = self.codes.pop(given.get("code", ""), None)
        if login is None or (login.username, login.password) != (CLIENT_ID, CLIENT_SECRET):
            return jsonify(error="invalid_client"), 401
        if asked is None or given["redirect_uri"] != asked["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if asked.get("code_challenge_method") != "S256" or _base64(digest) != asked.get("code_challenge"):
            return jsonify(error="invalid_grant", error_description="PKCE"), 400
        answer = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 300}
        if self.lie != "none":
            answer["id_token"] = self.identity(asked)
        return jsonify(answer)

    def identity(self, asked: dict) -> str:
        """Return the identity token, with the lie in it."""
        now = int(time.time()) - (7200 if self.lie == "expired" else 0)
        claims = {
            "iss": LIAR if self.lie == "issuer" else self.issuer,
            "aud": "another-application" if self.lie == "audience" else CLIENT_ID,
            "nonce": "another" if self.lie == "nonce" else asked["nonce"],
            "iat": now,
            "exp": now + 300,
            **self.claims,
        }
        if self.lie == "unsigned":
            return ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)) + "."
        key = self.stranger if self.lie == "signature" else self.key
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


if __name__ == "__main__":
    port = int(sys.argv[1])
    Provider(f"http://127.0.0.1:{port}").application().run(port=port)
