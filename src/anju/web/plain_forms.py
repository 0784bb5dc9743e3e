"""A form whose errors are plain words: each names its field, so that the summary of errors reads by itself."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _


class PlainForm(forms.Form):
    """Fields without messages of their own say 请填写…, 请选择…, …须是数字 with their label; messages of a field stay."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            defaults = _default_messages(type(field))
            plain = {
                code: text
                for code, text in _plain(field).items()
                if field.error_messages.get(code) == defaults.get(code)
            }
            field.error_messages = {**field.error_messages, **plain}


def _default_messages(kind: type[forms.Field]) -> dict[str, Any]:
    """The messages with which Django begins: those of a class go before those of its bases."""
    merged: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        merged |= getattr(base, "default_error_messages", {})
    return merged


def _plain(field: forms.Field) -> dict[str, str]:
    words = {"required": _("请填写{label}"), "max_length": _("{label}最多 %(limit_value)d 个字，请缩短")}
    match field:
        case forms.BooleanField():
            words = {"required": _("请勾选：{label}")}
        case forms.FileField():
            words = {"required": _("请上传{label}"), "empty": _("{label}是空文件，请重新选择")}
        case forms.ChoiceField():
            wrong = _("{label}只能从列出的各项中选择")
            words = {"required": _("请选择{label}"), "invalid_choice": wrong, "invalid_list": wrong}
        case forms.DecimalField():
            words |= {"invalid": _("{label}须是数字，例如 1234.56")}
        case forms.IntegerField():
            words |= {"invalid": _("{label}须是整数，例如 12")}
        case forms.DateField():
            words |= {"invalid": _("{label}不存在，格式为 2024-01-31")}
        case forms.EmailField():
            words |= {"invalid": _("{label}格式不对，例如 name@example.com")}
    label = str(field.label or "").replace("%", "%%")
    return {code: text.format(label=label) for code, text in words.items()}
