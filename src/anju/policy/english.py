"""The English catalogue of explanations: `install(translate)` makes gettext answer in English.

Chinese sentences are the keys, as everywhere; a sentence that is not in the catalogue stays Chinese, as do citations.
"""

from functools import cache
from pathlib import Path

import yaml


def translate(message: str) -> str:
    """The English of a Chinese sentence, or the sentence itself."""
    return _catalogue().get(message, message)


@cache
def _catalogue() -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load(Path(__file__).with_name("english.yaml").read_text(encoding="utf-8"))
    return loaded
