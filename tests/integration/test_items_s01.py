"""S01 from draft to a written answer and a rating, through each channel."""

import pytest

from anju.cases import operations, queries
from anju.cases.declarations import ApplicantKind, Channel
from anju.cases.errors import FormInvalidError, NotAllowedError, WrongStateError
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.kernel.errors import InvalidValueError
from anju.platform.people.models import Kind
from item_walk import AT, actor, caller, draft, in_clear, move, phone, submit

pytestmark = pytest.mark.usefixtures("db")
REPLY = {"reply": ["经核实，贵单位已于五月补缴。\n依据条例第十九条。"]}
DOORS = [
    (Channel.COUNTER, "service", ApplicantKind.PERSON),
    (Channel.HOTLINE, "service", ApplicantKind.PERSON),
    (Channel.MEMBER, Kind.MEMBER, ApplicantKind.MEMBER),
    (Channel.EMPLOYER, Kind.UNIT, ApplicantKind.UNIT),
]


def application(by, channel=Channel.MEMBER, applicant=ApplicantKind.MEMBER, **other) -> Case:
    typed = {"kind": "complaint", "about": "单位三个月没有缴存。\n多次反映没有结果。", **other}
    return draft("S01", typed, by, channel, applicant)


def by_of(who):
    return caller(who) if isinstance(who, Kind) else actor(who)


@pytest.mark.parametrize(("channel", "who", "applicant"), DOORS)
def test_from_question_to_written_answer_and_rating(channel, who, applicant):
    by = by_of(who)
    case = submit(application(by, channel, applicant), by)
    assert (case.state, case.waits_for, case.subject, str(case.due)) == ("accepted", "service", "投诉", "2026-05-18")
    assert queries.reply(case) == ""
    case = move(case, Verb.APPROVE, actor("service"), handling=REPLY)
    assert (case.state, queries.reply(case)) == ("completed", REPLY["reply"][0])
    rated = operations.rate(number=case.number, score=4, words="答复清楚", actor=by, at=AT)
    assert rated.score == 4


def test_taken_up_again_within_thirty_days_the_new_answer_counts():
    by, service = caller(Kind.MEMBER), actor("service")
    case = move(submit(application(by), by), Verb.APPROVE, service, handling=REPLY)
    case = move(case, Verb.REOPEN, by, reason="没有说到滞纳")
    assert (case.state, queries.reply(case)) == ("accepted", "")
    case = move(case, Verb.APPROVE, service, handling={"reply": ["滞纳金另行核算。"]})
    assert queries.reply(case) == "滞纳金另行核算。"


def test_without_an_answer_nothing_moves_and_only_customer_service_answers():
    by = caller(Kind.MEMBER)
    case = submit(application(by), by)
    with pytest.raises(FormInvalidError) as told:
        move(case, Verb.APPROVE, actor("service"), handling={"reply": ["  "]})
    assert set(told.value.errors) == {"reply"}
    with pytest.raises(NotAllowedError):
        move(case, Verb.APPROVE, actor("teller"), handling=REPLY)
    with pytest.raises(WrongStateError):
        move(case, Verb.FORWARD, actor("service"), handling=REPLY)
    assert Case.objects.get(pk=case.pk).version == case.version


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"kind": "quarrel"}, "没有此选项"),
        ({"about": ""}, "请填写此项"),
        ({"about": "长" * 10_000}, "最多 2000 个字，现有 10000 个"),
        ({"phone": "12329"}, "11 位"),
    ],
)
def test_wrong_answers_are_told(typed, told):
    by = caller(Kind.MEMBER)
    with pytest.raises(FormInvalidError, match=told):
        submit(application(by, **typed), by)


def test_words_and_phone_are_sealed_and_a_nul_byte_is_refused():
    by, secret = caller(Kind.MEMBER), phone()
    case = submit(application(by, about=f"请打 {secret} 联系", phone=secret), by)
    case = move(case, Verb.APPROVE, actor("service"), handling={"reply": [f"已致电 {secret}"]})
    assert secret in queries.reply(case)
    assert in_clear(secret) == []
    with pytest.raises(InvalidValueError, match="控制字符"):
        application(by, about="甲\x00")
