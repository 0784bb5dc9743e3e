"""`anju`: the root command, and the one place where an anticipated error becomes a message and an exit code."""

import importlib
import sys

import click

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _

#: Command → where it lives, and its line in the help.
_COMMANDS = {
    "calc": ("anju.cli.calc:calc", "计算器：计息、还款计划、罚息、提前还款、对冲"),
    "city": ("anju.cli.city:city", "合成城市：生活一年"),
    "db": ("anju.cli.database:db", "数据库：内置服务器的启停，中心的建立与迁移"),
    "demo": ("anju.cli.demo:demo", "演示：合成城市生活一年并提供页面"),
    "ledger": ("anju.cli.ledger:ledger", "总账：试算平衡"),
    "roster": ("anju.cli.roster:roster", "汇缴清册：检查、模板"),
    "serve": ("anju.cli.demo:serve", "提供页面"),
    "smoke": ("anju.cli.smoke:smoke", "冒烟检查：演示从零到页面"),
}
#: Exit code of an anticipated error, as click uses for wrong usage.
USAGE_ERROR = 2


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _separator, attribute = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(_("命令")):
            formatter.write_dl([(name, _(_COMMANDS[name][1])) for name in self.list_commands(ctx)])


@click.group(
    cls=LazyGroup, help=_("Anju 安居：住房公积金中心平台"), context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="anju")
def root() -> None:
    """Root of all commands."""


def main() -> None:
    """Entry point: an AnjuError is told in one line on stderr, with exit code 2."""
    try:
        root()
    except AnjuError as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE_ERROR)
