"""`python -m bench [name]`: run one benchmark or all; exit 1 when a goal was missed."""

import importlib
import sys
from pathlib import Path

from bench.report import publish

NAMES = sorted(
    path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in {"__init__", "__main__", "report"}
)


def main() -> int:
    """Run what was asked for."""
    wanted = sys.argv[1:] or NAMES
    unknown = set(wanted) - set(NAMES)
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    met = [publish(name, importlib.import_module(f"bench.{name}").run()) for name in wanted]
    return 0 if all(met) else 1


sys.exit(main())
