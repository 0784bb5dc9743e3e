"""The answers of a case: kept as typed and sealed, whatever they are, and read by the item's form when it counts.

An answer is a list of texts under its field's name, as a browser sends it. A draft takes anything and loses nothing;
the form judges at submission.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from anju.cases.declarations import ServiceItem
from anju.cases.errors import FormInvalidError, StaleDraftError
from anju.cases.models import Case, CaseForm, form_key
from anju.kernel.errors import InvalidValueError
from anju.kernel.i18n import gettext as _

Answers = Mapping[str, Sequence[str]]
#: A form has some hundred fields at most, a text some thousand characters.
MAX_FIELDS, MAX_CHARACTERS = 400, 100_000


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, the count of savings, and whether it has been submitted."""

    answers: Answers
    stamp: int
    revision: int
    submitted: bool


NOTHING = Typed({}, 0, 0, submitted=False)


def read(case: Case, *, part: str = CaseForm.APPLICATION) -> Typed:
    """The latest answers of a case."""
    row = CaseForm.objects.filter(case=case, part=part).order_by("-revision").first()
    if row is None:
        return NOTHING
    return Typed(json.loads(row.content), row.stamp, row.revision, row.submitted)


def keep(
    *, case: Case, answers: Answers, by: str, at: datetime, stamp: int | None = None, part: str = CaseForm.APPLICATION
) -> int:
    """Lay answers over those kept so far; the caller holds the case's lock. The new stamp comes back.

    Raises StaleDraftError when `stamp` is given and another window saved since; InvalidValueError for a text that the
    database cannot hold or one beyond all measure.
    """
    checked = {name: [_storable(name, text) for text in texts] for name, texts in answers.items()}
    row = CaseForm.objects.filter(case=case, part=part).order_by("-revision").first()
    if row is not None and stamp is not None and stamp != row.stamp:
        raise StaleDraftError(_("此申请在另一窗口保存过；下面是您刚填写的内容，请核对后再次保存"), field="stamp")
    merged = {**(json.loads(row.content) if row else {}), **checked}
    content = json.dumps(merged, ensure_ascii=False)
    if len(merged) > MAX_FIELDS or len(content) > MAX_CHARACTERS:
        raise InvalidValueError(_("填写的内容过长，请精简，或以附件提交"))
    if row is None or row.submitted:
        revision, first = (row.revision + 1, row.stamp + 1) if row else (1, 1)
        fresh = CaseForm(
            case=case, part=part, revision=revision, key=form_key(case, part, revision), content=content,
            stamp=first, saved_at=at, saved_by=by,
        )  # fmt: skip
        fresh.save()
        return fresh.stamp
    row.content, row.stamp, row.saved_at, row.saved_by = content, row.stamp + 1, at, by
    row.save()
    return row.stamp


def seal_submitted(case: Case, *, part: str = CaseForm.APPLICATION) -> None:
    """From here on these answers stay as they are."""
    CaseForm.objects.filter(case=case, part=part, submitted=False).update(submitted=True)


def bound_form(item: ServiceItem, answers: Answers) -> forms.Form:
    """The item's form with these answers, not judged yet."""
    return bind(item.form, answers)


def bind(form: type[forms.Form], answers: Answers) -> forms.Form:
    """A form with answers as a browser sends them."""
    return form(MultiValueDict({name: list(texts) for name, texts in answers.items()}))


def cleaned(form: forms.Form) -> dict[str, Any]:
    """The clean values of a form. Raises FormInvalidError."""
    if form.is_valid():
        return dict(form.cleaned_data)
    errors = form.errors.get_json_data()
    raise FormInvalidError(
        {"" if field == "__all__" else field: [each["message"] for each in found] for field, found in errors.items()}
    )


def _storable(name: str, text: str) -> str:
    if "\x00" in text or "\x00" in name:
        raise InvalidValueError(_("文字中含有不可见的控制字符，请删除后重新输入"), field=name.replace("\x00", ""))
    return text.encode("utf-8", "replace").decode()
