"""The name that is kept says nothing but a name."""

import pytest

from anju.platform.files.limits import MAX_NAME
from anju.platform.files.names import clean_name


@pytest.mark.parametrize(
    ("name", "content_type", "kept"),
    [
        ("购房合同.pdf", "application/pdf", "购房合同.pdf"),
        ("身份证.JPEG", "image/jpeg", "身份证.jpeg"),
        ("身份证.jpg", "image/png", "身份证.png"),
        ("run.exe", "application/pdf", "run.exe.pdf"),
        ("../../etc/passwd", "application/pdf", "passwd.pdf"),
        ("C:\\Users\\王\\合同.pdf", "application/pdf", "合同.pdf"),
        ("合同\x00.pdf\r\nSet-Cookie: a=b", "application/pdf", "合同.pdfSet-Cookie_ a=b.pdf"),
        ("合同\u202efdp.exe", "application/pdf", "合同fdp.exe.pdf"),
        ("\u200b\ufeff合 \u3000 同.png", "image/png", "合 同.png"),
        (".htaccess", "image/png", "htaccess.png"),
        ("..", "image/png", "材料.png"),
        ("", "application/pdf", "材料.pdf"),
        (".pdf", "application/pdf", "材料.pdf"),
        ('a<b>|"c?*.pdf', "application/pdf", "a_b___c__.pdf"),
        ("e\u0301.pdf", "application/pdf", "é.pdf"),
        ("\ud800x.pdf", "application/pdf", "x.pdf"),
    ],
)  # fmt: skip
def test_clean_names(name, content_type, kept):
    assert clean_name(name, content_type) == kept


def test_a_long_name_is_cut_and_keeps_its_ending():
    kept = clean_name("长" * 500 + ".pdf", "application/pdf")
    assert (len(kept), kept[-5:]) == (MAX_NAME, "长.pdf")
