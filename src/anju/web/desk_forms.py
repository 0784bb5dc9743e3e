"""The forms of the workbench. Names of their inputs hold a hyphen where they stand beside an item's own form: a field's
name never does.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anju.cases import catalogue
from anju.cases.declarations import ApplicantKind, Channel, ServiceItem
from anju.cases.states import Move, Verb
from anju.platform.people.models import Office, Role
from anju.web.case_view import masked
from anju.web.forms import SecretInput
from anju.web.widgets import IdentityInput, NameInput, PhoneInput

#: Doors at which staff serve people.
SERVED = (Channel.COUNTER, Channel.HOTLINE)
_REASON = 500
#: The choice of the center itself among offices.
CENTER = "center"
_LONG = {"max_length": _("内容过长，请核对")}


class QueueForm(forms.Form):
    """Filters of the work list: item, office (for a scope of the whole center), only what I took."""

    item = forms.ChoiceField(label=_("事项"), required=False)
    office = forms.ModelChoiceField(
        label=_("管理部"), required=False, queryset=Office.objects.all(), empty_label=_("全部")
    )
    mine = forms.BooleanField(label=_("只看我领取的"), required=False)

    def __init__(self, *args: Any, whole_center: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(item.code, f"{item.code} {item.name}") for item in catalogue.items()]
        self.fields["item"].choices = [("", gettext("全部事项")), *known]  # type: ignore[attr-defined]
        if not whole_center:
            del self.fields["office"]


class SearchForm(forms.Form):
    """One box for any number, or the name of a unit. It is never written back into the page."""

    number = forms.CharField(
        label=_("证件号码、账号、业务流水号或单位名称"),
        max_length=120,
        widget=SecretInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("号码须完整输入；单位名称可以只输一部分，至少两个字。号码不会出现在网址里"),
        error_messages={"required": _("请填写要查找的号码或单位名称"), "max_length": _("内容过长，请核对")},
    )


class ReasonForm(forms.Form):
    """Why something is done that needs a reason. No identity number may stand in it."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("请写明理由"), "max_length": _("理由不超过 500 字，请精简")},
    )

    def clean_reason(self) -> str:
        """Refuse a reason with a number that would have to be masked."""
        reason: str = self.cleaned_data["reason"]
        if masked(reason) != reason:
            raise ValidationError(gettext("理由中不要写证件号码或手机号码，请删去"))
        return reason


class MoveForm(forms.Form):
    """What a verb needs besides the item's own answers: the version that was seen, a reason, an office."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    office = forms.ChoiceField(label=_("转给"), error_messages={"required": _("请选择转给哪里")})
    reason = forms.CharField(
        label=_("意见"), required=False, max_length=_REASON, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("请写明理由"), "max_length": _("不超过 500 字，请精简")},
    )  # fmt: skip

    prefix = "move"

    def __init__(self, *args: Any, move: Move, here: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if move.reason:
            self.fields["reason"].required = True
            self.fields["reason"].label = _("要补正的内容") if move.verb is Verb.SUPPLEMENT else _("理由")
        if move.verb is Verb.TRANSFER:
            self.fields["office"].choices = _destinations(here)  # type: ignore[attr-defined]
        else:
            del self.fields["office"]

    @property
    def office_chosen(self) -> int | None:
        """The office of a valid transfer; None for the center itself, and for other verbs."""
        chosen = self.cleaned_data.get("office", CENTER)
        return None if chosen == CENTER else int(chosen)


def _destinations(here: int | None) -> list[tuple[str, str]]:
    """Everywhere but where the case is."""
    offices = [(str(office.pk), office.name) for office in Office.objects.all() if office.pk != here]
    return [("", gettext("请选择")), *([] if here is None else [(CENTER, gettext("中心本级"))]), *offices]


class StartForm(forms.Form):
    """For whom a case is opened at the counter: an account, or a person without one."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=40)
    channel = forms.ChoiceField(label=_("渠道"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(label=_("申请人"), widget=forms.RadioSelect)
    number = forms.CharField(
        label=_("单位账号、个人账号或证件号码"), max_length=40, required=False, error_messages=_LONG,
        widget=SecretInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 24}),
    )  # fmt: skip
    name = forms.CharField(
        label=_("姓名"), max_length=60, required=False, error_messages=_LONG, widget=NameInput({"autocomplete": "off"})
    )
    identity = forms.CharField(
        label=_("证件号码"), max_length=40, required=False, error_messages=_LONG, widget=IdentityInput
    )
    phone = forms.CharField(
        label=_("手机号码"), max_length=20, required=False, error_messages=_LONG,
        widget=PhoneInput({"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, item: ServiceItem, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = channels_of(item, role)
        kinds = [ApplicantKind(kind) for kind in ApplicantKind.values if kind in item.applicants]
        self._only_one("channel", [(each.value, each.label) for each in channels])
        self._only_one("kind", [(each.value, each.label) for each in kinds])
        if kinds == [ApplicantKind.CENTER]:
            for name in ("number", "name", "identity", "phone"):
                del self.fields[name]
        elif item.needs_reference:
            self.fields["number"].required = ApplicantKind.CENTER not in kinds  # which has no account
            self.fields["number"].error_messages["required"] = gettext("请填写单位账号、个人账号或证件号码")
            for name in ("name", "identity", "phone"):
                del self.fields[name]

    def _only_one(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        field.choices = choices  # type: ignore[attr-defined]
        field.error_messages["required"] = gettext("请选择一项")
        field.initial = choices[0][0]
        if len(choices) == 1:
            field.widget = forms.HiddenInput()


def channels_of(item: ServiceItem, role: str) -> list[Channel]:
    """The doors through which somebody of this role opens the item: the hotline's own people first by the hotline."""
    order = SERVED if role != Role.SERVICE else SERVED[::-1]
    return [channel for channel in order if channel in item.channels]
