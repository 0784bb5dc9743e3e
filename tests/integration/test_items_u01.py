"""U01 from draft to effect through each channel; what is typed wrong; two clerks with one unit."""

import uuid

import pytest
from django.db import DatabaseError, connection

from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import FormInvalidError, IneligibleError, MaterialsMissingError
from anju.cases.models import Case, CheckResult
from anju.cases.states import Verb
from anju.kernel.errors import InvalidValueError
from anju.ledger.models import Account
from anju.platform.models import AuditEntry
from anju.platform.people.models import Kind, Office, User
from anju.registry.changes import Registration, register_unit
from anju.registry.errors import UnitKnownError
from anju.registry.items.u01_unit_registration import UnitRegistrationForm
from anju.registry.models import Change, Unit, UnitAgent
from anju.registry.queries import units_of
from item_walk import (
    AT,
    DAY,
    actor,
    approved,
    caller,
    credit_code,
    draft,
    identity_number,
    in_clear,
    move,
    phone,
    submit,
)
from policy_packs import load, own_packs
from threads import in_threads

OFFICE = "市直管理部"


def typed(**other) -> dict:
    return {
        "name": "岳阳测试食品有限公司", "credit_code": credit_code(), "sector": "民营企业", "industry": "C",
        "economic_type": "150", "affiliation": "90", "established": "2026-05-06", "address": "岳阳大道 1 号",
        "postcode": "414000", "office": OFFICE, "legal_name": "李法人", "legal_document_type": "01",
        "legal_number": identity_number(), "agent_name": "张经办", "agent_number": identity_number(),
        "agent_phone": phone(), "payday": "15", "bank": "建设银行岳阳分行", "unit_ratio": "8", "person_ratio": "7.5",
        "first_month": "2026-05", **other,
    }  # fmt: skip


def application(by, channel=Channel.EMPLOYER, **other) -> Case:
    Office.objects.get_or_create(name=OFFICE, defaults={"code": "shizhi", "place": 1})
    return draft("U01", typed(**other), by, channel, ApplicantKind.UNIT)


@pytest.mark.usefixtures("db")
class TestTheWay:
    @pytest.mark.parametrize("channel", [Channel.COUNTER, Channel.EMPLOYER, Channel.API])
    def test_from_draft_to_a_unit_with_number_suspense_account_and_clerk(self, channel):
        by = actor("teller") if channel is Channel.COUNTER else caller(Kind.UNIT)
        case = approved(submit(application(by, channel), by))
        unit = Unit.objects.get(number=case.result["unit"])
        assert (case.state, case.applicant_reference, case.subject) == ("completed", unit.number, unit.name)
        assert case.office.name == OFFICE
        assert (unit.unit_ratio, unit.person_ratio, unit.paid_to, unit.payday) == (80_000, 75_000, 202604, 15)
        assert (unit.number[0], len(unit.number), unit.opened_date) == ("D", 10, DAY)
        account = Account.objects.get(pk=unit.suspense_id)
        assert (account.number, account.subject_id) == (unit.number, "219")
        agents = [] if channel is Channel.COUNTER else [by.user]
        assert list(UnitAgent.objects.filter(unit=unit).values_list("user", flat=True)) == agents
        if agents:
            assert units_of(User.objects.get(pk=by.user)) == [unit]
        change = Change.objects.get(number=unit.number)
        assert (change.kind, change.case_number, change.day) == ("unit_registered", case.number, DAY)
        entry = AuditEntry.objects.get(object_kind="unit", object_reference=unit.number)
        assert "credit_code" in entry.detail["fields"]

    def test_numbers_of_persons_are_nowhere_in_clear(self):
        by = caller(Kind.UNIT)
        secret = {"legal_number": identity_number(), "agent_number": identity_number(), "agent_phone": phone()}
        case = approved(submit(application(by, **secret), by))
        unit = Unit.objects.get(number=case.result["unit"])
        assert {name: getattr(unit, name) for name in secret} == secret
        assert [in_clear(words) for words in secret.values()] == [[], [], []]
        assert in_clear(unit.number)  # the search finds what is there

    def test_a_passport_is_taken_for_the_legal_representative(self):
        by = caller(Kind.UNIT)
        case = approved(submit(application(by, legal_document_type="03", legal_number=" e1234 5678"), by))
        assert Unit.objects.get(number=case.result["unit"]).legal_number == "E12345678"

    def test_the_authorisation_may_follow_and_the_licence_may_not(self):
        by = caller(Kind.UNIT)
        case = application(by)
        case.materials.filter(code__in=["authorisation", "licence"]).update(removed_at=AT)
        with pytest.raises(MaterialsMissingError) as told:
            submit(case, by, tolerate=["authorisation", "licence"])
        assert told.value.missing == ["licence"]
        case.materials.filter(code="licence").update(removed_at=None)
        assert [t.code for t in submit(case, by, tolerate=["authorisation"]).tolerances.all()] == ["authorisation"]

    def test_who_comes_late_is_registered_with_a_remark(self):
        by = caller(Kind.UNIT)
        case = submit(application(by, established="2026-04-10", first_month="2026-04"), by)
        (late,) = CheckResult.objects.filter(case=case, rule="U01-3")
        assert (late.passed, late.blocking) == (False, False)
        assert "2026-05-10" in late.message
        old = submit(application(by, established="1952-10-01", first_month="2026-05"), by)
        assert not CheckResult.objects.get(case=old, rule="U01-3").passed
        on_time = submit(application(by, established="2026-04-11", first_month="2026-04"), by)
        assert CheckResult.objects.get(case=on_time, rule="U01-3").passed


WRONG_FORM = [
    ("credit_code", "91430600MA4L16N75X", "校验码"),
    ("credit_code", "91430600MA4L16N75I", "不含 I"),
    ("agent_number", "430602900101123", "15 位旧证件号码"),
    ("legal_number", "430602199001011230", "校验码|出生日期"),
    ("agent_phone", "0730-8888888", "11 位"),
    ("unit_ratio", "5.005", "最多两位小数"),
    ("person_ratio", "八", "百分数"),
    ("payday", "31", "1 至 28"),
    ("payday", "0", "1 至 28"),
    ("established", "2026-02-30", "日期应为"),
    ("established", "9999-12-31", "日期应为"),
    ("first_month", "2026-13", "年月应为"),
    ("postcode", "41400", "6 位数字"),
    ("name", "长" * 10_000, "最多 120 个字"),
    ("industry", "Z", "没有此选项"),
    ("office", "别处管理部", "没有此选项"),
    ("bank", "", "请填写此项"),
]  # fmt: skip
UNFIT = [
    ("unit_ratio", "4.99", "单位缴存比例应在 5% 至 12% 之间"),
    ("person_ratio", "12.01", "个人缴存比例应在 5% 至 12% 之间"),
    ("established", "2026-05-12", "不能晚于今天"),
    ("first_month", "2026-04", "不能早于设立的月份"),
    ("first_month", "2062-05", "最晚可填 2027-05"),
]


@pytest.mark.usefixtures("db")
class TestWrongInput:
    @pytest.mark.parametrize(("field", "text", "told"), WRONG_FORM)
    def test_the_form_names_the_field_and_says_what_to_do(self, field, text, told):
        by = caller(Kind.UNIT)
        with pytest.raises(FormInvalidError, match=told) as refused:
            submit(application(by, **{field: text}), by)
        assert set(refused.value.errors) == {field}

    @pytest.mark.parametrize(("field", "text", "told"), UNFIT)
    def test_the_rules_name_the_field_and_say_what_to_do(self, field, text, told):
        by = caller(Kind.UNIT)
        with pytest.raises(IneligibleError, match=told) as refused:
            submit(application(by, **{field: text}), by)
        assert refused.value.field == field
        assert Case.objects.get(opened_by=by.user).state == "draft"

    def test_the_centers_own_book_bounds_the_ratios_when_it_has_one(self, tmp_path):
        by = caller(Kind.UNIT)
        submit(application(by, unit_ratio="11"), by)
        load(own_packs(tmp_path, ("value: 12%", "value: 10%"), file="national/guidance.yaml"))
        with pytest.raises(IneligibleError, match="应在 5% 至 10% 之间"):
            submit(application(by, unit_ratio="11"), by)

    def test_a_nul_byte_is_refused_when_saved(self):
        with pytest.raises(InvalidValueError, match="控制字符"):
            application(caller(Kind.UNIT), name="甲\x00乙")

    def test_full_width_digits_and_spaces_are_read_as_meant(self):
        Office.objects.get_or_create(name=OFFICE, defaults={"code": "shizhi", "place": 1})
        plain = typed()
        wide = {
            name: text.translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)})
            for name, text in plain.items()
            if name not in {"economic_type", "affiliation", "legal_document_type", "address"}
        }
        forms = [UnitRegistrationForm({**plain, **texts}) for texts in ({}, wide)]
        assert [form.is_valid() for form in forms] == [True, True], forms[1].errors
        assert forms[0].cleaned_data == forms[1].cleaned_data

    def test_a_unit_that_is_registered_is_told_where_and_nothing_else(self):
        by, other, code = caller(Kind.UNIT), caller(Kind.UNIT), credit_code()
        approved(submit(application(by, credit_code=code), by))
        with pytest.raises(IneligibleError, match=f"已在{OFFICE}登记") as told:
            submit(application(other, credit_code=code), other)
        assert "食品" not in str(told.value)

    def test_of_two_applications_the_second_is_told_at_approval(self):
        by, other, code = caller(Kind.UNIT), caller(Kind.UNIT), credit_code()
        first, second = (submit(application(who, credit_code=code), who) for who in (by, other))
        second = move(second, Verb.FORWARD, actor("teller"))
        approved(first)
        with pytest.raises(IneligibleError, match="请勿重复办理"):
            move(second, Verb.APPROVE, actor("reviewer"))
        assert Case.objects.get(pk=second.pk).state == "review"


def registration(**other) -> Registration:
    Office.objects.get_or_create(name=OFFICE, defaults={"code": "shizhi", "place": 1})
    form = UnitRegistrationForm(typed(**other))
    assert form.is_valid(), form.errors
    return Registration(**form.cleaned_data)


@pytest.mark.usefixtures("center")
class TestAtOnce:
    def test_two_clerks_with_one_unit_make_one(self):
        wanted = registration()

        def work(index: int) -> Unit:
            return register_unit(registration=wanted, business_date=DAY, actor=f"clerk{index}", at=AT)

        results = in_threads(work, 4)
        assert sorted(type(each).__name__ for each in results) == ["Unit", *["UnitKnownError"] * 3]
        unit = Unit.objects.get(credit_code=wanted.credit_code)
        assert Account.objects.filter(number=unit.number).count() == 1
        assert Change.objects.filter(number=unit.number).count() == 1
        told = next(each for each in results if isinstance(each, UnitKnownError))
        assert told.field == "credit_code"

    def test_two_reviewers_of_two_applications_register_one_unit(self):
        code = credit_code()
        waiting = []
        for _each in range(2):
            by = caller(Kind.UNIT)
            waiting.append(move(submit(application(by, credit_code=code), by), Verb.FORWARD, actor("teller")))
        reviewers = [actor("reviewer"), actor("reviewer")]
        results = in_threads(lambda index: move(waiting[index], Verb.APPROVE, reviewers[index]), 2)
        assert sorted(isinstance(each, Case) for each in results) == [False, True]
        (refused,) = [each for each in results if not isinstance(each, Case)]
        assert isinstance(refused, UnitKnownError | IneligibleError)
        assert Unit.objects.filter(credit_code=code).count() == 1
        assert sorted(Case.objects.filter(pk__in=[w.pk for w in waiting]).values_list("state", flat=True)) == [
            "completed", "review",
        ]  # fmt: skip

    def test_the_same_case_again_is_the_same_unit(self):
        wanted, case = registration(), f"X{uuid.uuid4().hex[:12]}"
        facts = {"registration": wanted, "business_date": DAY, "actor": "clerk", "at": AT, "case": case}
        assert register_unit(**facts).number == register_unit(**facts).number

    def test_what_was_changed_stays_on_file(self):
        unit = register_unit(registration=registration(), business_date=DAY, actor="clerk", at=AT)
        for statement in ("DELETE FROM registry_change", "UPDATE registry_change SET number = 'x'"):
            refused = pytest.raises(DatabaseError, match="is refused")
            with refused, connection.cursor() as cursor:
                cursor.execute(f"{statement} WHERE number = %s", [unit.number])
