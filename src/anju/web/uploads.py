"""A paper on its way from a page into a case: examined, kept and laid to the case, or refused in one sentence.

The file is examined outside of any transaction; file and paper then commit together. The same paper sent twice for one
place (a double click, a page sent again) is one paper.
"""

from datetime import datetime
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from anju.cases import operations
from anju.cases.actors import Actor
from anju.cases.models import Case, CaseMaterial
from anju.cases.transition import lock
from anju.kernel.errors import AnjuError
from anju.platform.files.operations import Examined, examine, keep


def input_name(code: str) -> str:
    """The name of the file input for the paper of that code; it may take several files."""
    return f"file-{code}"


def take_upload(request: HttpRequest, case: Case, code: str, actor: Actor, at: datetime) -> str | None:
    """Take the files that the request brings under `input_name(code)`; what is wrong comes back, None: all taken."""
    files = request.FILES.getlist(input_name(code))
    if not files:
        return _("请选择要上传的文件")
    for file in files:
        if isinstance(file, UploadedFile) and (refused := _take(file, case, code, actor, at)):
            return f"{file.name}：{refused}" if len(files) > 1 else refused
    return None


def _take(file: "UploadedFile[Any]", case: Case, code: str, actor: Actor, at: datetime) -> str | None:
    content = cast("BinaryIO", file.file)
    try:
        examined = examine(content=content, actor=actor.username, at=at)
        with transaction.atomic():
            lock(case.number)
            if not _is_there(case, code, examined):
                stored = keep(
                    content=content, examined=examined, name=file.name or "", actor=actor.username, at=at
                )  # fmt: skip
                operations.add_material(number=case.number, code=code, actor=actor, at=at, file=stored.pk)
    except AnjuError as error:
        return error.message
    return None


def _is_there(case: Case, code: str, examined: Examined) -> bool:
    rows = CaseMaterial.objects.filter(case=case, code=code, removed_at=None)
    return rows.filter(file__sha256=examined.sha256).exists()
