"""A small OpenID Connect provider over HTTP: discovery, codes with PKCE, signed ID tokens."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as Redirect


class Provider:
    """Everybody who comes is `person`; `spoil` changes the claims of the next ID token."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self.person: dict[str, Any] = {"sub": "u-1", "email": "ann@shop.example", "email_verified": True}
        self.spoil: dict[str, Any] = {}
        self.asked: list[str] = []
        self._key = self._signing = RSAKey.generate_key(2048, {"kid": "1"})
        self._codes: dict[str, Mapping[str, str]] = {}
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def sign_with_another_key(self) -> None:
        self._signing = RSAKey.generate_key(2048, {"kid": "1"})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _app(self) -> Flask:
        app = Flask("provider")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        app.add_url_rule(
            "/jwks", view_func=lambda: jsonify({"keys": [self._key.as_dict(private=False)]}), endpoint="jwks"
        )
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        return app

    def _discovery(self) -> Response:
        return jsonify(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    def _authorize(self) -> Redirect:
        given = request.args
        assert given["client_id"] == self.client_id and given["response_type"] == "code"
        assert "openid" in given["scope"].split() and given["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = dict(given)
        return redirect(f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}")

    def _token(self) -> Response:
        form, who = request.form, request.authorization
        if who is None or (who.username, who.password) != (self.client_id, self.client_secret):
            abort(401)
        begun = self._codes.pop(form["code"], None)  # a code is good once
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        if begun is None or begun["redirect_uri"] != form["redirect_uri"] or begun["code_challenge"] != challenge:
            return Response('{"error": "invalid_grant"}', 400, mimetype="application/json")
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": begun["nonce"]}
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.person | self.spoil, self._signing)
        return jsonify({"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": signed})
