"""Set-based jobs of the ledger for the batch engine: the yearly settlement, and amounts posted against one account."""

from anju.kernel.i18n import gettext as _
from anju.platform.runs.declarations import Column, Count, Job, Rule, register, statement

#: Yearly settlement (年度结息). Params: subject, rate_code, payable, expense (account ids). The business date is the
#: settlement day.
INTEREST_SETTLEMENT = register(
    Job(
        name="ledger.interest-settlement",
        title=_("年度结息"),
        keys="SELECT account_id AS key FROM ledger_balance WHERE subject_id = %(params)s::jsonb ->> 'subject' AND NOT closed",
        work=statement(
            """
            SELECT accounts_settled AS accounts, paid FROM ledger_settle_interest(
                %(low)s, %(high)s, %(params)s::jsonb ->> 'subject', %(business_date)s::date,
                %(params)s::jsonb ->> 'rate_code', (%(params)s::jsonb ->> 'payable')::bigint,
                (%(params)s::jsonb ->> 'expense')::bigint, 'run:' || %(run)s, %(maker)s)
            """
        ),
        counts=(Count("accounts", _("账户数")), Count("paid", _("利息"), money=True)),
    )
)

#: One line an account: its amount in fen, debit positive, against the account `contra`. Params: contra, kind, value_date.
#: A bad row rejects the whole, so that the contra account never holds a part of what the paper says.
STAGED_POSTING = register(
    Job(
        name="ledger.staged-posting",
        title=_("批量记账"),
        staging="staged_ledger_line",
        columns=(Column("account_id", _("账户")), Column("amount", _("金额（分）"))),
        rules=(
            Rule("amount", "amount", _("金额不得为零"), bad="s.amount = 0"),
            Rule(
                "account",
                "account_id",
                _("账户不存在、已销户或尚未开户"),
                bad="NOT EXISTS (SELECT FROM ledger_balance b WHERE b.account_id = s.account_id AND NOT b.closed"
                " AND b.opened_day <= %(business_date)s::date - DATE '1970-01-01')",
            ),
        ),
        work=statement(
            """
            SELECT l.many AS lines, l.total AS amount
              FROM (SELECT count(*) AS many, coalesce(sum(amount), 0)::bigint AS total,
                           array_agg(account_id ORDER BY line) AS accounts, array_agg(amount ORDER BY line) AS amounts
                      FROM staged_ledger_line WHERE run_id = %(run)s AND line BETWEEN %(low)s AND %(high)s) AS l,
                   LATERAL (SELECT l.accounts || (%(params)s::jsonb ->> 'contra')::bigint AS accounts,
                                   l.amounts || -l.total AS amounts) AS a,
                   LATERAL ledger_post(
                       ARRAY['run:' || %(run)s || ':' || %(low)s], ARRAY[%(params)s::jsonb ->> 'kind'], ARRAY['run:' || %(run)s],
                       ARRAY[''], ARRAY[%(business_date)s::date], ARRAY[(%(params)s::jsonb ->> 'value_date')::date],
                       ARRAY[%(maker)s], ARRAY[NULL::text], array_fill(1, ARRAY[cardinality(a.accounts)]), a.accounts,
                       a.amounts) AS p
            """
        ),
        counts=(Count("lines", _("行数")), Count("amount", _("金额"), money=True)),
    )
)
