import pytest

from anju.kernel.errors import InvalidValueError
from anju.kernel.text import clean_name, squeeze, to_half_width


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("ＡＢＣ１２３", "ABC123"), ("，．：；（）", ",.:;()"), ("－−–—‑", "-----"), ("￥５", "¥5"), ("ﾊﾟ", "パ"),
        ("10²", "10²"), ("①②", "①②"), ("½", "½"), ("plain", "plain"), ("", ""),
    ],
)  # fmt: skip
def test_full_width_becomes_half_width_and_numerals_stay(typed, plain):
    assert to_half_width(typed) == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        (" 4306 0219\t9001\u30001234 ", "4306021990011234"), ("\u202d13800138000\u202c", "13800138000"),
        ("\ufeff12", "12"), ("1\u200b2", "12"), ("a\0b", "a\0b"),
    ],
)  # fmt: skip
def test_white_space_and_invisible_characters_go(typed, plain):
    assert squeeze(typed) == plain


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  张\u3000三 ", "张 三"), ("阿卜杜拉•买买提", "阿卜杜拉·买买提"), ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉‧买买提", "阿卜杜拉·买买提"), ("张\u200b三", "张三"), ("\u202e张三", "张三"), ("岳阳（集团）", "岳阳（集团）"),
        ("a\r\nb", "a b"), ("𠮷野", "𠮷野"),
    ],
)  # fmt: skip
def test_a_name_is_tidied_and_otherwise_left_as_typed(typed, name):
    assert clean_name(typed) == name


@pytest.mark.parametrize("typed", ["张\0三", "\x07", "\x7f", "\x1b[31m张", "张\ud800"])
def test_control_characters_are_refused(typed):
    with pytest.raises(InvalidValueError):
        clean_name(typed)
