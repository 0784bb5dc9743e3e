"""A small OpenID Connect provider, a process of its own: discovery, keys, authorisation code with PKCE, user page.

    python openid_provider.py          prints its address, serves until killed

Who signs in next, and what it does wrong, is told to it by POST /next: {"claims": {…}, "userinfo": {…}, "fault": "…"}.
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "anju-center", "the-shared-secret"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _each in range(2))


class Provider(BaseHTTPRequestHandler):
    following: dict = {}
    codes: dict[str, dict] = {}
    tokens: dict[str, dict] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/.well-known/openid-configuration":
            ends = (
                ("authorization_endpoint", "/authorize"),
                ("token_endpoint", "/token"),
                ("jwks_uri", "/keys"),
                ("userinfo_endpoint", "/me"),
            )
            self.answer({"issuer": self.address, **{name: self.address + path for name, path in ends}})
        elif url.path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            self.answer({"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]})
        elif url.path == "/authorize":
            self.authorize(query)
        elif url.path == "/me":
            claims = self.tokens.get(self.headers["Authorization"].removeprefix("Bearer "))
            self.answer(claims or {}, 200 if claims else 401)
        else:
            self.answer({}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/next":
            Provider.following = json.loads(body)
            self.answer({})
        else:
            self.token({name: values[0] for name, values in parse_qs(body).items()})

    def authorize(self, query: dict[str, str]) -> None:
        back = {"state": query["state"]}
        if self.following.get("fault") == "cancelled":
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_urlsafe(12)
            Provider.codes[back["code"]] = {**query, **self.following}
        self.send_response(302)
        self.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def token(self, form: dict[str, str]) -> None:
        asked = self.codes.pop(form.get("code", ""), None)
        proof = (
            base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            .rstrip(b"=")
            .decode()
        )
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        if (
            asked is None
            or not known
            or proof != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            self.answer({"error": "invalid_grant"}, 400)
            return
        fault, access = asked.get("fault"), secrets.token_urlsafe(12)
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
            "sub": "s-1",
        } | asked["claims"]
        claims |= {
            "audience": {"aud": "another-center"}, "issuer": {"iss": "https://other.example"},
            "expired": {"exp": int(time.time()) - 60},
        }.get(fault, {})  # fmt: skip
        Provider.tokens[access] = {"sub": claims["sub"], **asked.get("userinfo", {})}
        signed = jwt.encode(
            claims, OTHER_KEY if fault == "signature" else KEY, algorithm="RS256", headers={"kid": "one"}
        )
        answer = {"access_token": access, "token_type": "Bearer", "id_token": signed}
        if fault == "no token":
            del answer["id_token"]
        self.answer(answer)

    def answer(self, body: dict, status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_facts: object) -> None:
        """Nothing is kept."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
