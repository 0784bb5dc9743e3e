"""The ledger's contract as a table of cases (`ledger_cases/*.txt`): every refusal, every edge, each with its name."""

from pathlib import Path

import pytest

from anju.ledger import errors
from ledger_cases import Case, CaseFailedError, read_cases, run

FILES = sorted((Path(__file__).parent / "ledger_cases").glob("*.txt"))
CASES = [pytest.param(case, id=f"{path.stem}: {case.name}") for path in FILES for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES)
def test_case(own_center, db, case: Case):
    failure = ""
    try:
        run(case)
    except CaseFailedError as failed:
        failure = str(failed)
    if failure:
        pytest.fail(failure, pytrace=False)


def test_every_refusal_of_the_ledger_has_a_case():
    texts = "".join(path.read_text(encoding="utf-8") for path in FILES)
    codes = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "code")}
    reachable = codes - {"ANJU", "LEDGER", errors.AppendOnlyError.code}  # that one: test_ledger_privileges
    assert {code for code in reachable if f"=> {code}\n" not in texts} == set()
