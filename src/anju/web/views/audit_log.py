"""The audit log, for the auditor: filtered, in pages, as CSV. Taking it away is itself recorded."""

import json
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anju.platform import audit
from anju.platform.models import AuditEntry
from anju.web.access import viewer
from anju.web.csv_export import csv_response
from anju.web.paging import page_number, pager

_SHOWN = 50
#: Rows of one export; more is asked for day by day.
_EXPORTED = 100_000


class AuditFilter(forms.Form):
    """Whom, what, which object, which day; all exact, none needed."""

    actor = forms.CharField(label=gettext_lazy("经办（登录名）"), max_length=150, required=False)
    action = forms.CharField(label=gettext_lazy("动作"), max_length=60, required=False)
    reference = forms.CharField(label=gettext_lazy("对象编号"), max_length=60, required=False)
    day = forms.DateField(
        label=gettext_lazy("日期"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("日期不存在，格式为 2024-01-31")},
    )

    def rows(self) -> QuerySet[AuditEntry]:
        """What fits, the latest first."""
        told: dict[str, Any] = self.cleaned_data
        names = {"actor": "actor", "action": "action", "reference": "object_reference"}
        wanted = {column: told[name] for name, column in names.items() if told.get(name)}
        day: date | None = told.get("day")
        return AuditEntry.objects.filter(**wanted, **({"day": day} if day else {})).order_by("-id")


def audit_log(request: HttpRequest) -> HttpResponse:
    """The log in pages."""
    form = AuditFilter(request.GET)
    if not form.is_valid():
        return render(request, "anju/audit_log.html", {"form": form})
    page, found = page_number(request), form.rows()
    rows = found[(page - 1) * _SHOWN : page * _SHOWN]
    context = {"form": form, "entries": rows, "query": request.GET.urlencode()}
    turner = pager(request, page=page, total=found.count(), size=_SHOWN)
    return render(request, "anju/audit_log.html", {**context, "pager": turner})


def audit_log_csv(request: HttpRequest) -> HttpResponse:
    """What the filter lets through, as a file."""
    form = AuditFilter(request.GET)
    if not form.is_valid():
        return HttpResponse(str(form.errors["day"][0]), status=400, content_type="text/plain; charset=utf-8")
    rows = [
        [
            str(row.pk), timezone.localtime(row.happened_at).isoformat(sep=" ", timespec="seconds"),
            f"{row.business_date or ''}", row.actor, row.action, row.object_kind, row.object_reference,
            json.dumps(row.detail, ensure_ascii=False),
        ]
        for row in form.rows()[:_EXPORTED]
    ]  # fmt: skip
    user = viewer(request)
    told = {name: f"{value}" for name, value in form.cleaned_data.items() if value}
    audit.record(
        actor=user.username, action="audit-log.exported", object_kind="audit-log", object_reference="",
        detail={"rows": len(rows), "filters": sorted(told)}, at=timezone.now(),
    )  # fmt: skip
    head = [_("序号"), _("时间"), _("业务日期"), _("经办"), _("动作"), _("对象"), _("对象编号"), _("详情")]
    return csv_response(filename="audit-log.csv", rows=[head, *rows])
