"""Set-based jobs of 归集 for the batch engine: paying what is covered, flexible workers' notices and yearly subsidies."""

from anju.contributions.flexible import debits, subsidies
from anju.kernel.i18n import gettext as _
from anju.platform.runs.declarations import Count, Job, register, statement

#: Allocation (分摊入账): every open bill that its payer's suspense account covers, some hundred bills a transaction. What
#: is not covered, and what names an account that has closed since, stays open and is counted.
ALLOCATION = register(
    Job(
        name="contributions.allocation",
        title=_("汇缴分摊入账"),
        keys="SELECT id AS key FROM contributions_bill WHERE state = 'open'",
        work=statement(
            "SELECT bills, lines, amount, short, closed"
            " FROM contributions_pay(%(low)s, %(high)s, %(business_date)s::date, %(maker)s)"
        ),
        chunk=200,
        counts=(
            Count("bills", _("入账笔数")), Count("lines", _("职工人次")), Count("amount", _("金额"), money=True),
            Count("short", _("款项不足")), Count("closed", _("有已销户职工")),
        ),
    )
)  # fmt: skip

#: What flexible workers get for the money that they left on their accounts for a year.
SUBSIDY = register(
    Job(
        name=subsidies.JOB,
        title=_("灵活就业缴存补贴"),
        keys="SELECT member_id AS key FROM contributions_agreement WHERE ended_date IS NULL",
        work=subsidies.work,
        chunk=2_000,
        counts=(Count("persons", _("人数")), Count("amount", _("金额"), money=True)),
    )
)  # fmt: skip

#: Notices of flexible workers who pay by the period from a card, when their month has come.
FLEXIBLE_DUES = register(
    Job(
        name=debits.JOB,
        title=_("灵活就业委托扣款通知"),
        keys="SELECT member_id AS key FROM contributions_debitmandate WHERE ended_date IS NULL AND member_id IS NOT NULL",
        work=statement(
            "SELECT bills, amount FROM contributions_flexible_due(%(low)s, %(high)s, %(business_date)s::date, %(maker)s)"
        ),
        chunk=1_000,
        counts=(Count("bills", _("通知份数")), Count("amount", _("金额"), money=True)),
    )
)  # fmt: skip
