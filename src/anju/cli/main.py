"""`anju`: the root command, and the one place where an anticipated error becomes a message and an exit code."""

import importlib
import json
from typing import Any

import click

from anju.kernel.errors import AnjuError
from anju.kernel.i18n import gettext as _

#: Command → where it lives, and its line in the help.
_COMMANDS = {
    "audit": ("anju.cli.audit:audit", "审计日志：封存、验证"),
    "bank": ("anju.cli.bank:bank", "银行：收取到账通知、未能入账的通知"),
    "bank-sandbox": ("anju.cli.bank:bank_sandbox", "试验用的银行：受理转账，给出到账通知"),
    "calc": ("anju.cli.calc:calc", "计算器：计息、还款计划、罚息、提前还款、对冲"),
    "calendar": ("anju.cli.calendar:calendar", "工作日历：放假与调休、工作日届满日"),
    "cases": ("anju.cli.cases:cases", "案件：期限预警、期限重算、消息送达、久未提交的草稿"),
    "city": ("anju.cli.city:city", "合成城市：生活一年"),
    "code": ("anju.cli.code:code", "演示账号的一次性验证码"),
    "db": ("anju.cli.database:db", "数据库：内置服务器的启停、备份与恢复，中心的建立与迁移"),
    "debit": ("anju.cli.debit:debit", "委托收款：编制清单、送出、读入回盘"),
    "flexible": ("anju.cli.flexible:flexible", "灵活就业：发放缴存补贴"),
    "demo": ("anju.cli.demo:demo", "演示：合成城市生活一年并提供页面"),
    "evaluation": ("anju.cli.evaluation:evaluation", "绩效：自评表、报告审核"),
    "items": ("anju.cli.items:items", "事项目录：申请人、渠道、办理时限、审核岗位"),
    "keys": ("anju.cli.keys:keys", "个人信息加密密钥：新增、换钥、停用"),
    "ledger": ("anju.cli.ledger:ledger", "总账：试算平衡、营业日、封存、关账、核验"),
    "letters": ("anju.cli.letters:letters", "异地转移：与平台收发联系函"),
    "partner-sandbox": ("anju.cli.letters:partner_sandbox", "试验用的外地中心：应答联系函"),
    "policy": ("anju.cli.policy:policy", "政策：检查、解释、比较、测算、变更"),
    "receipts": ("anju.cli.receipts:receipts", "到账：导入银行的到账明细"),
    "roster": ("anju.cli.roster:roster", "汇缴清册：检查、模板"),
    "runs": ("anju.cli.runs:runs", "批量业务：批次的进度、问题、取消与重试"),
    "serve": ("anju.cli.demo:serve", "提供页面"),
    "smoke": ("anju.cli.smoke:smoke", "冒烟检查：演示从零到页面"),
    "token": ("anju.cli.token:token", "接口令牌：签发、列出、撤销"),
    "worker": ("anju.cli.worker:worker", "后台任务：处理排队的批次"),
}
#: Exit code of an anticipated error, as click uses for wrong usage.
USAGE_ERROR = 2
_AS_JSON = "anju.cli.as_json"


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is asked for.

    An AnjuError of any command ends here: one line on stderr, or with `--json` an object on stdout, and exit code 2.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AnjuError as error:
            if ctx.meta[_AS_JSON]:
                problem = {"code": error.code, "field": error.field, "message": error.message}
                click.echo(json.dumps({"error": problem}, ensure_ascii=False))
            else:
                click.echo(str(error), err=True)
            raise click.exceptions.Exit(USAGE_ERROR) from error

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
@click.version_option(package_name="anju", help=_("显示版本"))
def main() -> None:
    """Root of all commands."""
