"""The pages and the API on a port of this machine, for tests that speak HTTP. Ask for the database before."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connections

_THREADS = 4


class _Server(ThreadingMixIn, WSGIServer):
    """A few threads that stay, each with a database connection that stays, as the real server has."""

    request_queue_size = 50

    def __init__(self, *facts) -> None:
        super().__init__(*facts)
        self.pool = ThreadPoolExecutor(_THREADS)

    def process_request(self, request, client_address) -> None:
        self.pool.submit(self.process_request_thread, request, client_address)

    def server_close(self) -> None:
        together = threading.Barrier(_THREADS)
        for _each in range(_THREADS):
            self.pool.submit(lambda: (together.wait(), connections.close_all()))
        self.pool.shutdown()
        super().server_close()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_facts) -> None:
        """Requests are checked by the tests, not read in a log."""


@contextmanager
def serving() -> Iterator[str]:
    """The server's address within the block."""
    kept = connections["default"].settings_dict["CONN_MAX_AGE"]
    connections["default"].settings_dict["CONN_MAX_AGE"] = None
    server = make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        connections["default"].settings_dict["CONN_MAX_AGE"] = kept
