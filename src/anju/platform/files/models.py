"""Stored files and their sealed parts. Rows come in and go out through the functions of `sql/files.sql` only.

A file commits together with all of its parts or not at all; a part changes only by being sealed anew under a later
key; a file that is gone left an audit entry. The original name may hold a person's: it is sealed like the content.
"""

import uuid
from typing import ClassVar

from django.db import models

from anju.platform.files.limits import MAX_NAME
from anju.platform.sealed_fields import SealedTextField, place

_PDF = models.Q(content_type="application/pdf", pages__isnull=False, width__isnull=True, height__isnull=True)
_PICTURE = models.Q(
    content_type__in=["image/jpeg", "image/png"], pages__isnull=True, width__isnull=False, height__isnull=False
)


class StoredFile(models.Model):
    """A paper as it was handed in. `sha256` and `size` are those of the content in clear."""

    #: Moves values of this closed table to a new key, see `rotation`.
    resealed_by: ClassVar[str] = "platform_file_reseal_names"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.BinaryField(db_index=True)
    size = models.IntegerField(help_text="字节")
    content_type = models.CharField(max_length=40)
    pages = models.IntegerField(null=True, help_text="PDF 的页数")
    width = models.IntegerField(null=True, help_text="图片的宽，像素")
    height = models.IntegerField(null=True, help_text="图片的高，像素")
    name = SealedTextField(row="id", help_text=f"整理后的原文件名，至多 {MAX_NAME} 字")
    scanned_at = models.DateTimeField(null=True, help_text="病毒扫描通过的时间；空为本中心没有扫描服务")
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=150, help_text="登录名")

    class Meta:
        constraints = [
            models.CheckConstraint(name="platform_storedfile_known_type", condition=_PDF | _PICTURE),
            models.CheckConstraint(
                name="platform_storedfile_measured",
                condition=models.Q(size__gt=0)
                & ~models.Q(uploaded_by="")
                & (models.Q(pages__isnull=True) | models.Q(pages__gt=0))
                & (models.Q(width__isnull=True) | models.Q(width__gt=0, height__gt=0)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class FilePart(models.Model):
    """One piece of a file, sealed for its file and number. Parts are numbered from 0; all but the last are full."""

    resealed_by: ClassVar[str] = "platform_file_reseal_parts"

    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="parts", db_index=False)
    number = models.IntegerField()
    sealed = models.BinaryField()
    #: Counting a key's parts must not read the parts.
    key_id = models.GeneratedField(
        expression=models.Func(models.F("sealed"), models.Value(0), function="get_byte"),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints = [models.UniqueConstraint(name="platform_filepart_once", fields=["file", "number"])]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"


def part_place(file_id: uuid.UUID, number: int) -> str:
    """What the part of that number is bound to: neither another file nor another number opens it."""
    return place("platform.filepart.sealed", f"{file_id}/{number}")
