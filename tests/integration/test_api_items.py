"""Whole items through the API, the commands around it, and a how-to that is followed word by word on a running server."""

import json
import re
import subprocess
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

import uploads
from anju.cli.main import main
from anju.platform.models import Office
from anju.platform.people.models import User
from anju.registry.models import MemberSignIn, Unit, UnitAgent
from anju.registry.queries import units_of
from api_calls import ROOT, Api, a_clerk, a_member, a_teller, caller, token_of
from item_walk import a_member as an_account
from item_walk import credit_code, identity_number, phone
from live_server import serving

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "use-the-api.md"


def registration(office: str) -> dict:
    today = timezone.localdate()
    return {
        "name": "岳阳测试食品有限公司", "credit_code": credit_code(), "sector": "民营企业", "industry": "C",
        "economic_type": "150", "affiliation": "90", "established": str(today), "address": "岳阳大道 1 号",
        "postcode": "414000", "office": office, "legal_name": "李法人", "legal_number": identity_number(),
        "agent_name": "张经办", "agent_number": identity_number(), "agent_phone": phone(), "payday": 15,
        "bank": "建设银行岳阳分行", "unit_ratio": "8", "person_ratio": "7.5", "first_month": f"{today:%Y-%m}",
    }  # fmt: skip


def upload(api: Api, number: str, code: str, content: bytes, name: str = "纸.pdf"):
    body = {"code": code, "file": SimpleUploadedFile(name, content)}
    headers = {"Authorization": f"Bearer {api.secret}"}
    return Client().post(f"{ROOT}/cases/{number}/files", body, headers=headers)


@pytest.mark.usefixtures("db")
class TestItems:
    def test_a_unit_registers_and_its_clerk_acts_for_it(self):
        office = Office.objects.create(code="seat", name="测试管理部", place=1)
        clerk = a_clerk()
        api, teller, reviewer = caller(clerk), caller(a_teller()), caller(a_teller("reviewer"))
        opened = api("POST", "/cases", {"item": "U01", "applicant_kind": "unit"}, Idempotency_Key="u01").json()
        number = opened["number"]
        saved = api("PATCH", f"/cases/{number}/answers", {"item": "U01", "answers": registration(office.name)})
        assert saved.status_code == 200, saved.json()
        for code in api("GET", f"/cases/{number}").json()["missing"]:
            assert upload(api, number, code, uploads.pdf()).status_code == 201
        done = api("POST", f"/cases/{number}/submit", {}, If_Match='"0"')
        assert (done.status_code, done.json()["state"], done.json()["office"]) == (200, "accepted", office.name)
        teller("POST", f"/cases/{number}/moves", {"verb": "forward"}, If_Match='"1"')
        approved = reviewer("POST", f"/cases/{number}/moves", {"verb": "approve"}, If_Match='"2"')
        assert approved.json()["state"] == "completed", approved.json()
        unit = Unit.objects.get(number=approved.json()["reference"])
        assert units_of(clerk) == [unit]
        colleague = a_clerk()
        assert caller(colleague)("GET", f"/cases/{number}").status_code == 404
        UnitAgent.objects.create(user=colleague, unit=unit, since=timezone.localdate())
        assert caller(colleague)("GET", f"/cases/{number}").status_code == 200

    def test_a_file_that_the_case_does_not_take_is_not_kept(self):
        from anju.platform.files.models import StoredFile

        api = caller(a_clerk())
        number = api("POST", "/cases", {"item": "U01", "applicant_kind": "unit"}, Idempotency_Key="f").json()["number"]
        before = StoredFile.objects.count()
        refused = upload(api, number, "other", uploads.pdf())
        assert (refused.status_code, refused.json()["field"]) == (422, "material")
        hostile = upload(api, number, "licence", b"MZ program")
        assert (hostile.status_code, hostile.json()["type"]) == (422, "urn:anju:error:FILE_TYPE")
        large = upload(api, number, "licence", b"x" * (10 * 1024 * 1024 + 1))
        assert (large.status_code, large.json()["type"]) == (413, "urn:anju:error:FILE_TOO_LARGE")
        assert StoredFile.objects.count() == before


class TestTokenCommand:
    @pytest.mark.usefixtures("center")
    def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(self):
        user = a_member()
        run = CliRunner().invoke
        made = run(main, ["token", "add", user.username, "--name", "人事系统", "--write", "--days", "10"])
        assert made.exit_code == 0, made.output
        secret = made.stdout.strip()
        assert Api(secret)("GET", "/cases").status_code == 200
        listed = run(main, ["token", "list", "--user", user.username]).stdout
        assert "人事系统" in listed
        assert "有效" in listed
        assert secret not in listed
        assert run(main, ["token", "revoke", listed.split()[0]]).exit_code == 0
        assert Api(secret)("GET", "/cases").status_code == 401
        assert "已撤销" in run(main, ["token", "list", "--user", user.username]).stdout

    @pytest.mark.usefixtures("center")
    def test_what_cannot_be_is_told(self):
        for arguments in (["add", "nobody-at-all", "--name", "x"], ["revoke", "999999999"]):
            refused = CliRunner().invoke(main, ["token", *arguments])
            assert refused.exit_code == 2
            assert "请" in refused.output


@pytest.mark.usefixtures("center")
def test_the_how_to_is_true():
    account, user = an_account(), a_member()
    MemberSignIn.objects.create(user=User.objects.get(pk=user.pk), member=account)
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 7
    script = "\n".join(f"{block}\necho; echo ----" for block in blocks)
    script = script.replace("change-of-address-1", uuid.uuid4().hex)
    with serving() as address:
        ran = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script], capture_output=True, text=True, check=False,
            env={"ANJU": address, "ACCOUNT": account.number, "TOKEN": token_of(user), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = [part.strip() for part in ran.stdout.split("----")]
    submitted, seen, withdrawn, refused = (json.loads(told[at]) for at in (3, 4, 5, 6))
    assert (submitted["state"], seen["verbs"], withdrawn["state"]) == ("accepted", ["withdraw"], "withdrawn")
    assert refused["type"] == "urn:anju:error:API_VERSION_MISSING"
