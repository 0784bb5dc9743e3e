"""What the tests in a real Chromium share: Anju served from a thread, the browser, axe-core's verdict on a page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: A loaded machine answers late; what is awaited here comes or the test fails, however long it takes.
expect.set_options(timeout=30_000)
SCREENS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_facts) -> None:
        """Requests are checked by the tests, not read in a log."""


@contextmanager
def served() -> Iterator[str]:
    """The address under which this process's Anju answers."""
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium. Playwright's loop runs from here on: what asks the database meanwhile has connections of its own."""
    from django.db import connections

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            yield chromium
            connections.close_all()
            chromium.close()


def sign_in(page: Page, address: str, username: str, password: str) -> None:
    """Through the real form, to the page after it."""
    page.goto(f"{address}/sign-in/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("口令").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def turn(locator: Locator) -> None:
    """Click what leads to another page and be there: a click alone does not wait for the answer."""
    with locator.page.expect_navigation():
        locator.click()


def violations(page: Page) -> list[tuple[str, str, str]]:
    """Every rule of axe-core that the page breaks, with the node and what to do. The context must bypass the policy."""
    page.add_script_tag(content=(resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    result = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert len(result["passes"]) > 10
    return [
        (rule["id"], node["html"], node["failureSummary"]) for rule in result["violations"] for node in rule["nodes"]
    ]


def watch(page: Page, address: str) -> list[str]:
    """A list that fills with what goes wrong from now on: reports of the policy, errors, requests elsewhere, 5xx."""
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: request.url.startswith(address) or problems.append(request.url))
    page.on("response", lambda answer: answer.status < 500 or problems.append(f"{answer.status} {answer.url}"))
    return problems
