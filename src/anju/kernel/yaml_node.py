"""A YAML file read strictly: every scalar stays the text that was typed, every complaint names file, line and path.

Numbers are not converted, because 5487.80 must not become a float: the reader of a value says what it means.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import yaml

from anju.kernel.errors import AnjuError, InvalidValueError
from anju.kernel.i18n import gettext as _

#: A file of data that people write has some ten thousand characters; one above this is none.
MAX_BYTES = 1_000_000
T = TypeVar("T")
#: libyaml's reader where the wheel has it: ten times as fast.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class MappingNode:
    """A mapping of the file. Each key is read once by name; `close` refuses the keys that nobody asked for.

    `error` is the room's own error, raised with the place as its field.
    """

    def __init__(self, file: str, path: str, node: yaml.Node, error: type[AnjuError]) -> None:
        self._file, self._path, self._node, self._error = file, path, node, error
        if not isinstance(node, yaml.MappingNode):
            self._fail(node, path, _("应为“键: 值”的映射"))
        self._values: dict[str, yaml.Node] = {}
        self._keys: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in self._values:
                self._fail(key, self._at(name), _("键重复"))
            self._values[name] = value
            self._keys[name] = key
        self._unread = set(self._values)

    @property
    def keys(self) -> list[str]:
        """All keys in the order of the file."""
        return list(self._values)

    def place(self, key: str = "") -> str:
        """Where a key stands: file and line."""
        return _place(self._file, self._keys.get(key, self._node))

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._values

    def text(self, key: str, *, optional: bool = False) -> str:
        """The text of a key without outer white space; empty when the key is optional and absent."""
        node = self._take(key, optional=optional)
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self._fail(node, self._at(key), _("应为一段文字或一个数字"))
        value = str(node.value).strip()
        if not value and not optional:
            self._fail(node, self._at(key), _("不能为空"))
        return value

    def parsed(self, key: str, parse: Callable[[str], T]) -> T:
        """The text of a key as `parse` reads it; what parse refuses is reported at this place."""
        text = self.text(key)
        try:
            return parse(text)
        except InvalidValueError as error:
            self.refuse(key, f"{error.message}（{text}）")

    def optional(self, key: str, parse: Callable[[str], T]) -> T | None:
        """As `parsed`, None when the key is absent or empty."""
        if not self.has(key) or not self.text(key, optional=True):
            return None
        return self.parsed(key, parse)

    def mapping(self, key: str) -> "MappingNode":
        """The mapping below a key."""
        node = self._take(key)
        assert node is not None
        return MappingNode(self._file, self._at(key), node, self._error)

    def mappings(self, key: str) -> "Iterator[MappingNode]":
        """The mappings of a list below a key, numbered from 1 in messages."""
        node = self._take(key)
        assert node is not None
        if not isinstance(node, yaml.SequenceNode):
            self._fail(node, self._at(key), _("应为列表（每项以“- ”开头）"))
        for number, item in enumerate(node.value, 1):
            yield MappingNode(self._file, f"{self._at(key)}[{number}]", item, self._error)

    def texts(self, key: str) -> list[str]:
        """The texts of a list below a key."""
        node = self._take(key)
        assert node is not None
        if not isinstance(node, yaml.SequenceNode) or not all(isinstance(n, yaml.ScalarNode) for n in node.value):
            self._fail(node, self._at(key), _("应为文字的列表"))
        return [str(item.value).strip() for item in node.value]

    def is_scalar(self, key: str) -> bool:
        """Whether a key holds a text or a number, and not a list or a mapping."""
        return isinstance(self._values.get(key), yaml.ScalarNode)

    def close(self) -> None:
        """Refuse the file when a key is left that means nothing here, such as a misspelt one."""
        for name in sorted(self._unread):
            self._fail(self._values[name], self._at(name), _("此处没有这个键，请检查拼写"))

    def refuse(self, key: str, rule: str, error: type[AnjuError] | None = None) -> NoReturn:
        """Refuse the value of a key, by an error of its own when given."""
        self._fail(self._keys.get(key, self._node), self._at(key), rule, error)

    def _take(self, key: str, *, optional: bool = False) -> yaml.Node | None:
        self._unread.discard(key)
        if key not in self._values and not optional:
            self._fail(self._node, self._at(key), _("缺少此项"))
        return self._values.get(key)

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _fail(self, node: yaml.Node, path: str, rule: str, error: type[AnjuError] | None = None) -> NoReturn:
        raise (error or self._error)(rule, field=f"{_place(self._file, node)} {path}".rstrip())


def _place(file: str, node: yaml.Node) -> str:
    return _("{file} 第{line}行").format(file=file, line=node.start_mark.line + 1)


def read_mapping(path: Path, error: type[AnjuError]) -> MappingNode:
    """The mapping that a YAML file holds. Raises `error` when it cannot be read or is no mapping."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise error(_("文件过大，请拆分"), field=path.name)
        node = yaml.compose(data.decode("utf-8-sig"), Loader=_Loader)
    except FileNotFoundError as cause:
        raise error(_("缺少文件 {path}").format(path=path), field=path.name) from cause
    except OSError as cause:
        reason = cause.strerror or str(cause)
        raise error(_("无法读取文件 {path}：{reason}").format(path=path, reason=reason), field=path.name) from cause
    except UnicodeDecodeError as cause:
        raise error(_("文件不是 UTF-8 编码，请另存为 UTF-8"), field=path.name) from cause
    except (yaml.YAMLError, RecursionError) as cause:
        mark = getattr(cause, "problem_mark", None)
        place = _("{file} 第{line}行").format(file=path.name, line=mark.line + 1) if mark else path.name
        raise error(_("不是合法的 YAML：请检查缩进、冒号和引号"), field=place) from cause
    if node is None:
        raise error(_("文件是空的"), field=path.name)
    return MappingNode(path.name, "", node, error)
