"""A file's name made harmless: what a person typed, without paths, controls and tricks of writing direction."""

import re
import unicodedata

from anju.kernel.i18n import gettext as _
from anju.platform.files.limits import MAX_NAME

_ENDINGS = {"application/pdf": (".pdf",), "image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",)}
_KNOWN_ENDING = re.compile(r"\.(pdf|jpe?g|png)$", re.IGNORECASE)
#: What some system's file names cannot hold.
_RESERVED = re.compile(r'[<>:"|?*]')


def clean_name(name: str, content_type: str) -> str:
    """The name to keep, at most MAX_NAME characters, with the ending that the content has.

    Of a path the last step; no control, no invisible and no direction-changing character (U+202E shows "fdp.exe" as
    "exe.pdf"), no name that begins with a dot.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(c if unicodedata.category(c)[0] != "Z" else " " for c in last)
    visible = "".join(c for c in visible if unicodedata.category(c)[0] != "C")
    bare = _KNOWN_ENDING.sub("", _RESERVED.sub("_", " ".join(visible.split())))
    endings = _ENDINGS[content_type]
    had = visible.strip().lower()
    ending = next((each for each in endings if had.endswith(each)), endings[0])
    stem = bare.strip(" .")[: MAX_NAME - len(ending)].rstrip(" .")
    return (stem or _("材料")) + ending
