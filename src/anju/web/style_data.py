"""Invented people, cases and forms for the living style page: every part with every state that it can have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from anju.web.parts import (
    Answer,
    Due,
    Happening,
    Link,
    Material,
    MaterialState,
    Message,
    Step,
    Task,
    TaskState,
)
from anju.web.plain_forms import PlainForm
from anju.web.widgets import (
    AddressInput,
    CodeInput,
    DateInput,
    EmailInput,
    IdentityInput,
    MoneyInput,
    NameInput,
    OrganisationInput,
    PhoneInput,
    RatingInput,
    UploadInput,
    WholeNumberInput,
)

_CHANNELS = [("counter", _("柜面")), ("portal", _("网上办事大厅")), ("bank", _("受托银行网点"))]
_RATINGS = [("5", _("非常满意")), ("4", _("满意")), ("3", _("基本满意")), ("2", _("不满意")), ("1", _("非常不满意"))]


@dataclass(frozen=True, slots=True)
class Group:
    """A question group: title, names of its fields, a hint."""

    title: str
    fields: tuple[str, ...]
    hint: str = ""


class EverythingForm(PlainForm):
    """One field for each kind of input."""

    name = forms.CharField(label=_("姓名"), max_length=30, widget=NameInput)
    identity = forms.CharField(
        label=_("证件号码"), max_length=18, widget=IdentityInput, help_text=_("18 位，末位可以是 X")
    )
    phone = forms.CharField(label=_("手机号码"), max_length=11, widget=PhoneInput)
    email = forms.EmailField(label=_("电子邮箱"), widget=EmailInput, required=False)
    code = forms.CharField(label=_("验证码"), widget=CodeInput, required=False)
    unit = forms.CharField(label=_("单位名称"), widget=OrganisationInput)
    birth = forms.DateField(label=_("出生日期"), widget=DateInput)
    base = forms.DecimalField(label=_("月缴存基数（元）"), widget=MoneyInput, help_text=_("上一年度月平均工资"))
    months = forms.IntegerField(label=_("补缴月数"), widget=WholeNumberInput, required=False)
    bank = forms.ChoiceField(
        label=_("收款银行"), choices=[("", _("请选择")), ("icbc", _("工商银行")), ("ccb", _("建设银行"))]
    )
    channel = forms.ChoiceField(label=_("办理渠道"), choices=_CHANNELS, widget=forms.RadioSelect)
    notify = forms.MultipleChoiceField(
        label=_("通知方式"),
        choices=[("sms", _("短信")), ("app", _("手机应用")), ("mail", _("信函"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("可以多选"),
    )
    address = forms.CharField(label=_("通信地址"), widget=AddressInput, required=False)
    paper = forms.FileField(
        label=_("身份证复印件"), widget=UploadInput, help_text=_("PDF 或照片，不超过 10 MB"), required=False
    )
    agree = forms.BooleanField(label=_("我承诺所填内容真实，愿意承担不实的责任"))


EVERYTHING_GROUPS = (
    Group("个人信息", ("name", "identity", "phone", "email", "code", "birth"), "请与身份证件保持一致。"),
    Group("缴存信息", ("unit", "base", "months", "bank", "channel", "notify", "address")),
    Group("材料与承诺", ("paper", "agree")),
)
CONTACT_GROUP = Group("您怎样联系？", ("phone", "email", "channel"), "办理结果会通知到这里。")


class FilterForm(forms.Form):
    """Filters of the work queue."""

    item = forms.ChoiceField(
        label=_("事项"),
        required=False,
        choices=[("", _("全部事项")), ("U01", _("单位缴存登记")), ("P02", _("个人信息变更"))],
    )
    office = forms.ChoiceField(label=_("管理部"), required=False, choices=[("", _("全部")), ("1", _("市直管理部"))])
    since = forms.DateField(label=_("受理日期起"), required=False, widget=DateInput)


class RatingForm(PlainForm):
    """Satisfaction with one case."""

    rating = forms.ChoiceField(label=_("您对这次办理满意吗？"), choices=_RATINGS, widget=RatingInput)
    remark = forms.CharField(label=_("意见或建议"), widget=forms.Textarea(attrs={"rows": 3}), required=False)


class ReasonForm(PlainForm):
    """Why something is undone."""

    reason = forms.CharField(label=_("原因"), widget=forms.Textarea(attrs={"rows": 3}))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the work queue."""

    number: str
    item: str
    applicant: str
    office: str
    state: str
    word: str
    due: Due | None = field(default=None)


STATES = (
    ("draft", "草稿"), ("accepted", "已受理"), ("supplement", "待补正"), ("review", "待复核"), ("approved", "审批通过"),
    ("rejected", "审批不通过"), ("booking", "待入账"), ("payment", "待支付"), ("completed", "办结"), ("failed", "入账失败"),
    ("withdrawn", "已撤销"), ("void", "已作废"),
)  # fmt: skip
DUES = (
    Due(left=5, on=date(2026, 3, 13)),
    Due(left=2, on=date(2026, 3, 10)),
    Due(left=0, on=date(2026, 3, 6)),
    Due(left=-1, on=date(2026, 3, 5)),
    Due(left=30, on=date(2027, 1, 15), working_days=False, provisional=True),
    Due(left=None),
)
NEXT_STEPS = (
    "我们在 1 个工作日内决定是否受理，结果用短信通知您。",
    "受理后 5 个工作日内办结；材料需要补正时，期限停止计算。",
    "凭受理单号可以在“进度”中查看。",
)
_PEOPLE = ("张*明", "李*", "王*芳", "岳阳楼区示范小学", "湖滨机电设备有限公司", "赵*", "陈*华", "周*", "君山农业合作社")
_ITEMS = ("单位缴存登记", "个人信息变更", "咨询投诉受理")


def queue() -> list[Row]:
    """A page of work, each state once."""
    return [
        Row(
            number=f"2026030600{index:04d}",
            item=_ITEMS[index % 3],
            applicant=_PEOPLE[index % len(_PEOPLE)],
            office=("市直管理部", "临湘管理部", "汨罗管理部")[index % 3],
            state=state,
            word=word,
            due=None if state in {"draft", "completed", "withdrawn", "void", "rejected"} else DUES[index % len(DUES)],
        )
        for index, (state, word) in enumerate(STATES, start=17)
    ]


def everything(*, wrong: bool) -> EverythingForm:
    """The form with all kinds of input, filled in, or filled in wrongly."""
    answers = {
        "name": "张三", "identity": "430602199001011234", "phone": "13800000000", "unit": "湖滨机电设备有限公司",
        "birth": "1990-01-01", "base": "8000.00", "bank": "ccb", "channel": "portal", "notify": ["sms"],
        "address": "湖南省岳阳市岳阳楼区示范路 1 号", "agree": "on",
    }  # fmt: skip
    if wrong:
        answers |= {"phone": "", "base": "八千", "channel": "", "agree": "", "email": "张三@"}
    return EverythingForm(answers, {"paper": SimpleUploadedFile("a.pdf", b"%PDF-1.7")}, use_required_attribute=False)


def shell_links(current: int, titles: tuple[tuple[str, str, str], ...]) -> list[Link]:
    """An invented navigation: titles, icons and style pages to lead to."""
    return [
        Link(
            title=title,
            href=reverse("style-page", args=[page]),
            current="page" if index == current else "",
            icon=icon,
            count=2 if icon == "bell" else None,
        )
        for index, (title, icon, page) in enumerate(titles)
    ]


EMPLOYER_LINKS = (
    ("首页", "home", "employer"), ("职工管理", "people", "calm"), ("业务办理", "apply", "answers"),
    ("消息", "bell", "employer"),
)  # fmt: skip
MEMBER_LINKS = (
    ("首页", "home", "member"), ("办事", "apply", "question"), ("进度", "cases", "done"), ("消息", "bell", "answers"),
)  # fmt: skip


def facts() -> Mapping[str, Any]:
    """What the parts show besides forms."""
    return {
        "states": STATES,
        "dues": DUES,
        "tasks": [
            Task("单位基本信息", TaskState.DONE, "#tasks"),
            Task("法定代表人与经办人", TaskState.STARTED, "#tasks", "还缺经办人手机号码"),
            Task("上传材料", TaskState.NOT_STARTED, "#tasks"),
            Task("核对并提交", TaskState.BLOCKED, hint="完成以上各项后才能提交"),
        ],
        "answers": [
            Answer("单位名称", "湖滨机电设备有限公司", "#answers"),
            Answer("统一社会信用代码", "91430600MA4L00000X", "#answers"),
            Answer("通信地址", "湖南省岳阳市岳阳楼区示范路 1 号\n414000", "#answers"),
            Answer("电子邮箱", "", "#answers"),
            Answer("受理机构", "市直管理部"),
        ],
        "happenings": [
            Happening(datetime(2026, 3, 2, 1, 12, tzinfo=UTC), "张三（网上办事大厅）", "提交申请"),
            Happening(datetime(2026, 3, 2, 2, 5, tzinfo=UTC), "柜员 李四", "受理", "计时开始，5 个工作日"),
            Happening(
                datetime(2026, 3, 3, 6, 40, tzinfo=UTC),
                "柜员 李四",
                "要求补正",
                "营业执照照片不清晰，请重新上传。",
                "stopped",
            ),
            Happening(datetime(2026, 3, 5, 0, 30, tzinfo=UTC), "张三（网上办事大厅）", "提交补正材料", clock="resumed"),
            Happening(datetime(2026, 3, 6, 3, 0, tzinfo=UTC), "复核 王五", "审批通过"),
        ],
        "materials": [
            Material("营业执照", MaterialState.SHARED, "市场监管局，2026-03-02 取得", "#materials"),
            Material(
                "法定代表人身份证", MaterialState.SUBMITTED, "身份证.pdf，1.2 MB", "#materials", "替换", "#materials"
            ),
            Material("单位公章印模", MaterialState.MISSING, "PDF 或照片", "", "上传", "#materials"),
            Material("开户许可证", MaterialState.DEFERRED, "请在 2026-03-20 前补交", "", "上传", "#materials"),
            Material("职工人数说明", MaterialState.DECLARED, "已签署告知承诺书"),
        ],
        "steps": [
            Step("提交", "done", "3 月 2 日"),
            Step("受理", "done", "3 月 2 日"),
            Step("复核", "current"),
            Step("办结", "ahead"),
        ],
        "notices": [
            Message(
                "请补正材料：单位缴存登记",
                datetime(2026, 3, 3, 6, 40, tzinfo=UTC),
                "#notices",
                "营业执照照片不清晰。",
                unread=True,
            ),
            Message("已受理：单位缴存登记", datetime(2026, 3, 2, 2, 5, tzinfo=UTC), "#notices"),
        ],
        "tabs": [
            Link("待我办理", "#tabs", "page", count=12),
            Link("本部门", "#tabs", count=40),
            Link("即将到期", "#tabs", count=3),
            Link("我经办的", "#tabs"),
        ],
    }
