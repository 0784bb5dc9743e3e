"""What those who run Anju look at: request log, health, figures, and sign-ins in the audit log."""

import io
import json
import logging
import re
import subprocess
import sys

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from anju.platform import metrics, schema
from anju.platform.logs import PrivateJsonFormatter
from anju.platform.metrics import Figure
from anju.platform.models import AuditEntry
from sign_ins import PASSWORD, staff

TOKEN = "a-token-for-the-scraper"
IDENTITY = "430602199001011237"


@pytest.fixture
def teller(db):
    return staff("teller-9", "teller")


@pytest.fixture
def lines():
    """What the loggers write, line by line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PrivateJsonFormatter())
    root, anju = logging.getLogger(), logging.getLogger("anju")
    level = anju.level
    root.addHandler(handler)
    anju.setLevel("DEBUG")
    yield lambda: [json.loads(text) for text in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    anju.setLevel(level)


class TestRequestLog:
    def test_a_request_has_one_line_with_id_user_and_template(self, teller, lines):
        browser = Client()
        browser.force_login(teller)
        response = browser.get(f"/members/{IDENTITY}/?year=2024", headers={"x-request-id": "mine"})
        (written,) = [line for line in lines() if line["message"] == "request"]
        assert re.fullmatch("[a-z]{20}", response["X-Request-ID"])
        assert written.pop("duration_ms") >= 0
        del written["time"]
        assert written == {
            "level": "INFO", "logger": "anju.web.request_log", "message": "request", "method": "GET", "status": 404,
            "request_id": response["X-Request-ID"], "user_id": teller.pk, "path": "members/<slug:number>/",
        }  # fmt: skip

    def test_ids_differ_and_leave_no_trace_after_the_request(self, db):
        from anju.platform import logs

        assert len({Client().get("/health/live")["X-Request-ID"] for _each in range(20)}) == 20
        assert logs.request_id.get() == ""

    def test_unknown_addresses_and_static_files_have_no_address_in_the_log(self, db, lines):
        Client().get(f"/nowhere/{IDENTITY}")
        Client().get("/static/anju/tokens.css").close()
        paths = [line["path"] for line in lines() if line["message"] == "request"]
        assert paths == ["unmatched", "static"]
        assert IDENTITY not in json.dumps(lines())

    def test_an_error_of_the_program_is_told_with_its_request_and_without_numbers(self, teller, lines, monkeypatch):
        from anju.web.views import style

        def fail(*_facts, **_more):
            raise RuntimeError(f"row of {IDENTITY}")

        monkeypatch.setattr(style, "render", fail)
        browser = Client(raise_request_exception=False)
        browser.force_login(teller)
        response = browser.get("/style/")
        assert response.status_code == 500
        (problem,) = [line for line in lines() if line["level"] == "ERROR"]
        assert problem["request_id"] == response["X-Request-ID"]
        assert "RuntimeError: row of ***" in problem["exc_info"]
        assert IDENTITY not in json.dumps(lines())

    def test_the_log_line_costs_no_query(self, teller):
        browser = Client()
        browser.force_login(teller)
        with CaptureQueriesContext(connection) as asked:
            browser.get("/static/anju/tokens.css").close()
        assert len(asked) == 0

    def test_the_process_writes_json_to_stderr(self):
        program = "import django, logging; django.setup(); logging.getLogger('anju.x').info('call %s', 13812345678)"
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert result.stdout == ""
        assert json.loads(result.stderr)["message"] == "call ***"


class TestHealth:
    def test_live_asks_no_database(self):
        assert Client().get("/health/live").content == b"live\n"  # without the fixture a query is an error

    def test_ready_tells_each_check(self, db):
        response = Client().get("/health/ready")
        assert response.status_code == 200
        assert response.json() == {"ready": True, "checks": {"database": "ok", "migrations": "ok", "keys": "ok"}}

    @pytest.mark.parametrize("broken", ["database", "migrations", "keys"])
    def test_not_ready_says_which_and_not_why(self, db, broken, monkeypatch, settings, tmp_path, lines):
        from anju.web.views import health

        class Down:
            def cursor(self):
                raise OperationalError("password=secret")

        if broken == "database":
            monkeypatch.setattr(health, "connection", Down())
            monkeypatch.setattr(schema, "unapplied", lambda _connection: frozenset())
        elif broken == "migrations":
            leaves = [*schema._migrations().graph.leaf_nodes(), ("platform", "9999_future")]
            monkeypatch.setattr(schema._migrations().graph, "leaf_nodes", lambda: leaves)
        else:
            settings.ANJU_HOME = tmp_path
            (tmp_path / "data_keys.json").write_text("{secret")
        response = Client().get("/health/ready")
        assert response.status_code == 503
        checks = {"database": "ok", "migrations": "ok", "keys": "ok"} | {broken: "failed"}
        assert response.json() == {"ready": False, "checks": checks}
        assert "secret" not in response.content.decode() + json.dumps(lines())


class TestMetrics:
    def test_requests_are_counted_by_route_with_their_time(self, db):
        def count():
            found = re.search(
                r'anju_http_requests_total{method="GET",route="health-live",status="200"} (\S+)', self.read()
            )
            return float(found[1]) if found else 0

        before = count()
        for _each in range(3):
            Client().get("/health/live")
        assert count() == before + 3
        assert 'anju_http_request_seconds_bucket{le="0.05",route="health-live"}' in self.read()

    def test_no_address_and_no_invented_method_makes_a_series(self, db):
        Client().get(f"/members/{IDENTITY}/")
        Client().get(f"/{IDENTITY}/")
        Client().generic("BREW", "/health/live")
        text = self.read()
        assert IDENTITY not in text
        assert "BREW" not in text
        assert 'route="unmatched"' in text

    def test_rooms_add_figures_of_their_own(self, db):
        def jobs():
            yield Figure("anju_test_waiting", "等待的任务", 3, {"queue": "a"})
            yield Figure("anju_test_waiting", "等待的任务", 4, {"queue": "b"})

        metrics.register(jobs)
        try:
            text = self.read()
        finally:
            metrics._collectors.pop(f"{jobs.__module__}.{jobs.__qualname__}")
        assert text.count("# HELP anju_test_waiting 等待的任务") == 1
        assert 'anju_test_waiting{queue="a"} 3.0' in text
        assert 'anju_test_waiting{queue="b"} 4.0' in text
        assert "anju_audit_unsealed_entries" in text

    def test_a_scrape_asks_little(self, db):
        self.read()
        with CaptureQueriesContext(connection) as asked:
            self.read()
        assert len([q for q in asked if "SAVEPOINT" not in q["sql"]]) <= 4 * len(metrics._collectors)

    @pytest.mark.parametrize(
        ("address", "headers", "token", "status"),
        [
            ("127.0.0.1", {}, None, 200),
            ("::1", {}, None, 200),
            ("10.0.0.7", {}, None, 403),
            ("", {}, None, 403),
            ("127.0.0.1", {"x-forwarded-for": "10.0.0.7"}, None, 403),
            ("10.0.0.7", {"x-forwarded-for": "127.0.0.1"}, None, 403),
            ("10.0.0.7", {"authorization": "Bearer None"}, None, 403),
            ("10.0.0.7", {"authorization": f"Bearer {TOKEN}"}, TOKEN, 200),
            ("10.0.0.7", {"authorization": f"Bearer {TOKEN}x"}, TOKEN, 403),
            ("10.0.0.7", {"authorization": "Bearer é"}, TOKEN, 403),
            ("10.0.0.7", {}, TOKEN, 403),
            ("127.0.0.1", {}, TOKEN, 200),
        ],
    )
    def test_only_this_machine_or_the_token_reads_it(self, db, address, headers, token, status):
        with override_settings(ANJU_METRICS_TOKEN=token):
            response = Client(REMOTE_ADDR=address).get("/metrics", headers=headers)
        assert response.status_code == status
        assert (b"anju_" in response.content) == (status == 200)

    def read(self) -> str:
        response = Client().get("/metrics")
        assert response["Content-Type"].startswith("text/plain")
        return response.content.decode()


class TestSignIns:
    def attempts(self):
        rows = AuditEntry.objects.filter(action__startswith="sign-in").order_by("pk")
        return [(row.actor, row.action, row.object_reference) for row in rows]

    def sign_in(self, name, password):
        return Client(REMOTE_ADDR="10.0.0.7").post("/sign-in/", {"username": name, "password": password})

    def test_success_and_failure_are_recorded_with_account_and_address(self, teller):
        self.sign_in("teller-9", "wrong")
        self.sign_in("teller-9", PASSWORD)
        account = str(teller.pk)
        assert self.attempts() == [
            ("unknown", "sign-in.failed", account),
            ("teller-9", "sign-in.succeeded", account),
        ]
        assert {row.detail["address"] for row in AuditEntry.objects.filter(action__startswith="sign-in.")} == {
            "10.0.0.7"
        }

    def test_a_name_that_no_account_has_is_not_written_down(self, db):
        self.sign_in("my-secret-password", "x")
        assert self.attempts() == [("unknown", "sign-in.failed", "unknown")]

    def test_the_lock_is_recorded_once_and_refused_attempts_do_not_fill_the_log(self, teller):
        for _each in range(15):
            self.sign_in("teller-9", "wrong")
        actions = [action for _actor, action, _account in self.attempts()]
        assert actions.count("sign-in.failed") == 10
        assert actions.count("sign-in.locked") == 1

    def test_an_empty_form_is_no_attempt(self, teller):
        self.sign_in("teller-9", "")
        assert self.attempts() == []
