"""P02 from draft to effect through each channel: what is changed, what stays, and what nobody gets to see."""

import json

import pytest

from anju.cases import answers, catalogue, operations
from anju.cases.declarations import ApplicantKind, Channel, Source
from anju.cases.errors import FormInvalidError, IneligibleError, MaterialsMissingError, UnknownItemError
from anju.cases.models import Case
from anju.cases.states import Verb
from anju.kernel.identity import identity_check_digit, old_form
from anju.platform.models import AuditEntry
from anju.platform.people.errors import OtherPersonError
from anju.platform.people.models import Kind, Person, User
from anju.platform.people.operations import register_person
from anju.registry.changes import MemberChange, change_member
from anju.registry.errors import MemberKnownError, NothingToChangeError, UnknownMemberError
from anju.registry.models import Change, Member, MemberSignIn
from item_walk import (
    AT,
    DAY,
    a_member,
    actor,
    approved,
    caller,
    draft,
    identity_number,
    in_clear,
    move,
    phone,
    serial,
    submit,
)
from threads import in_threads


def application(member: Member, by, channel=Channel.MEMBER, **typed) -> Case:
    return draft("P02", typed, by, channel, ApplicantKind.MEMBER, reference=member.number)


@pytest.mark.usefixtures("db")
class TestTheWay:
    @pytest.mark.parametrize("channel", [Channel.COUNTER, Channel.MEMBER, Channel.API])
    def test_what_is_filled_in_changes_and_the_rest_stays(self, channel):
        by = actor("teller") if channel is Channel.COUNTER else caller(Kind.MEMBER)
        before, fresh = a_member(), phone()
        case = approved(submit(application(before, by, channel, phone=f" {fresh}", address="巴陵中路 8 号"), by))
        after = Member.objects.get(pk=before.pk)
        assert (case.state, case.result, case.subject) == ("completed", {"member": before.number}, "手机号码、通信地址")
        assert (after.phone, after.address, after.email) == (fresh, "巴陵中路 8 号", None)
        assert (after.name, after.identity) == (before.name, before.identity)
        change = Change.objects.get(number=before.number)
        assert json.loads(change.content) == {
            "before": {"phone": before.phone, "address": ""}, "after": {"phone": fresh, "address": "巴陵中路 8 号"},
        }  # fmt: skip
        entry = AuditEntry.objects.get(object_kind="member", object_reference=before.number)
        assert entry.detail == {"fields": ["address", "phone"], "case": case.number}

    def test_a_new_identity_number_is_found_and_the_old_one_no_more(self):
        member, by, fresh = a_member(), caller(Kind.MEMBER), identity_number()
        old = member.identity
        approved(submit(application(member, by, identity_number=fresh.lower(), name="王晓明"), by))
        assert Member.objects.get(identity_index=fresh).name == "王晓明"
        assert not Member.objects.filter(identity_index=old).exists()

    def test_the_person_at_the_members_sign_in_follows(self):
        member, by, fresh = a_member(), caller(Kind.MEMBER), identity_number()
        MemberSignIn.objects.create(user_id=by.user, member=member)
        approved(submit(application(member, by, identity_number=fresh, name="王晓明"), by))
        person = Person.objects.get(identity_index=fresh)
        assert (person.pk, person.name, person.phone) == (by.person, "王晓明", member.phone)
        assert User.objects.get(pk=by.user).display_name == "王晓明"
        taken = identity_number()
        register_person(name="赵六", identity_number=taken)
        waiting = move(submit(application(member, by, identity_number=taken), by), Verb.FORWARD, actor("teller"))
        with pytest.raises(OtherPersonError):
            move(waiting, Verb.APPROVE, actor("reviewer"))
        assert Member.objects.get(pk=member.pk).identity == fresh

    def test_numbers_are_nowhere_in_clear_neither_old_nor_new(self):
        member, by = a_member(), caller(Kind.MEMBER)
        secret = {"identity_number": identity_number(), "phone": phone(), "address": f"秘密路 {phone()} 号"}
        olds = [member.identity, member.phone]
        approved(submit(application(member, by, **secret, email=f"{phone()}@example.cn"), by))
        for words in (*olds, *secret.values()):
            assert in_clear(words) == []

    def test_the_page_gets_what_is_on_record_masked_and_the_draft_gets_nothing(self):
        member, by = a_member(), caller(Kind.MEMBER)
        known = catalogue.item("P02").on_record(reference=member.number)
        assert known["phone"] == f"{member.phone[:3]}****{member.phone[-4:]}"
        assert member.identity[4:-4] not in known["identity_number"]
        assert known["name"] == "王*明"
        assert answers.read(application(member, by)).answers == {}


@pytest.mark.usefixtures("db")
class TestWrongInput:
    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ({"identity_number": "430602900101123"}, "15 位旧证件号码"),
            ({"identity_number": "4306**********1234"}, "18 位"),
            ({"phone": "138****1234"}, "11 位"),
            ({"email": "name@"}, "电子邮箱的格式不对"),
            ({"address": "长" * 10_000}, "最多 200 个字"),
        ],
    )
    def test_the_form_names_the_field(self, typed, told):
        by = caller(Kind.MEMBER)
        with pytest.raises(FormInvalidError, match=told) as refused:
            submit(application(a_member(), by, **typed), by)
        assert set(refused.value.errors) == set(typed)

    @pytest.mark.parametrize("same", [False, True])
    def test_who_changes_nothing_is_told(self, same):
        member, by = a_member(), caller(Kind.MEMBER)
        typed = {"phone": member.phone, "name": f" {member.name}"} if same else {}
        with pytest.raises(IneligibleError, match="没有要变更的内容"):
            submit(application(member, by, **typed), by)

    def test_an_identity_number_that_another_has_is_refused_at_submission_and_at_approval(self):
        member, other, by, fresh = a_member(), a_member("赵六"), caller(Kind.MEMBER), identity_number()
        with pytest.raises(IneligibleError, match="一人只能有一个账户") as told:
            submit(application(member, by, identity_number=other.identity), by)
        assert other.identity not in str(told.value)
        assert "赵" not in str(told.value)
        waiting = move(submit(application(member, by, identity_number=fresh), by), Verb.FORWARD, actor("teller"))
        change_member(
            number=other.number, change=MemberChange(identity_number=fresh), business_date=DAY, actor="x", at=AT
        )
        with pytest.raises(IneligibleError, match="一人只能有一个账户"):
            move(waiting, Verb.APPROVE, actor("reviewer"))

    def test_identity_and_name_need_evidence_and_a_phone_does_not(self):
        member, by = a_member(), caller(Kind.MEMBER)
        case = application(member, by, phone=phone())
        typed = {"name": ["王晓明"], "identity_number": [identity_number()]}
        operations.save_draft(number=case.number, typed=typed, actor=by, at=AT)
        with pytest.raises(MaterialsMissingError) as told:
            submit(case, by)
        assert told.value.missing == ["name_proof", "identity_proof"]
        for code in told.value.missing:
            operations.add_material(
                number=case.number, code=code, actor=by, at=AT, source=Source.SHARED, evidence="核验 1 号"
            )
        assert submit(case, by).state == "accepted"

    def test_who_has_a_passport_gets_the_number_of_the_new_one(self):
        member, other, by, old, new = (
            a_member("Anna·Lee"),
            a_member(),
            actor("teller"),
            f"X{serial()[1:]}",
            f"Y{serial()[1:]}",
        )
        paper = {"document_type": "03", "document_country": "USA"}
        change_member(
            number=member.number, change=MemberChange(document_number=old, **paper), business_date=DAY, actor="x", at=AT
        )
        for wrong, field, told in (
            ({"document_number": new}, "document_type", "选择证件类型"),
            ({"document_type": "03", "document_country": "USA"}, "document_number", "填写证件号码"),
            ({"document_type": "03", "document_number": new}, "document_country", "国家"),
            ({**paper, "document_number": "护照"}, "document_number", "护照号码"),
            ({**paper, "document_number": new, "identity_number": identity_number()}, "document_number", "只能填一种"),
        ):
            with pytest.raises(FormInvalidError, match=told) as refused:
                submit(application(member, by, Channel.COUNTER, **wrong), by)
            assert set(refused.value.errors) == {field}
        with pytest.raises(IneligibleError, match="一人只能有一个账户"):
            submit(application(other, by, Channel.COUNTER, document_number=old.lower(), **paper), by)
        case = application(member, by, Channel.COUNTER, document_number=new.lower(), **paper)
        assert approved(submit(case, by)).state == "completed"
        after = Member.objects.get(pk=member.pk)
        assert (after.identity, after.document_type, after.document_country) == (new, "03", "USA")
        assert in_clear(new) == []
        # An older form of the number is the same person's.
        card = f"430602{19800101}{serial()[-3:]}"
        card += identity_check_digit(card)
        Member.objects.filter(pk=other.pk).update(
            identity_index=Member._meta.get_field("identity_index").digest(old_form(card))
        )
        with pytest.raises(IneligibleError, match="一人只能有一个账户"):
            submit(application(member, by, Channel.COUNTER, identity_number=card), by)

    def test_an_unknown_account_and_another_kind_of_applicant(self):
        by = caller(Kind.MEMBER, "x")
        facts = {"item": "P02", "channel": Channel.MEMBER, "actor": by, "at": AT, "business_date": DAY}
        for kind, reference in ((ApplicantKind.UNIT, "x"), (ApplicantKind.MEMBER, "")):
            with pytest.raises(UnknownItemError):
                operations.open_draft(applicant_kind=kind, reference=reference, **facts)
        case = operations.open_draft(applicant_kind=ApplicantKind.MEMBER, reference="x", **facts)
        operations.save_draft(number=case.number, typed={"phone": [phone()]}, actor=by, at=AT)
        with pytest.raises(UnknownMemberError):
            submit(case, by)


@pytest.mark.usefixtures("center")
class TestAtOnce:
    def test_two_members_with_one_number_get_it_once(self):
        members, fresh = [a_member(), a_member()], identity_number()

        def work(index: int) -> Member:
            change = MemberChange(identity_number=fresh)
            return change_member(number=members[index].number, change=change, business_date=DAY, actor="x", at=AT)

        results = in_threads(work, 2)
        assert sorted(type(each).__name__ for each in results) == ["Member", "MemberKnownError"]
        told = next(each for each in results if isinstance(each, MemberKnownError))
        assert told.field == "identity_number"
        assert Change.objects.filter(number__in=[member.number for member in members]).count() == 1

    def test_the_same_case_again_changes_nothing_more_and_the_same_change_is_told(self):
        member, change = a_member(), MemberChange(phone=phone())
        facts = {"number": member.number, "change": change, "business_date": DAY, "actor": "x", "at": AT}
        change_member(**facts, case=f"P{member.number}")
        change_member(**facts, case=f"P{member.number}")
        assert Change.objects.filter(number=member.number).count() == 1
        with pytest.raises(NothingToChangeError):
            change_member(**facts)
