"""`python -m bench [name]`: run one benchmark or all; exit 1 when a goal was missed."""

import importlib
import pkgutil
import sys
from pathlib import Path

from bench.report import publish

NAMES = sorted(
    module.name
    for module in pkgutil.iter_modules([str(Path(__file__).parent)])
    if module.name not in {"__main__", "report"}
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
