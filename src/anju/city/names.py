"""Names and numbers of people and units that do not exist.

Identity numbers carry the code of the prefecture as a whole (430600) where real ones carry a county's, organisation
codes begin with XN (虚拟), phones with 160, and every unit is called 示例: valid by their check digits, and nobody's.
"""

from collections import Counter
from datetime import date
from random import Random
from typing import Literal

from anju.kernel.identity import credit_code_check_char, identity_check_digit

Sex = Literal["male", "female"]

#: GB/T 2260 code of the prefecture; counties, which issue identity numbers, have other last digits.
AREA = "430600"
_SURNAMES = (
    "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任"
    "姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN: dict[Sex, str] = {
    "male": "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢阳建国庆志文博毅宏峰山岳江河松柏",
    "female": "芳娜敏静丽艳娟霞秀英燕玲桂兰萍红玉洁云莹雪琳晶倩婷慧颖佳嘉怡思梦欣悦琪雨涵诗语湘君兰芷荷月",
}
#: GB 11714: weights of the eight characters of an organisation code.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class People:
    """Gives out people: a name, an identity number and a phone that nobody else has got."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._born: Counter[tuple[date, Sex]] = Counter()
        self._phones = 0

    def name(self, sex: Sex) -> str:
        """A name of two or three characters."""
        given = self._rng.choices(_GIVEN[sex], k=self._rng.choice((1, 2, 2)))
        return self._rng.choice(_SURNAMES) + "".join(given)

    def identity_number(self, born: date, sex: Sex) -> str:
        """The next identity number of that birthday: an odd sequence for men, an even one for women."""
        self._born[born, sex] += 1
        sequence = 2 * self._born[born, sex] - (sex == "male")
        first17 = f"{AREA}{born:%Y%m%d}{sequence:03d}"
        return first17 + identity_check_digit(first17)

    def phone(self) -> str:
        """The next number of a segment that no operator was given."""
        self._phones += 1
        return f"160{self._phones:08d}"


def organisation_check(body: str) -> str:
    """Check character of the eight characters of an organisation code (GB 11714)."""
    total = sum(int(char, 36) * weight for char, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def credit_code(kind: str, sequence: int) -> str:
    """A unified social credit code: registrar and kind of body (two characters), area, organisation, check."""
    body = f"XN{sequence:06d}"
    first17 = f"{kind}{AREA}{body}{organisation_check(body)}"
    return first17 + credit_code_check_char(first17)


def unit_name(kind: str, office: str, sequence: int) -> str:
    """示例中学（平江县 012）."""
    return f"示例{kind}（{office.removesuffix('管理部')} {sequence:03d}）"
