"""Files that hold secrets: read by their owner only (mode 0600), seen by others either whole or not at all."""

import os
import tempfile
from pathlib import Path


def create_private(path: Path, text: str) -> None:
    """Write a new file; FileExistsError when there is one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as file:  # made with mode 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)


def replace_private(path: Path, text: str) -> None:
    """Put a file in the place of the one that is there; after a crash either the old or the new one stands."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
