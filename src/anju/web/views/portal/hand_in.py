"""Handing in: check your answers, submit once however often the button is pressed, the confirmation and the receipt."""

from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from anju.cases import answers, catalogue, operations
from anju.cases.errors import (
    FormInvalidError,
    IneligibleError,
    MaterialsMissingError,
    StaleCaseError,
    StaleDraftError,
)
from anju.cases.models import Case, CaseEvent, Tolerance
from anju.cases.states import State, Verb
from anju.cases.transition import lock
from anju.contributions.models import Bill
from anju.contributions.models_certificates import Certificate
from anju.kernel.errors import AnjuError
from anju.platform.people.models import Kind
from anju.web.bill_view import facts
from anju.web.case_view import answer_groups, applicant_name, clean_part, paper_list, preview_of, result_title
from anju.web.parts import Answer, Link
from anju.web.views.portal.doors import Portal, Visit
from anju.web.views.portal.filling import Filling, filling_of, tolerance_due

_ACCEPTANCES = (Verb.SUBMIT, Verb.RESUPPLY)


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """Everything that was typed, once more; its button hands it in."""
    visit = Visit(request, portal)
    filling = filling_of(visit, number)
    if request.method == "POST":
        return _submit(visit, number, filling)
    return visit.go("case", number) if filling is None else _page(visit, filling)


@require_safe
def done(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """It was handed in: its number, its deadline, and what happens next."""
    visit = Visit(request, portal)
    case = visit.case(number)
    if case.submitted_date is None or case.state == State.SUPPLEMENT:
        return visit.go("case", number)
    links = [
        Link(_("查看进度"), visit.url("case", number)), Link(_("打印受理单"), visit.url("receipt", number)),
        Link(_("回到首页"), visit.url("home")),
    ]  # fmt: skip
    item = catalogue.find(case.item)
    ended = case.state == State.COMPLETED
    bill = Bill.objects.select_related("unit", "member").filter(case_number=number).first() if ended else None
    paper = Certificate.objects.filter(number=case.result.get("certificate", ""), revoked_date=None).first()
    if portal.kind == Kind.MEMBER and paper is not None:
        links.insert(0, Link(_("下载证明（PDF）"), visit.url("certificate", paper.number)))
    if bill is not None:
        links.insert(0, Link(_("查看缴款通知书"), visit.url("bill", bill.number)))
    return visit.page(
        "done", case=case, item=item, number=number, links=links, ended=ended, bill_facts=facts(bill) if bill else [],
        next_steps=_after_bill(bill) if bill else [_("欢迎评价本次服务")] if ended else _next_steps(case),
        results=[(result_title(key), str(value)) for key, value in dict(case.result).items()],
    )  # fmt: skip


@require_safe
def receipt(request: HttpRequest, portal: Portal, number: str) -> HttpResponse:
    """The receipt (受理单), to be printed."""
    visit = Visit(request, portal)
    case = visit.case(number)
    if case.submitted_date is None:
        return visit.go("case", number)
    item = catalogue.find(case.item)
    return visit.page(
        "receipt", case=case, item=item, applicant=applicant_name(case), printed_at=timezone.now(),
        papers=paper_list(case, item, clean_part(case, item)) if item else [], back=visit.url("case", number),
    )  # fmt: skip


def _submit(visit: Visit, number: str, filling: Filling | None) -> HttpResponse:
    posted = visit.request.POST
    version, stamp = (_whole(posted.get(name, "")) for name in ("version", "stamp"))
    if filling is None or filling.case.version != version:
        return _late(visit, visit.case(number), version)
    try:
        with transaction.atomic():
            case = lock(number)
            if answers.read(case).stamp != stamp:
                raise StaleDraftError(_("内容在另一窗口修改过，下面是最新的内容，请重新核对后提交"))
            visit.require_power(filling.item, case.applicant_reference)
            operations.submit(
                number=number, expected_version=version, actor=visit.actor, at=timezone.now(),
                business_date=timezone.localdate(), tolerate=posted.getlist("tolerate"),
            )  # fmt: skip
    except StaleCaseError:
        return _late(visit, visit.case(number), version)
    except AnjuError as error:
        return _refused(visit, number, error)
    return visit.go("done", number)


def _late(visit: Visit, case: Case, version: int) -> HttpResponse:
    """The case moved since the page was shown: by this very button pressed twice, or by somebody else."""
    moved = CaseEvent.objects.filter(case=case, version=version + 1, verb__in=_ACCEPTANCES).first()
    if moved is not None and moved.actor == visit.user.username and case.version == moved.version:
        return visit.go("done", case.number)
    state = case.get_state_display()
    messages.error(visit.request, _("申请已有变化，现为“{state}”，刚才没有重复提交").format(state=state))
    return visit.go("case", case.number)


def _refused(visit: Visit, number: str, error: AnjuError) -> HttpResponse:
    fresh = filling_of(visit, number)
    if fresh is None:
        messages.error(visit.request, error.message)
        return visit.go("case", number)
    return _page(visit, fresh, error)


def _page(visit: Visit, filling: Filling, error: AnjuError | None = None) -> HttpResponse:
    case, item, number = filling.case, filling.item, filling.case.number
    groups = [
        (group, [Answer(question, answer, _change(visit, filling, group.name)) for question, answer in lines])
        for group, lines in answer_groups(case, item, reveal=True)
    ]
    today = timezone.localdate()
    promises = [
        (paper, tolerance_due(paper, today)) for paper in filling.papers() if paper.missing and not paper.tolerance
    ]
    return visit.page(
        "check", case=case, item=item, groups=groups, filling=filling, stamp=filling.typed.stamp,
        problems=_problems(visit, filling, error), papers=paper_list(case, item, filling.form.cleaned_data),
        promises=[(paper, due) for paper, due in promises if paper.material.tolerable],
        promised=set(visit.request.POST.getlist("tolerate")),
        preview=preview_of(case, item, today) if filling.form.is_valid() else None,
        change_papers=visit.url("materials", number), back=visit.url("tasks", number),
    )  # fmt: skip


def _change(visit: Visit, filling: Filling, group: str) -> str:
    """Where an answer is changed; answers to questions that are no longer asked stay as they are."""
    if group not in {each.name for each in filling.item.groups}:
        return ""
    return f"{visit.url('question', filling.case.number, group)}?from=check"


def _problems(visit: Visit, filling: Filling, error: AnjuError | None) -> list[Link]:
    """What stands in the way, each with the page where it is mended; an address may be empty."""
    number = filling.case.number
    found = [Link(str(message), "") for message in filling.form.non_field_errors()]
    for group in filling.item.groups:
        href = _change(visit, filling, group.name)
        if not filling.visited(group):
            found.append(Link(_("“{title}”还没有填写").format(title=group.title), href))
        else:
            found += [Link(str(message), href) for message in filling.wrong(group)]
    found += [
        Link(_("缺少材料：{title}").format(title=paper.material.title), visit.url("materials", number))
        for paper in filling.lacking()
    ]
    if error is None or isinstance(error, FormInvalidError):
        return found
    if isinstance(error, IneligibleError):
        return [*found, *(Link(sentence, _field_page(visit, filling, error.field)) for sentence in error.failures)]
    if isinstance(error, MaterialsMissingError) and filling.lacking():
        return found
    href = "#promises" if isinstance(error, MaterialsMissingError) else ""
    return [*found, Link(error.message, href)]


def _field_page(visit: Visit, filling: Filling, field: str) -> str:
    return next((_change(visit, filling, group.name) for group in filling.item.groups if field in group.fields), "")


def _next_steps(case: Case) -> Sequence[str]:
    """What happens from here on, in the applicant's words."""
    steps = []
    if case.due is not None:
        words = _("中心在 {day} 前办结") + (_("（暂定：当年放假安排尚未公布）") if case.due_provisional else "")
        steps.append(words.format(day=case.due))
    steps.append(_("需要补正时，我们用站内消息通知您，期间办理期限停止计算"))
    steps += [
        _("请在 {day} 前补交材料，逾期未补交的，申请可能作废").format(day=owed.due)
        for owed in Tolerance.objects.filter(case=case, fulfilled_at=None).order_by("due")
    ]
    steps.append(_("办结后请评价本次服务"))
    return steps


def _after_bill(bill: Bill) -> Sequence[str]:
    """What the payer does now."""
    steps = [_("转账时在附言中写明缴款编号 {number}").format(number=bill.number)]
    if bill.due_date:
        steps.append(_("请在 {day} 前缴款").format(day=bill.due_date))
    if bill.member is not None:
        return [*steps, _("款项到账后自动入账，可在“灵活就业缴存”查看")]
    return [*steps, _("款项到账后自动记入职工账户，可在“本月汇缴”查看")]


def _whole(text: str) -> int:
    """A number from a hidden input; -1, which nothing has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
