"""A small OpenID Connect provider over HTTP, as far as access tokens need one: discovery, keys, and tokens to order."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "anju-api"


class Provider:
    """Two keys of its own, one RSA and one EC, and a third that it does not publish."""

    def __init__(self) -> None:
        self.keys = {
            "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()),
        }
        self.stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.issuer, self.asked_for_keys = "", 0

    def published(self) -> dict:
        rsa_key = RSAAlgorithm.to_jwk(self.keys["RS256"].public_key(), as_dict=True)
        ec_key = ECAlgorithm.to_jwk(self.keys["ES256"].public_key(), as_dict=True)
        return {"keys": [{**rsa_key, "kid": "RS256", "alg": "RS256"}, {**ec_key, "kid": "ES256", "alg": "ES256"}]}

    def token(self, identity: str, *, alg: str = "RS256", key=None, without: str = "", **claims) -> str:
        now = int(time.time())
        told = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": "s-1", "iat": now, "exp": now + 300, "id_number": identity,
            "scope": "openid anju:read anju:write", **claims,
        }  # fmt: skip
        told.pop(without, None)
        return jwt.encode(told, key or self.keys[alg], algorithm=alg, headers={"kid": alg})


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider that answers within the block."""
    provider = Provider()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                answer = {"issuer": provider.issuer, "jwks_uri": f"{provider.issuer}/keys"}
            else:
                provider.asked_for_keys += 1
                answer = provider.published()
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_facts) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
