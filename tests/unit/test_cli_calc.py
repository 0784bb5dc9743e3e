"""`anju calc` as a person and as a program meet it: worked examples through the options, and every kind of bad input."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from anju.cli import calc as calculators
from anju.cli import tables
from anju.cli.main import main

LOAN = ("schedule", "--principal", "600000.00", "--months", "240", "--rate", "2.60")


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, ["calc", *arguments], input=stdin)


def result_of(*arguments, stdin=None):
    ran = run(*arguments, "--json", stdin=stdin)
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def error_of(*arguments, stdin=None):
    """The error as a program gets it, after the same call without --json told it to a person on stderr alone."""
    spoken = run(*arguments, stdin=stdin)
    assert (spoken.exit_code, spoken.stdout) == (2, "")
    ran = run(*arguments, "--json", stdin=stdin)
    assert (ran.exit_code, ran.stderr) == (2, "")
    error = json.loads(ran.stdout)["error"]
    assert error.keys() == {"code", "field", "message"}
    assert error["message"] in spoken.stderr
    assert f"[{error['code']}]" in spoken.stderr
    return error


def test_a_schedule_in_json():
    result = result_of(*LOAN, "--first-due", "2025-06-20")
    assert result["first_payment"] == "3208.73"
    assert result["final_payment"] == "3208.16"
    assert result["total_interest"] == "170094.63"
    assert result["total_payment"] == "770094.63"
    assert len(result["instalments"]) == 240
    assert result["instalments"][5] == {
        "number": 6, "due": "2025-11-20", "payment": "3208.73", "principal": "1929.50", "interest": "1279.23",
        "balance": "588485.40",
    }  # fmt: skip
    assert "due" not in result_of(*LOAN)["instalments"][0]


def test_a_schedule_of_equal_principal():
    result = result_of(
        "schedule", "--principal", "500000", "--months", "120", "--rate", "2.6", "--method", "equal-principal"
    )
    assert (result["first_payment"], result["final_payment"]) == ("5250.00", "4175.30")


def test_yearly_and_close_out_interest():
    year = result_of(
        "interest", "--opening", "10000", "--start", "2023-07-01", "--until", "2024-07-01", "--rate", "1.50"
    )
    assert (year["interest"], year["total"], year["product"]) == ("152.50", "10152.50", "3660000.00")
    closing = result_of(
        "interest", "--opening", "25380.45", "--start", "2025-07-01", "--until", "2025-10-20", "--rate", "1.50",
        "--flows", "2025-07-15:900；2025-08-15:900.00;2025-09-15：900",
    )  # fmt: skip
    assert (closing["principal"], closing["interest"], closing["total"]) == ("28080.45", "124.81", "28205.26")
    assert closing["rows"][-1] == {
        "from": "2025-09-15", "to": "2025-10-19", "days": 35, "balance": "28080.45", "product": "982815.75",
    }  # fmt: skip


OVERDUE = "2025-11-20:1929.50:1279.23;2025-12-20:1933.68:1275.05;2026-01-20:1937.87:1270.86"
PENALTY = ("penalty", "--overdue", OVERDUE, "--rate", "2.60", "--paid", "2026-02-10")


def test_penalty_in_three_modes():
    assert result_of(*PENALTY)["penalty"] == "53.88"
    assert result_of(*PENALTY)["total"] == "9680.07"
    assert result_of(*PENALTY, "--base", "principal")["penalty"] == "32.44"
    assert result_of(*PENALTY, "--day-count", "30-360")["penalty"] == "52.14"
    assert result_of(*PENALTY, "--uplift", "0")["items"][0]["penalty"] == "19.00"


def test_a_payment_is_shared_out_in_two_orders():
    by_instalment = result_of(*PENALTY, "--amount", "6000")
    assert [row["principal"] for row in by_instalment["left"]] == ["0.00", "464.04", "1937.87"]
    by_category = result_of(*PENALTY, "--amount", "6000", "--order", "category-first")
    assert [row["principal"] for row in by_category["left"]] == ["0.00", "1742.20", "1937.87"]
    assert result_of(*PENALTY, "--amount", "10000")["unapplied"] == "319.93"
    assert "paid" not in result_of(*PENALTY)


def test_prepayment_payoff_and_offset():
    terms = ("prepayment", "--balance", "553030.69", "--amount", "100000", "--rate", "2.60", "--months-left", "216")
    kept = result_of(*terms, "--payment", "3208.73")
    assert (kept["payment"], kept["interest_saved"], kept["months_left"]) == ("2628.52", "25324.85", 216)
    short = result_of(*terms, "--payment", "3208.73", "--mode", "shorten")
    assert (short["months_left"], short["final_payment"], short["interest_saved"]) == (169, "2284.12", "51734.35")
    assert result_of(*terms)["payment"] == "2628.52"
    payoff = result_of("payoff", "--balance", "553030.69", "--rate", "2.60", "--days", "10")
    assert payoff == {"principal": "553030.69", "interest": "399.41", "total": "553430.10"}
    offset = result_of("offset", "--instalment", "3208.73", "--accounts", "2850.40;1304.18", "--retain", "10")
    assert [draw["drawn"] for draw in offset["draws"]] == ["2840.40", "368.33"]
    assert offset["card"] == "0.00"


def test_capitals_and_their_sign():
    assert result_of("capitals", "--amount", "-107000.53") == {
        "amount": "-107000.53",
        "capitals": "负壹拾万柒仟元伍角叁分",
    }


def test_an_identity_number_is_checked_and_its_digits_are_not_given_away():
    ran = run("identity", "--number", "11010519491231002x")
    assert ran.exit_code == 0
    assert "1101**********002X" in ran.stdout
    assert "1949" not in ran.stdout
    assert "1231" not in ran.stdout
    assert result_of("identity", "--number", "11010519491231002X") == {
        "masked": "1101**********002X",
        "sex": "female",
        "valid": True,
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--number", "110105194912310021"), "IDENTITY_CHECK_DIGIT"),
        (("--number", "1101051949123100"), "IDENTITY_LENGTH"),
        (("--number", "110105491231002"), "IDENTITY_OLD_NUMBER"),
        (("--number", "11010519490230002X"), "IDENTITY_BIRTH_DATE"),
        (("--number", "11010519491231002X", "--on", "1949-12-30"), "IDENTITY_BIRTH_DATE"),
    ],
)
def test_a_wrong_identity_number_is_named_and_not_repeated(arguments, code):
    error = error_of("identity", *arguments)
    assert (error["code"], error["field"]) == (code, "number")
    assert arguments[1][:12] not in json.dumps(error)


def test_a_table_is_chinese_and_its_columns_stand_under_each_other():
    lines = run(*LOAN[:3], "--months", "3", "--rate", "2.6", "--first-due", "2025-01-31").stdout.splitlines()
    assert lines[0].startswith("首期月供  200,867.29")
    head, *rows = lines[lines.index("还款计划") + 1 :]
    assert head.split() == ["期次", "应还日", "月供", "本金", "利息", "余额"]
    assert len({tables.width(line) for line in (head, *rows)}) == 1
    assert rows[-1].split() == ["3", "2025-03-31", "200,867.29", "200,433.02", "434.27", "0.00"]


@pytest.mark.parametrize(
    "arguments",
    [
        (*LOAN, "--first-due", "2025-06-20"), (*PENALTY, "--amount", "6000"), ("capitals", "--amount", "1"),
        ("interest", "--opening", "1", "--start", "2025-01-01", "--until", "2025-01-02", "--rate", "1.5"),
        ("prepayment", "--balance", "1000", "--amount", "10", "--rate", "2.6", "--months-left", "12"),
        ("payoff", "--balance", "1000", "--rate", "2.6", "--days", "3"), ("offset", "--instalment", "1", "--accounts", "2"),
        ("identity", "--number", "11010519491231002X"),
    ],
)  # fmt: skip
def test_every_key_of_a_result_has_its_chinese_word(arguments):
    def keys(value):
        if isinstance(value, dict):
            return set(value) | {key for nested in value.values() for key in keys(nested)}
        return {key for nested in value for key in keys(nested)} if isinstance(value, list) else set()

    assert keys(result_of(*arguments)) <= calculators.LABELS.keys()
    ran = run(*arguments)
    assert ran.exit_code == 0
    assert not any(key in ran.stdout.split() for key in keys(result_of(*arguments)))


def test_full_width_digits_and_spaces_are_read():
    typed = run(
        "schedule", "--principal", "￥６００，０００．００", "--months", "２４０", "--rate", " ２．６０％", "--json"
    )
    assert json.loads(typed.stdout) == result_of(*LOAN)


@pytest.mark.parametrize("amount", [600000, "600000", "600,000.00"])
def test_the_same_fields_come_as_one_json_object(amount, tmp_path):
    fields = {"principal": amount, "months": 240, "rate": "2.60", "first_due": None}
    assert result_of("schedule", "--input", "-", stdin=json.dumps(fields)) == result_of(*LOAN)
    path = tmp_path / "loan.json"
    path.write_text(json.dumps(fields), encoding="utf-8")
    assert result_of("schedule", "--input", str(path)) == result_of(*LOAN)


def test_lists_come_as_json_arrays():
    fields = {
        "overdue": [["2025-11-20", "1929.50", "1279.23"], ["2025-12-20", "1933.68", "1275.05"], "2026-01-20:1937.87:1270.86"],
        "rate": "2.60", "paid": "2026-02-10",
    }  # fmt: skip
    assert result_of("penalty", "--input", "-", stdin=json.dumps(fields)) == result_of(*PENALTY)
    accounts = {"instalment": "3208.73", "accounts": ["2850.40", 1304], "retain": 10}
    assert result_of("offset", "--input", "-", stdin=json.dumps(accounts))["card"] == "0.00"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"principal": "-600000"}, "principal"), ({"principal": "0"}, "principal"), ({"principal": "1" * 5000}, "principal"),
        ({"principal": "1" + ",000" * 2000}, "principal"), ({"principal": "600000.001"}, "principal"), ({"principal": "6\0"}, "principal"),
        ({"principal": ""}, "principal"), ({"principal": "一百万"}, "principal"), ({"principal": "6²"}, "principal"),
        ({"months": "0"}, "months"), ({"months": "1201"}, "months"), ({"months": "361"}, "months"), ({"months": "12.5"}, "months"),
        ({"months": "-12"}, "months"), ({"months": "9" * 30}, "months"), ({"months": "12\0"}, "months"), ({"months": "²"}, "months"),
        ({"rate": "260"}, "rate"), ({"rate": "24.01"}, "rate"), ({"rate": "-1"}, "rate"), ({"rate": "2.60000001"}, "rate"),
        ({"rate": "NaN"}, "rate"), ({"method": "balloon"}, "method"), ({"method": "\0"}, "method"),
        ({"first_due": "2025-02-30"}, "first_due"), ({"first_due": "20250620"}, "first_due"), ({"first_due": "2025-W25-5"}, "first_due"),
        ({"first_due": "1980-01-01"}, "first_due"), ({"first_due": "2199-01-01"}, "first_due"), ({"first_due": "0000-01-01"}, "first_due"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_by_option_and_by_json_alike(changed, field):
    fields = {"principal": "600000.00", "months": "240", "rate": "2.60"} | changed
    options = [part for name, value in fields.items() for part in (f"--{name.replace('_', '-')}", value)]
    assert error_of("schedule", *options)["field"] == field
    assert error_of("schedule", "--input", "-", stdin=json.dumps(fields))["field"] == field


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"months": 12.5}, "months"), ({"months": 240.0}, "months"), ({"months": True}, "months"), ({"months": [240]}, "months"),
        ({"principal": 600000.1}, "principal"), ({"principal": {"yuan": 1}}, "principal"), ({"principal": 10**40}, "principal"),
        ({"colour": "red"}, "colour"), ({"Months": 240}, "Months"), ({"\u0007": 1}, "'\\x07'"), ({"\ud800": 1}, "'\\ud800'"),
        ({"x" * 5000: 1}, "x" * 40), ({"rate": None}, "rate"), ({"first_due": []}, "first_due"),
    ],
)  # fmt: skip
def test_a_bad_json_value_is_named(value, field):
    fields = {"principal": "600000.00", "months": 240, "rate": "2.60"} | value
    assert error_of("schedule", "--input", "-", stdin=json.dumps(fields))["field"] == field


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "[1, 2]", '"text"', "null", "12", "NaN", "{", '{"months": 240', '{"a": 1} {"b": 2}', "\0", "[" * 100_000,
        '{"months": ' + "9" * 5000 + "}", '{"months": 12, "months": 240}', b"\xff\xfe{}", '{"months": "' + "1" * (1 << 20) + '"}',
    ],
    ids=lambda text: f"{len(text)} long",
)  # fmt: skip
def test_what_is_not_one_json_object_is_refused(text):
    error = error_of("schedule", "--input", "-", stdin=text)
    assert (error["code"], error["field"]) == ("FIELD", "")


def test_a_missing_field_is_named_with_its_meaning():
    error = error_of("schedule", "--principal", "1", "--rate", "2.6")
    assert (error["code"], error["field"]) == ("FIELD", "months")
    assert "期数" in error["message"]


def test_input_and_options_do_not_mix():
    assert error_of("schedule", "--input", "-", "--months", "12", stdin="{}")["field"] == "months"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("offset", "--instalment", "1", "--accounts", "1;-2"), "accounts[2]"),
        (("offset", "--instalment", "-1", "--accounts", "1"), "instalment"),
        (("offset", "--instalment", "1", "--accounts", "1", "--retain", "-1"), "retain"),
        (("offset", "--instalment", "1", "--accounts", ";".join("1" * 10_001)), "accounts"),
        (("interest", "--opening", "1", "--start", "2025-07-01", "--until", "2025-06-30", "--rate", "1.5"), "until"),
        (("interest", "--opening", "1", "--start", "2025-07-01", "--until", "2025-07-02", "--rate", "260"), "rate"),
        (
            ("interest", "--opening", "1", "--start", "2025-07-01", "--until", "2025-07-02", "--rate", "1", "--flows", "2025-07-01:1;x:1"),
            "flows[2]",
        ),
        (
            ("interest", "--opening", "1", "--start", "2025-07-01", "--until", "2025-07-02", "--rate", "1", "--flows", "2025-07-01"),
            "flows[1]",
        ),
        ((*PENALTY, "--amount", "-1"), "amount"),
        ((*PENALTY, "--uplift", "101"), "uplift"),
        ((*PENALTY, "--base", "interest"), "base"),
        (("penalty", "--overdue", "2025-01-01:-1:1", "--rate", "2.6", "--paid", "2025-02-01"), "overdue[1]"),
        (("prepayment", "--balance", "0", "--amount", "1", "--rate", "2.6", "--months-left", "12"), "balance"),
        (("prepayment", "--balance", "9", "--amount", "1", "--rate", "2.6", "--months-left", "0"), "months_left"),
        (("prepayment", "--balance", "9", "--amount", "9", "--rate", "2.6", "--months-left", "12"), "amount"),
        (
            ("prepayment", "--balance", "500000", "--amount", "9", "--rate", "2.6", "--months-left", "12", "--payment", "0"),
            "payment",
        ),
        (("payoff", "--balance", "-5", "--rate", "2.6", "--days", "3"), "balance"),
        (("payoff", "--balance", "5", "--rate", "2.6", "--days", "-3"), "days"),
        (("capitals", "--amount", "1e5"), "amount"),
    ],
)  # fmt: skip
def test_bad_input_of_every_calculator_is_named(arguments, field):
    assert error_of(*arguments)["field"] == field


def test_wrong_usage_is_the_same_exit_code():
    assert run("schedule", "--colour", "red").exit_code == 2
    assert run("schedule", "--input", "/does/not/exist.json").exit_code == 2
    assert run("nothing").exit_code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["calc", "--help"], ["calc", "schedule", "--help"], ["calc", *LOAN]])
def test_help_and_calculators_load_neither_django_nor_a_driver(arguments):
    program = (
        "import sys; from anju.cli.main import main; main(sys.argv[1:], standalone_mode=False); "
        "print({'django', 'psycopg', 'yaml', 'duckdb'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "set()"


def test_the_help_of_every_command_is_chinese():
    for arguments in (["--help"], ["calc", "--help"], ["calc", "penalty", "--help"]):
        assert any("\u4e00" <= char <= "\u9fff" for char in CliRunner().invoke(main, arguments).stdout)
