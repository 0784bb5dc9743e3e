"""The evaluation's data files: the strict reader of YAML with this room's error."""

from pathlib import Path

from anju.kernel import yaml_node
from anju.kernel.errors import AnjuError
from anju.kernel.yaml_node import MappingNode


class EvaluationDataError(AnjuError):
    """A file of the evaluation's data is missing, unreadable, or breaks a rule of form."""

    code = "EVALUATION_DATA"


def read_mapping(path: Path) -> MappingNode:
    """The mapping that a YAML file holds. Raises EvaluationDataError when it cannot be read or is no mapping."""
    return yaml_node.read_mapping(path, EvaluationDataError)
