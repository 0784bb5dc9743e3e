"""Log lines: JSON with the facts that are named, and never a number that identifies somebody."""

import json
import logging

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from anju.platform import logs
from anju.platform.logs import PrivateJsonFormatter
from anju.platform.redaction import redact

IDENTITY, OLD, PHONE, CARD = "43060219900101123X", "430602900101123", "13812345678", "6222021234567890128"
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def line(message="m", *args, **facts) -> dict:
    record = logging.LogRecord("anju.test", logging.WARNING, __file__, 1, message, args, facts.pop("exc_info", None))
    vars(record).update(facts)
    text = PrivateJsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def grouped(number: str, *sizes: int, gap: str = " ") -> str:
    parts, rest = [], number
    for size in sizes:
        parts.append(rest[:size])
        rest = rest[size:]
    return gap.join([*parts, rest])


class TestRedaction:
    @pytest.mark.parametrize(
        "number",
        [
            IDENTITY, IDENTITY.lower(), "430602199001011237", OLD, PHONE, CARD, CARD[:16],
            *(text.translate(WIDE) for text in (IDENTITY, OLD, PHONE, CARD)),
            grouped(IDENTITY, 6, 8), grouped(IDENTITY, 6, 4, 4), grouped(IDENTITY, 6, 8, gap="-"),
            grouped(CARD, 4, 4, 4, 4), grouped(CARD[:16], 4, 4, 4, gap="-"), grouped(PHONE, 3, 4),
            grouped(PHONE, 3, 4, gap="-"), f"+86{PHONE}", f"86 {PHONE}", f"0086{PHONE}", " ".join(IDENTITY[:17]),
            grouped(PHONE, 3, 4, gap="\u3000").translate(WIDE),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize(
        "frame", ["{}", "证件{}号", "Key (identity)=({}) exists", "'{}'", "id{}", "a={},b=1", "<{}>"]
    )
    def test_it_goes_wherever_it_stands(self, number, frame):
        assert redact(frame.format(number)) == frame.format("***")

    @pytest.mark.parametrize(
        "text",
        [
            "2024-12-31 2025-01-01", "2024-12-31 23:59:59.123456+08:00", "430600000001", "journal 1234567890",
            "12,345,678.90", "0x7f3a12b4c5d6", "127.0.0.1:8000", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]", "23812345678",
        ],
    )  # fmt: skip
    def test_dates_accounts_amounts_and_addresses_stay(self, text):
        assert redact(text) == text

    @given(
        st.from_regex(r"[1-9]\d{16}[\dX]", fullmatch=True),
        st.text("甲 a(='", max_size=3),
        st.text("乙 b)='", max_size=3),
    )
    def test_no_identity_number_gets_through(self, number, before, after):
        assert number not in redact(before + number + after)

    @given(st.text("甲乙ab-_/:.", max_size=50))
    def test_text_without_digits_stays(self, text):
        assert redact(text) == text


class TestLines:
    def test_a_line_says_when_how_bad_who_and_what(self):
        written = line("放款 %s 笔", 3)
        assert set(written) == {"time", "level", "logger", "message"}
        assert (written["level"], written["logger"], written["message"]) == ("WARNING", "anju.test", "放款 3 笔")
        assert written["time"].endswith("Z")

    def test_messages_and_arguments_are_redacted(self):
        assert line("a %s b %s", IDENTITY, {"phone": PHONE})["message"] == ("a *** b {'phone': '***'}")
        assert line("%d", 430602199001011237)["message"] == "***"

    def test_numbers_in_tracebacks_are_redacted(self):
        error = LookupError(IDENTITY.translate(WIDE))
        error.__cause__ = ValueError(f"no such member {IDENTITY}")
        with pytest.raises(LookupError) as caught:
            raise error
        written = line(exc_info=(LookupError, caught.value, caught.tb))
        assert "LookupError: ***" in written["exc_info"]
        assert "no such member ***" in written["exc_info"]
        assert "Traceback" in written["exc_info"]

    def test_only_named_facts_get_in(self):
        assert line(user_id=7, status=200, name_of_person="王小明", password="x").keys() - line().keys() == {
            "user_id",
            "status",
        }

    def test_djangos_lines_name_the_template_instead_of_the_address(self, settings):
        request = RequestFactory().get("/members/430600000001/")
        assert line("Not Found: %s", request.path, request=request)["message"] == "Not Found: unmatched"
        from django.urls import resolve

        request.resolver_match = resolve("/members/430600000001/")
        assert line("Error: %s", request.path, request=request)["message"] == "Error: members/<slug:number>/"

    def test_a_line_that_cannot_be_formatted_is_written_without_its_arguments(self):
        assert line("%s %s", IDENTITY)["message"] == "unformattable: %s %s"

    def test_lines_carry_the_request_that_they_belong_to(self):
        token = logs.request_id.set("abc")
        try:
            assert line()["request_id"] == "abc"
        finally:
            logs.request_id.reset(token)
        assert "request_id" not in line()
