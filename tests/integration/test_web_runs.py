"""Pages and commands of batch runs: what is shown, who may intervene, nothing by a mere look."""

import csv
import io
import json
import uuid
from datetime import UTC, date, datetime
from html import unescape

import pytest
from click.testing import CliRunner
from django.db import connections
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from anju.cli.main import main
from anju.platform.runs import queries
from anju.platform.runs.declarations import Column, Count, Job, Rule, register, statement
from anju.platform.runs.models import RunState
from anju.platform.runs.operations import open_run, stage, work
from sign_ins import staff

pytestmark = [pytest.mark.usefixtures("db")]
AT, DAY = datetime(2024, 5, 6, 1, tzinfo=UTC), date(2024, 5, 6)
JOB = Job(
    name="test-pages",
    title="测试批扣",
    staging="runs_pages_stage",
    columns=(Column("amount", "金额"), Column("name", "姓名", personal=True)),
    rules=(Rule(code="AMOUNT", column="amount", message="金额须大于零", bad="s.amount <= 0"),),
    bad_rows="set_aside",
    work=statement(
        "SELECT count(*) AS loans, sum(amount / (line <> 5)::int) AS amount FROM runs_pages_stage"
        " WHERE run_id = %(run)s AND line BETWEEN %(low)s AND %(high)s"
    ),
    chunk=2,
    counts=(Count("loans", "笔数"), Count("amount", "扣款", money=True)),
)
ROSTER = Job(
    name="test-pages-roster", title="测试清册", staging=JOB.staging, columns=JOB.columns, rules=JOB.rules, work=JOB.work
)


@pytest.fixture(scope="module", autouse=True)
def _table(django_db_setup, django_db_blocker):
    for job in (JOB, ROSTER):
        register(job)
    with django_db_blocker.unblock(), connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE UNLOGGED TABLE runs_pages_stage (run_id bigint NOT NULL, line bigint NOT NULL, amount bigint,"
            " name text, PRIMARY KEY (run_id, line))"
        )
        cursor.execute("GRANT SELECT, INSERT, DELETE ON runs_pages_stage TO anju_app")
    yield
    with django_db_blocker.unblock(), connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE runs_pages_stage")


@pytest.fixture
def browser():
    def signed_in(role: str) -> Client:
        client = Client()
        client.force_login(staff(f"u-{uuid.uuid4().hex}", role))
        return client

    return signed_in


def staged(
    job: Job = JOB, rows=((1, 100, "王小明"), (2, 250, "李四"), (3, 0, "赵=六"), (5, 7, "孙七"), (6, 7, "周八"))
) -> int:
    run_id = open_run(job=job.name, key=uuid.uuid4().hex, params={}, business_date=DAY, maker="甲", at=AT).run.pk
    stage(run_id=run_id, rows=rows, at=AT)
    return run_id


def partial() -> int:
    run_id = staged()
    assert work(run_id=run_id, clock=lambda: AT).state is RunState.PARTIAL
    return run_id


def text(response) -> str:
    return unescape(response.content.decode())


def test_the_list_and_the_page_tell_state_progress_cause_and_problem(browser):
    run_id = partial()
    client = browser("teller")
    listed = text(client.get(reverse("runs")))
    assert "测试批扣" in listed
    assert "部分完成" in listed
    page = text(client.get(reverse("run", args=[run_id])))
    assert '<progress max="4" value="2"' in page
    assert "已处理 2 行，共 4 行；1 段，共 2 段" in page
    assert "数据库拒绝：错误代码 22012" in page
    assert "扣款（元）</dt><dd>3.50" in page
    assert "金额须大于零" in page
    assert "http-equiv" not in page


def test_a_page_asks_for_itself_again_only_when_told_to_and_only_while_its_run_lives(browser):
    run_id = staged()
    address, client = reverse("run", args=[run_id]), browser("auditor")
    assert "http-equiv" not in text(client.get(address))
    assert f"{address}?auto" in text(client.get(address))
    page = text(client.get(f"{address}?auto"))
    assert '<meta http-equiv="refresh" content="5">' in page
    assert "停止自动刷新" in page
    work(run_id=run_id, clock=lambda: AT)
    assert "http-equiv" not in text(client.get(f"{address}?auto"))


def test_problems_are_exported_with_persons_masked(browser):
    run_id = staged(ROSTER, [(7, -5, "王小明"), (9, 0, "李四")])
    response = browser("auditor").get(reverse("run-problems-csv", args=[run_id]))
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[1:] == [["7", "金额", "-5", "金额须大于零", "AMOUNT"], ["9", "金额", "0", "金额须大于零", "AMOUNT"]]
    page = text(browser("auditor").get(reverse("run", args=[run_id])))
    assert "已退回" in page
    assert "王小明" not in page


@pytest.mark.parametrize("role", ["teller", "auditor"])
def test_readers_see_no_button_and_may_not_press_one(browser, role):
    run_id, client = partial(), browser(role)
    page = text(client.get(reverse("run", args=[run_id])))
    for verb in ("run-cancel", "run-retry"):
        address = reverse(verb, args=[run_id])
        assert address not in page
        assert client.post(address).status_code == 403
    assert queries.standing(run_id=run_id).retriable


@pytest.mark.parametrize("role", ["director", "accountant"])
def test_retry_asks_first_then_queues_the_run(browser, role):
    run_id, client = partial(), browser(role)
    address = reverse("run-retry", args=[run_id])
    assert address in text(client.get(reverse("run", args=[run_id])))
    assert "1 段将由后台重新处理" in text(client.get(address))
    assert queries.standing(run_id=run_id).failed == 1
    page = text(client.post(address, follow=True))
    assert "已重新排队" in page
    assert ProcrastinateJob.objects.filter(args={"run_id": run_id}, status="todo").count() == 1
    assert "没有可以重试的失败分段" in text(client.post(address, follow=True))


def test_cancel_asks_first_keeps_what_is_done_and_says_who(browser):
    run_id, client = staged(), browser("director")
    work(run_id=run_id, clock=lambda: AT, limit=1)
    address = reverse("run-cancel", args=[run_id])
    assert "已处理的 2 行保留；尚未处理的 1 段不再处理" in text(client.get(address))
    page = text(client.post(address, follow=True))
    told = queries.standing(run_id=run_id)
    assert (told.state, told.done) == (RunState.CANCELLED, 1)
    assert f"{told.run.cancelled_by} 于 " in page
    assert "已经结束" in text(client.get(address))


def test_a_run_that_is_not_there_is_not_found(browser):
    client = browser("director")
    for name in ("run", "run-cancel", "run-retry", "run-problems-csv"):
        for number in (0, 2**62, 2**70):
            assert client.get(reverse(name, args=[number])).status_code == 404
    assert client.get(f"{reverse('runs')}?page=9").status_code == 404


class TestCommands:
    """`anju runs` in this process: its `ensure` finds server, Django and schema ready."""

    @pytest.fixture(autouse=True)
    def _here(self, monkeypatch):
        monkeypatch.setattr("anju.cli.django_setup.ensure", lambda **_options: None)

    def run(self, *arguments: str):
        return CliRunner().invoke(main, ["runs", *arguments])

    def test_list_show_and_problems(self, tmp_path):
        run_id = str(partial())
        assert "部分完成" in self.run().output
        facts = json.loads(self.run("show", run_id, "--json").output)
        assert (facts["state"], facts["rows_done"], facts["counts"]) == ("partial", 2, {"loans": 2, "amount": 350})
        assert facts["failed"][0]["sqlstate"] == "22012"
        assert self.run("show", run_id).exit_code == 1
        assert "第 3 行 金额「0」金额须大于零 [AMOUNT]" in self.run("problems", run_id).output
        file = tmp_path / "problems.csv"
        assert self.run("problems", run_id, "--csv", str(file)).exit_code == 0
        assert "3,金额,0,金额须大于零,AMOUNT" in file.read_text(encoding="utf-8-sig")

    def test_work_retry_and_cancel(self):
        run_id = str(staged())
        assert "处理中" in self.run("work", run_id, "--limit", "1").output
        assert "部分完成" in self.run("work", run_id).output
        assert "处理中" in self.run("retry", run_id).output
        assert ProcrastinateJob.objects.filter(args={"run_id": int(run_id)}).exists()
        assert "已取消" in self.run("cancel", run_id).output
        again = self.run("cancel", run_id)
        assert (again.exit_code, "RUN_STATE" in again.output) == (2, True)
        assert self.run("show", "999999999").exit_code == 2
