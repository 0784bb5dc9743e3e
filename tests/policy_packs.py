"""What tests of the policy store share: the shipped packs in a folder of the test's own, packages, and who did it when."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from anju.policy.overlay import Overlay, read_overlay
from anju.policy.packs import PACKS
from anju.policy_store import operations, queries

AT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
RENT = "withdrawal.rent.monthly_limit"


def own_packs(folder: Path, *replacements: tuple[str, str], file: str = "demo/limits.yaml") -> Path:
    """A copy of the shipped packs, with words of a file replaced."""
    packs = folder / f"packs-{len(list(folder.iterdir()))}"
    shutil.copytree(PACKS, packs)
    text = (packs / file).read_text(encoding="utf-8")
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (packs / file).write_text(text, encoding="utf-8")
    return packs


def load(packs: Path = PACKS) -> operations.Proposed:
    """The packs proposed and, if that changes anything, approved."""
    loaded = operations.load_pack(center="demo", folder=packs, reason="发布", maker="王", at=AT)
    if loaded.number is not None:
        operations.approve(proposal=loaded.number, checker="李", at=AT)
    return loaded


def package(folder: Path, changes: str, name: str = "秋季政策包") -> Overlay:
    """A package file over the store's book; `changes` as lines of YAML."""
    file = folder / "package.yaml"
    lines = "".join(f"  {line}\n" for line in changes.strip().splitlines())
    file.write_text(f"name: {name}\ncenter: demo\ndocument: 岳公积金〔2027〕1号\nchanges:\n{lines}", encoding="utf-8")
    return read_overlay(file, queries.snapshot().book)


def propose(folder: Path, changes: str, name: str = "秋季政策包", maker: str = "王") -> int:
    """The number of a proposed package."""
    number = operations.propose(package=package(folder, changes, name), reason="会议决定", maker=maker, at=AT).number
    assert number is not None
    return number


RENT_2027 = f"{RENT}:\n  - {{from: 2027-09-01, to: 2028-09-01, value: 1800.00元, article: 第一条}}"
