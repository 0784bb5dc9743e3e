"""A form of a service item as a JSON schema: what an item asks for is declared once, in its Django form.

A draft may be kept unfinished, so every answer may be missing; the item's own form judges at submission. What is there
must have the right type. The models are strict: a number is no text, a text no number.
"""

import json
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal

from django import forms
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from anju.api.problems import invalid
from anju.cases import form_fields
from anju.cases.answers import Answers
from anju.cases.declarations import ServiceItem
from anju.cases.errors import DeclarationError
from anju.kernel.i18n import gettext as _

_LONGEST = 2000
_INT64 = 2**63


class AnswersBase(BaseModel):
    """Answers to a form, by field; null takes an answer back."""

    model_config = ConfigDict(strict=True, extra="forbid")


def answers_model(item: ServiceItem) -> type[AnswersBase]:
    """The model of an item's form, named Answers<code>."""
    return _model(item.form, f"Answers{item.code}")


def handling_model(item: ServiceItem) -> type[AnswersBase] | None:
    """The model of what the handler fills in, named Handling<code>; None when the item asks for nothing."""
    return None if item.handling is None else _model(item.handling, f"Handling{item.code}")


def as_typed(model: type[AnswersBase], given: dict[str, Any], place: str) -> Answers:
    """Checked answers as a browser would send them. Raises InputError; `place` is where the answers stand in the body."""
    try:
        checked = model.model_validate_json(json.dumps(given))
    except ValidationError as error:
        found = [{**each, "loc": (place, *each["loc"])} for each in error.errors(include_url=False)]
        raise invalid(found) from None
    return {name: _texts(getattr(checked, name)) for name in given}


def _model(form: type[forms.Form], name: str) -> type[AnswersBase]:
    """Lists of codes may come from the database: a model is made anew when one of them has changed."""
    choices = {
        each: _choices(field) for each, field in form.base_fields.items() if isinstance(field, forms.ChoiceField)
    }
    return _made(form, name, tuple((each, tuple(found)) for each, found in choices.items()))


@lru_cache(maxsize=200)
def _made(form: type[forms.Form], name: str, _choices_of_fields: Any) -> type[AnswersBase]:
    fields: dict[str, Any] = {}
    for field_name, field in form.base_fields.items():
        title = str(field.label or field_name)
        described = Field(default=None, title=title, description=_description(field) or None)
        fields[field_name] = (_type(field_name, field) | None, described)
    model: type[AnswersBase] = create_model(name, __base__=AnswersBase, **fields)
    return model


def _type(name: str, field: forms.Field) -> Any:
    """The JSON type of a field; the order of the questions is that of Django's subclasses."""
    match field:
        case forms.FileField():
            raise DeclarationError(_("表单中不能有文件栏，文件作为材料提交"), field=name)
        case forms.MultipleChoiceField():
            return Annotated[list[_one_of(field)], Field(max_length=max(1, len(_choices(field))))]  # type: ignore[misc]
        case forms.ChoiceField():
            return _one_of(field)
        case forms.BooleanField():
            return bool
        case forms.FloatField():
            raise DeclarationError(_("金额与比例不用浮点数"), field=name)
        case forms.DecimalField():
            return Annotated[str, Field(pattern=_decimal(field), max_length=40)]
        case forms.IntegerField():
            return Annotated[int, Field(ge=_bound(field.min_value, -_INT64), le=_bound(field.max_value, _INT64 - 1))]
        case forms.DateField():
            return date
        case form_fields.DayField():
            return date
        case form_fields.MonthField():
            return Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]
        case form_fields.CountField():
            return Annotated[int, Field(ge=field.lowest, le=field.highest)]
        case forms.CharField():
            return Annotated[str, Field(max_length=field.max_length or _LONGEST)]
        case _:
            return Annotated[str, Field(max_length=_LONGEST)]


def _choices(field: forms.ChoiceField) -> list[tuple[str, str]]:
    """Codes and titles, groups laid flat, without the empty choice."""
    flat: list[tuple[Any, Any]] = []
    choices: Any = field.choices
    for value, title in choices:
        flat.extend(title if isinstance(title, list | tuple) else [(value, title)])
    return [(str(value), str(title)) for value, title in flat if value not in ("", None)]


def _bound(value: Any, default: int) -> int:
    found = value() if callable(value) else value
    return default if found is None else int(found)


def _one_of(field: forms.ChoiceField) -> Any:
    codes = tuple(code for code, _title in _choices(field))
    return Literal[codes] if codes else Annotated[str, Field(max_length=_LONGEST)]


def _decimal(field: forms.DecimalField) -> str:
    places = 6 if field.decimal_places is None else field.decimal_places
    whole = 18 if field.max_digits is None else field.max_digits - places
    return rf"^-?[0-9]{{1,{max(whole, 1)}}}" + (rf"(\.[0-9]{{1,{places}}})?$" if places else "$")


def _description(field: forms.Field) -> str:
    parts = [str(field.help_text)] if field.help_text else []
    if isinstance(field, forms.ChoiceField):
        parts.append(_("；").join(f"{code} {title}" for code, title in _choices(field)))
    if field.required:
        parts.append(_("提交时必填"))
    return _("。").join(parts)


def _texts(value: Any) -> list[str]:
    match value:
        case None:
            return [""]
        case bool():
            return ["true" if value else "false"]
        case list():
            return [str(each) for each in value]
        case date():
            return [value.isoformat()]
        case _:
            return [str(value)]
