"""A form that asks in plain words: what is missing is named, so that the summary of errors reads by itself."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _


class PlainForm(forms.Form):
    """Fields without a message of their own for emptiness say 请填写…, 请选择… or 请上传… with their label."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.error_messages["required"] == type(field).default_error_messages.get(
                "required", forms.Field.default_error_messages["required"]
            ):
                field.error_messages = {**field.error_messages, "required": _missing(field)}


def _missing(field: forms.Field) -> str:
    label = str(field.label or "")
    if isinstance(field, forms.BooleanField):
        return _("请勾选：{label}").format(label=label)
    if isinstance(field, forms.FileField):
        return _("请上传{label}").format(label=label)
    if isinstance(field, (forms.ChoiceField, forms.MultipleChoiceField)):
        return _("请选择{label}").format(label=label)
    return _("请填写{label}").format(label=label)
