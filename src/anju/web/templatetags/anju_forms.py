"""Forms in pages; `{% load anju_forms %}`. A single field needs no tag: `{{ form.name.as_field_group }}`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet, BoundField

register = template.Library()


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the summary lists it; `target` is the id of the input that mends it, empty for none."""

    message: str
    target: str


@register.filter
def problems(shown: Any) -> list[Problem]:
    """Every error of a form, a formset, or a list of them, in the order of the page."""
    return list(_problems(shown))


@register.inclusion_tag("anju/parts/errors.html")
def error_summary(*shown: Any) -> dict[str, Any]:
    """The summary for all the forms and formsets of a page."""
    return {"form": shown}


@register.inclusion_tag("anju/parts/field_group.html")
def field_group(form: BaseForm, group: Any, level: int = 2) -> dict[str, Any]:
    """The fields of a group that the form has, under the group's title.

    `group` has `title`, `fields` (names) and may have `hint`; with `level` 1 its title is the heading of the page.
    """
    return {
        "group": group,
        "heading": f"h{level}",
        "id": f"group-{form.add_prefix(next(iter(group.fields), ''))}",
        "fields": [form[name] for name in group.fields if name in form.fields],
    }


def _problems(shown: Any) -> Iterator[Problem]:
    if isinstance(shown, BaseForm):
        yield from (Problem(str(message), "") for message in shown.non_field_errors())
        for field in shown:
            yield from (Problem(str(message), _target(field)) for message in field.errors)
    elif isinstance(shown, BaseFormSet):
        if shown.is_bound:
            yield from (Problem(str(message), "") for message in shown.non_form_errors())
        for form in shown.forms:
            yield from _problems(form)
    elif isinstance(shown, Iterable) and not isinstance(shown, str):
        for one in shown:
            yield from _problems(one)


def _target(field: BoundField) -> str:
    """The id to jump to: of a group of radios or boxes the first, which stands under the legend."""
    if field.is_hidden or not field.auto_id:
        return ""
    return field.id_for_label or f"{field.auto_id}_0"
