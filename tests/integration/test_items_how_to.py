"""The page on adding a service item is true: its file and its line added to a copy, its case walked to the effect."""

import importlib.util
import json
import re
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from anju.cases import answers, catalogue
from anju.cases.errors import DeclarationError, FormInvalidError, IneligibleError
from anju.cli.main import main
from anju.platform import django_settings
from anju.platform.models import AuditEntry
from anju.platform.people.models import Kind
from anju.policy.packs import book
from item_walk import AT, DAY, a_member, actor, caller

ROOT = Path(__file__).resolve().parents[2]
FILE = re.compile(r"`([^`]+)`（新文件）：\n\n```python\n(.*?)```", re.DOTALL)
STEP = re.compile(r"```sh\n(.*?)```\n\n```text\n(.*?)\n```", re.DOTALL)
PAGE = (ROOT / "docs" / "how-to" / "add-a-service-item.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.usefixtures("center")


def module_of(path: Path, name: str):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def followed(tmp_path, settings):
    """The page's files written, its line in the settings, the catalogue loaded as at a start of the program."""
    (declaration, code), (walk, steps) = FILE.findall(PAGE)
    assert not (ROOT / declaration).exists()
    name = declaration.removeprefix("src/").removesuffix(".py").replace("/", ".")
    assert f'    "{name}",\n```' in PAGE
    for file, content in ((declaration, code), (walk, steps)):
        (tmp_path / Path(file).name).write_text(content, encoding="utf-8")
    module_of(tmp_path / Path(declaration).name, name)
    settings.ANJU_SERVICE_ITEMS = (*django_settings.ANJU_SERVICE_ITEMS, name)
    catalogue.load()
    yield module_of(tmp_path / walk, "z09_walk")
    catalogue.forget("Z09")
    del sys.modules[name], sys.modules["z09_walk"]


def test_the_item_of_the_page_walks_from_draft_to_effect(followed):
    unit = a_member().unit
    people = {"clerk": caller(Kind.UNIT, unit.number, "x"), "teller": actor("teller"), "reviewer": actor("reviewer")}
    case = followed.walk(**people, unit=unit.number, at=AT, day=DAY)
    assert (case.state, case.result, case.subject) == ("completed", {"certificate": f"Z{case.number}"}, "其他")
    assert list(case.events.values_list("verb", flat=True)) == ["submit", "forward", "approve", "complete"]
    issued = AuditEntry.objects.get(action="certificate.issued", object_reference=unit.number)
    assert issued.detail == {"copies": 2}
    with pytest.raises(IneligibleError, match="请先登记"):
        followed.walk(**people, unit="x", at=AT, day=DAY)


def test_the_command_shows_what_the_page_shows(followed):
    steps = STEP.findall(PAGE)
    assert len(steps) == PAGE.count("```sh") == 1
    for command, expected in steps:
        program, *arguments = command.split()
        assert program == "anju"
        ran = CliRunner().invoke(main, arguments)
        assert ran.exit_code == 0, ran.output
        assert " ".join(expected.split()) in " ".join(ran.output.split())  # columns are as wide as other items ask


def test_the_sentence_about_wrong_declarations_is_true(followed):
    declared = type(catalogue.item("Z09"))
    for wrong in ({"groups": ()}, {"code": "u1"}, {"code": "U01"}):
        with pytest.raises(DeclarationError):
            catalogue.register(type("Wrong", (declared,), {"code": "Z98", **wrong})())
    assert catalogue.find("Z98") is None
    assert type(catalogue.item("U01")).__name__ == "UnitRegistration"


def test_answers_that_the_declared_fields_refuse(followed):
    with pytest.raises(FormInvalidError, match="1 至 5"):
        answers.cleaned(answers.bound_form(catalogue.item("Z09"), {"purpose": ["other"], "copies": ["6"]}))


def test_the_catalogue_as_json_has_every_item_of_the_settings():
    ran = CliRunner().invoke(main, ["items", "--json"])
    rows = {row["code"]: row for row in json.loads(ran.output)}
    assert {"S01", "P02", "U01"} <= set(rows)
    assert rows["U01"] == {
        "code": "U01", "name": "单位缴存登记", "applicants": ["单位"], "channels": ["柜面", "单位网厅", "接口"],
        "term": {"days": 1, "count": "working"}, "cross_province": True, "steps": ["柜员", "复核"],
    }  # fmt: skip
    assert rows["S01"]["steps"] == ["客服"]


def test_the_shipped_pack_has_the_declared_terms():
    for item in catalogue.items():
        path = f"service.term.{item.code.lower()}"
        assert book("national").resolve(path, date(2026, 5, 11)).value == item.term.days
