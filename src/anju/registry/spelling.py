"""Names by their spelling: pinyin without tones, and its initials, so that a name is found as it is heard.

    spelling("单雄信")   →  "shanxiongxin"
    initials("单雄信")   →  "sxx"

A person's first characters are read as a family name: 单 is Shan there and Dan elsewhere. The names of units are read by
their words: 银行 is yinhang, 重庆 chongqing. Characters without a reading stay.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField

#: Readings of characters as family names, where they differ from the usual one.
_FAMILY: dict[str, str] = dict(
    re.findall(
        r"(\S)=(\w+)",
        """
    单=shan 曾=zeng 解=xie 仇=qiu 区=ou 查=zha 朴=piao 盖=ge 乐=yue 员=yun 贠=yun 折=she 种=chong 秘=bi 冼=xian 洗=xian
    祭=zhai 黑=he 召=shao 谌=chen 覃=qin 隗=wei 逄=pang 宓=mi 翟=zhai 瞿=qu 牟=mu 车=che 句=gou 柏=bai 郗=xi 晁=chao
    阚=kan 亓=qi 仉=zhang 佘=she 尉=wei 费=fei 那=na 哈=ha 卜=bu 褚=chu 石=shi 叶=ye 沈=shen 宁=ning 缪=miao 粘=nian
    都=du 能=nai 撒=sa 过=guo 载=dai 曲=qu 重=chong 会=gui 任=ren 华=hua 纪=ji 燕=yan 相=xiang 应=ying 占=zhan 贾=jia
    幺=yao 么=yao 訾=zi 逯=lu 呙=guo 适=kuo 教=jiao 厘=li 鲜=xian 行=xing 万=wan 俞=yu 於=yu 乜=nie
    """,
    )
)
#: Family names of two characters that are read in a way of their own.
_DOUBLE = {
    "尉迟": ("yu", "chi"), "万俟": ("mo", "qi"), "长孙": ("zhang", "sun"), "单于": ("chan", "yu"), "澹台": ("tan", "tai"),
    "令狐": ("ling", "hu"), "夏侯": ("xia", "hou"), "宿六": ("su", "liu"), "鲜于": ("xian", "yu"), "尉犁": ("yu", "li"),
}  # fmt: skip


def spelling(name: str, *, person: bool = True) -> str:
    """A name in lower-case pinyin without tones, spaces and dots; ü is v, letters and unknown characters stay."""
    return "".join(_syllables(name) if person else _words(name))


def initials(name: str, *, person: bool = True) -> str:
    """The first letter of each character; a word in letters counts as one."""
    return "".join(syllable[0] for syllable in (_syllables(name) if person else _words(name)) if syllable)


def _syllables(name: str) -> list[str]:
    parts: list[str] = []
    for word in name.replace("·", " ").lower().split():
        if word.isascii():
            parts.append(word)
            continue
        head: tuple[str, ...] = ()
        if not parts:
            head = _DOUBLE.get(word[:2]) or ((_FAMILY[word[0]],) if word[0] in _FAMILY else ())
        parts += [*head, *(_reading(char) for char in word[len(head) :])]
    return parts


def _words(name: str) -> list[str]:
    from pypinyin import lazy_pinyin

    kept = "".join(char if char.isalnum() else " " for char in name.lower())  # brackets and dots are not spelled
    return [syllable for part in lazy_pinyin(kept) for syllable in part.split()]


@lru_cache(maxsize=30_000)
def _reading(char: str) -> str:
    # The dictionary takes half a second to load: only who spells a name pays for it.
    from pypinyin import Style, pinyin

    reading: str = pinyin(char, style=Style.NORMAL)[0][0]
    return reading.lower()


class SpellingField(_CharField):
    """The spelling (or the initials) of another field of the same model, kept in step with it by save and bulk_create."""

    def __init__(self, source: str, *args: Any, short: bool = False, person: bool = True, **options: Any) -> None:
        self.source, self.short, self.person = source, short, person
        super().__init__(*args, **{"editable": False, "default": "", **options})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        return name, path, [self.source, *args], {**options, "short": self.short, "person": self.person}

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        models.signals.pre_save.connect(self._refuse_half, sender=cls)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Computed from the source, unless that was not loaded and so has not changed."""
        source = model_instance.__dict__.get(self.source)
        if isinstance(source, str):
            setattr(model_instance, self.attname, self.of(source))
        return getattr(model_instance, self.attname)

    def of(self, name: str) -> str:
        """What the field holds for a name, cut to its length."""
        return (initials if self.short else spelling)(name, person=self.person)[: self.max_length]

    def _refuse_half(self, update_fields: Iterable[str] | None = None, **_rest: Any) -> None:
        if update_fields is not None and self.source in update_fields and self.name not in update_fields:
            raise FieldError(f"{self.source} and {self.name} are saved together")
