"""Signing in at the pages of a synthetic city."""

import re
import threading
from datetime import UTC, datetime, timedelta

from django.db import connections
from django.test import Client

from city_pages import text_of
from sign_ins import PASSWORD


class TestSignIn:
    def test_right_password_leads_to_the_page_asked_for_and_out_again(self):
        browser = Client()
        form = {"username": "auditor", "password": PASSWORD, "next": "/trial-balance/"}
        assert browser.post("/sign-in/", form)["Location"] == "/trial-balance/"
        assert browser.get("/sign-out/").status_code == 405
        assert browser.post("/sign-out/")["Location"] == "/sign-in/"
        assert browser.get("/").status_code == 302

    def test_a_next_address_elsewhere_is_ignored(self):
        for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            form = {"username": "auditor", "password": PASSWORD, "next": elsewhere}
            assert Client().post("/sign-in/", form)["Location"] == "/"

    def test_the_answer_does_not_tell_which_was_wrong(self):
        pages = set()
        for username in ("auditor", "no-such-person"):
            page = text_of(Client().post("/sign-in/", {"username": username, "password": "wrong-password"}))
            assert "用户名或口令不正确" in page
            assert "wrong-password" not in page
            pages.add(re.sub(r'value="[^"]*"', "", page))
        assert len(pages) == 1

    def test_empty_fields_are_named(self):
        page = text_of(Client().post("/sign-in/", {"username": "", "password": ""}))
        assert "请填写用户名" in page
        assert "请填写口令" in page

    def test_ten_failures_lock_this_name_at_this_address_only(self):
        def attempt(username: str, password: str, address: str = "192.0.2.1"):
            return Client(REMOTE_ADDR=address).post("/sign-in/", {"username": username, "password": password})

        for _ in range(10):
            assert "用户名或口令不正确" in text_of(attempt("teller", "guess"))
        locked = attempt("teller", PASSWORD)
        assert locked.status_code == 200
        assert "15 分钟后再试" in text_of(locked)
        assert attempt("teller", PASSWORD, "192.0.2.2").status_code == 302
        assert attempt("director", PASSWORD).status_code == 302

    def test_a_success_forgets_earlier_failures(self):
        for _round in range(3):
            for _ in range(6):
                Client().post("/sign-in/", {"username": "teller", "password": "guess"})
            assert Client().post("/sign-in/", {"username": "teller", "password": PASSWORD}).status_code == 302

    def test_the_lock_ends_after_fifteen_minutes_and_old_failures_do_not_add_up(self):
        from anju.web.throttle import allow_attempt

        start = datetime(2026, 1, 5, 8, tzinfo=UTC)

        def tried(minutes: float) -> bool:
            return allow_attempt(username="x", address="a", now=start + timedelta(minutes=minutes))

        assert all(tried(0) for _ in range(10))
        assert not tried(0)
        assert not tried(14.9)
        assert all(tried(15) for _ in range(9))
        assert all(tried(30.1) for _ in range(9))  # a new window: nine and nine are not ten
        assert tried(31)
        assert not tried(31)

    def test_parallel_guesses_get_ten_tries_between_them(self):
        from anju.web.throttle import allow_attempt

        now = datetime(2026, 1, 5, 8, tzinfo=UTC)
        allowed: list[bool] = []

        def guess() -> None:
            try:
                for _ in range(5):
                    allowed.append(allow_attempt(username="y", address="a", now=now))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=guess) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(allowed), sum(allowed)) == (40, 10)

    def test_what_was_typed_as_a_name_is_not_kept(self):
        from anju.web.models import SignInThrottle

        Client().post("/sign-in/", {"username": "my-password-by-mistake", "password": "x"})
        assert SignInThrottle.objects.count() == 1
        assert "mistake" not in str(SignInThrottle.objects.values_list()[0])
