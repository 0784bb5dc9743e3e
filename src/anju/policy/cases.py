"""A case as a person writes it: a YAML file with the center, the day and the inputs, each value with its unit."""

from datetime import date
from pathlib import Path

from anju.kernel.i18n import gettext as _
from anju.kernel.yaml_node import read_mapping
from anju.policy.codes import CROWD
from anju.policy.decision import Case
from anju.policy.errors import InputError, PolicyError, WrongUnitError
from anju.policy.packs import read_day
from anju.policy.rules import ANCHORS, Rule
from anju.policy.units import parse_value


def read_case(path: Path, rule: Rule) -> tuple[str, Case]:
    """The center and the case for a rule. Raises PolicyError, InputError, WrongUnitError with file, line and path."""
    root = read_mapping(path, PolicyError)
    center = root.text("center")
    if not root.has("on"):
        root.refuse("on", _("缺少此项：{anchor}，如 2026-10-12").format(anchor=_(ANCHORS[rule.anchor])))
    on: date = root.parsed("on", read_day)
    district, crowd = root.text("district", optional=True), root.text("crowd", optional=True)
    if crowd and crowd not in CROWD.labels:
        root.refuse("crowd", _("没有人群“{name}”；可用：{names}").format(name=crowd, names="、".join(CROWD.labels)))
    node = root.mapping("inputs")
    root.close()
    inputs = {}
    for name in node.keys:
        if name not in rule.inputs:
            node.refuse(
                name,
                _("规则 {rule} 没有这个输入；可用：{names}").format(rule=rule.name, names="、".join(rule.inputs)),
                InputError,
            )
        try:
            inputs[name] = parse_value(node.text(name), rule.inputs[name].kind)
        except WrongUnitError as error:
            node.refuse(name, error.message, WrongUnitError)
    return center, Case(on=on, inputs=inputs, district=district, crowd=crowd)
