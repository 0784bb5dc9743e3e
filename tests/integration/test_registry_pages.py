"""Units and members as staff see them: found by a search in a POST, masked, recorded, and opened further for a reason."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from anju.kernel.periods import Month
from anju.platform.models import AuditEntry
from anju.platform.people.models import Kind
from anju.platform.people.operations import open_sign_in, register_person
from anju.registry.accounts import Deed, Joining, move
from anju.registry.agents import set_powers
from anju.registry.freezes import Order, freeze
from anju.registry.models import Change, Member, Unit, UnitAgent
from anju.registry.openings import Opening, open_members
from item_walk import AT, DAY, identity_number, phone, serial
from portal_walk import a_unit, clerk
from sign_ins import staff

pytestmark = [pytest.mark.usefixtures("db")]


def browser(role: str) -> Client:
    client = Client()
    client.force_login(staff(f"{role}{serial()}", role, name="张三丰"))
    return client


def text_of(response) -> str:
    return unescape(response.content.decode())


def people(unit, *names: str) -> list[Member]:
    openings = [
        Opening(name=name, document_number=identity_number(), phone=phone(), base=500_000, first_month=Month(2026, 5))
        for name in names
    ]
    numbers = open_members(unit_number=unit.number, openings=openings, business_date=DAY, actor="x", at=AT)
    return [Member.objects.get(number=number) for number in numbers]


def test_a_name_lists_people_masked_and_a_number_leads_on():
    unit, teller = a_unit("骥骐测试厂"), browser("teller")
    one, two = people(unit, "骉骉文", "骉骉武")
    page = text_of(teller.post("/members/", {"number": "biaobiao"}))
    for member in (one, two):
        assert f'href="/members/{member.number}/"' in page
        assert member.name not in page
        assert member.identity not in page
    assert "骉*文" in page
    assert unit.name in page
    entry = AuditEntry.objects.filter(action="member.search").latest("id")
    assert entry.detail == {"page": "members", "shown": 2, "more": False}
    for number in (one.number, one.identity, one.phone):
        assert teller.post("/members/", {"number": number})["Location"] == f"/members/{one.number}/"
    assert "没有找到姓名或拼音" in text_of(teller.post("/members/", {"number": "zzzzzz"}))


def test_a_unit_is_found_and_shows_what_stands_on_its_file():
    unit, auditor = a_unit("骥骐测试厂"), browser("auditor")
    user = clerk(unit)
    set_powers(unit_number=unit.number, username=user.username, powers=["remit"], business_date=DAY, actor="x", at=AT)
    for asked in ("骐测试", "jqcsc", unit.number, unit.credit_code):
        assert f'href="/units/{unit.number}/"' in text_of(auditor.post("/units/", {"text": asked})), asked
    assert "没有找到单位" in text_of(auditor.post("/units/", {"text": "骐试"}))
    Unit.objects.filter(pk=unit.pk).update(industry="C", economic_type="150", bank_name="建设银行岳阳分行")
    page = text_of(auditor.get(f"/units/{unit.number}/"))
    for told in ("制造业", "有限责任（公司）", "建设银行岳阳分行"):
        assert told in page
    assert user.username in page
    assert user.display_name not in page
    assert "汇缴与补缴" in page
    assert f"/units/{unit.number}/agents/" not in page
    assert auditor.get("/units/0/").status_code == 404


def test_the_people_of_a_unit_page_by_page_and_searched_inside():
    unit, elsewhere, teller = a_unit(), a_unit(), browser("teller")
    people(elsewhere, "骉骉文")
    rows = people(unit, "骉骉武", *(["王小明"] * 50))
    address = f"/units/{unit.number}/people/"
    pages = "".join(text_of(teller.get(f"{address}?page={page}")) for page in (1, 2))
    seen = {row.number for row in rows if row.number in pages}
    assert seen == {row.number for row in rows}
    found = text_of(teller.post(address, {"number": "骉"}))
    assert found.count('href="/members/') - found.count('href="/members/"') == 1
    assert rows[0].number in found
    assert "本单位没有这样的职工" in text_of(teller.post(address, {"number": "没有"}))
    assert "请填写姓名" in text_of(teller.post(address, {"number": ""}))
    looks = AuditEntry.objects.filter(action="unit.people", object_reference=unit.number).order_by("id")
    assert [(look.detail["searched"], look.detail["shown"]) for look in looks] == [
        (False, 50), (False, 1), (True, 1), (True, 0), (True, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["unit", "member"])
def test_what_a_change_was_is_told_for_a_reason_only(kind):
    unit, auditor = a_unit(), browser("auditor")
    (member,) = people(unit, "骉骉文")
    user = clerk(unit)
    set_powers(unit_number=unit.number, username=user.username, powers=[], business_date=DAY, actor="x", at=AT)
    number, secret = (unit.number, user.username) if kind == "unit" else (member.number, member.identity)
    address = f"/{kind}s/{number}/changes/"
    for page in (
        auditor.get(address),
        auditor.post(address, {"reason": ""}),
        auditor.post(address, {"reason": phone()}),
    ):
        assert page.status_code == 200
        assert secret not in text_of(page)
    assert not AuditEntry.objects.filter(action=f"{kind}.changes").exists()
    opened = text_of(auditor.post(address, {"reason": "信访核查"}))
    assert secret in opened
    entry = AuditEntry.objects.get(action=f"{kind}.changes")
    assert (entry.object_reference, entry.detail) == (number, {"reason": "信访核查"})
    assert secret not in str(entry.detail)


def test_a_teller_gives_powers_and_others_do_not():
    unit, other = a_unit(), a_unit()
    user = clerk(unit)
    agent = UnitAgent.objects.get(user=user)
    address = f"/units/{unit.number}/agents/{agent.pk}/"
    for role in ("auditor", "reviewer", "system_admin"):
        assert browser(role).post(address, {"powers": []}).status_code == 403
    teller = browser("teller")
    assert teller.get(f"/units/{other.number}/agents/{agent.pk}/").status_code == 404
    assert "没有这项权限" in text_of(teller.post(address, {"powers": ["everything"]}))
    assert teller.post(address, {"powers": ["members", "remit"]})["Location"] == f"/units/{unit.number}/"
    agent.refresh_from_db()
    assert agent.powers == ["remit", "members"]
    assert "权限没有变化" in text_of(teller.post(address, {"powers": ["remit", "members"]}))


def test_a_teller_adds_an_agent_by_the_card_on_the_counter_and_ends_one_who_left():
    unit, teller = a_unit(), browser("teller")
    number, left = identity_number(), clerk(unit)
    person = register_person(name="周桂兰", identity_number=number)
    user = open_sign_in(username=f"z{serial()}", password=None, person=person, by="x", at=AT, kind=Kind.UNIT)
    address, portal = f"/units/{unit.number}/agents/new/", Client()
    portal.force_login(user)
    assert f'href="{address}"' in text_of(teller.get(f"/units/{unit.number}/"))
    for wrong in (
        {"username": user.username, "identity_number": identity_number()},
        {"username": "nobody-at-all", "identity_number": number},
    ):
        page = text_of(teller.post(address, {**wrong, "powers": ["remit"]}))
        assert "不是此证件号码本人的" in page
        assert f'value="{wrong["username"]}"' in page
    assert not UnitAgent.objects.filter(user=user).exists()
    typed = {"username": user.username, "identity_number": number, "powers": ["remit"]}
    assert teller.post(address, typed)["Location"] == f"/units/{unit.number}/"
    assert UnitAgent.objects.get(user=user, unit=unit).powers == ["remit"]
    assert unit.name in text_of(portal.get("/employer/"))
    assert "已是该单位的经办人" in text_of(teller.post(address, typed))
    gone = Client()
    gone.force_login(left)
    assert unit.name in text_of(gone.get("/employer/"))
    agent = UnitAgent.objects.get(user=left)
    assert teller.post(f"/units/{unit.number}/agents/{agent.pk}/", {"ends": "on"}).status_code == 302
    assert unit.name not in text_of(gone.get("/employer/"))
    told = [json.loads(row.content) for row in Change.objects.filter(number=unit.number).order_by("id")]
    assert [row["after"]["agent"] for row in told] == [user.username, ""]
    assert told[1]["before"]["agent"] == left.username
    Unit.objects.filter(pk=unit.pk).update(state="04", closed_date=DAY)
    assert "已销户" in text_of(teller.post(address, typed))


@pytest.mark.usefixtures("business_days")
def test_freezes_stand_in_their_order_on_the_member_and_in_the_ledger_of_all(monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda: DAY)
    first, second = people(a_unit(), "骉骉文", "骉骉武")
    for member, days, amount in ((first, 40, None), (first, 10, 700), (second, 20, 900)):
        order = Order(
            document=f"执{days}号", court="岳阳中院", officer="张三", amount=amount, last_day=DAY + timedelta(days)
        )
        freeze(number=member.number, order=order, deed=Deed(business_date=DAY, actor="甲", at=AT, case=f"F{serial()}"))
    page = text_of(browser("teller").get(f"/members/{first.number}/"))
    table = page[page.index("司法冻结") :]
    places = re.findall(
        r'<th scope="row">(\d)</th><td>岳阳中院</td><td>(执\d+号)</td><td class="amount">([^<]+)<', table
    )
    assert places == [("1", "执40号", "全额"), ("2", "执10号", "7.00")]
    reviewer = browser("reviewer")
    shown, soon = (text_of(reviewer.get(f"/freezes/{query}")) for query in ("", "?soon=1"))
    assert re.findall("执[124]0号", shown) == ["执10号", "执20号", "执40号"]
    assert re.findall("执[124]0号", soon) == ["执10号", "执20号"]
    assert re.search(rf"{first.number}</th><td>骉\*文</td><td>[^<]*</td><td>2</td>", soon)
    assert "/members/" not in soon.split("<main")[1]  # a reviewer opens no account
    assert AuditEntry.objects.filter(action="freezes.list").latest("id").detail["soon"] is True
    assert browser("accountant").get("/freezes/").status_code == 403


def test_moves_stand_on_the_member_and_on_both_units():
    old, new, teller = a_unit("骥骐旧厂"), a_unit("骥骐新厂"), browser("teller")
    member, second = people(old, "骉骉文", "骉骉武")
    for each, day in ((member, DAY), (second, DAY + timedelta(1))):
        deed = Deed(business_date=day, actor="甲", at=AT, case=f"M{serial()}")
        move(unit=new.number, joining=[Joining(each.number, 600_000)], first_month=Month(2026, 6), deed=deed)
    page = text_of(teller.get(f"/members/{member.number}/"))
    assert re.search(
        r"同城转移</td><td>骥骐旧厂</td><td>骥骐新厂</td><td class=\"amount\">0.00</td><td class=\"amount\">0<", page
    )
    for unit, counted, words in ((old, "0 1", "转出"), (new, "1 0", "转入")):
        period = f"?start={DAY}&end={DAY}"
        shown = text_of(teller.get(f"/units/{unit.number}/{period}"))
        found = re.findall(r'<th scope="row">转[入出]</th><td class="amount">(\d)</td>', shown)
        assert " ".join(found) == counted
        listed = text_of(teller.get(f"/units/{unit.number}/moves/{period}"))
        assert (member.number in listed, second.number in listed, words in listed) == (True, False, True)
        assert member.name not in listed
    assert browser("accountant").get(f"/units/{old.number}/moves/").status_code == 403
    assert AuditEntry.objects.filter(action="unit.moves", object_reference=new.number).exists()
