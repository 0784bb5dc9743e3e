-- Collect the instalments of one due date from the repayment accounts, one journal each:
-- bank debited, principal (121) and interest income (40103) credited. Contracts in `failed` were not paid.
WITH due AS (
    SELECT i.id, l.contract_number, l.account_id, i.principal, i.interest
      FROM loans_instalment i JOIN loans_loan l ON l.id = i.loan_id
     WHERE i.due_date = %(due)s AND i.paid_date IS NULL AND i.overdue_journal_id IS NULL
       AND NOT l.contract_number = ANY (%(failed)s::text[]) AND i.principal + i.interest > 0
     ORDER BY i.id
       FOR UPDATE OF i
), numbered AS (
    SELECT due.*, row_number() OVER (ORDER BY id)::integer AS n FROM due
), lines AS (
    SELECT n, 1 AS part, %(bank)s::bigint AS account, principal + interest AS amount FROM numbered
    UNION ALL SELECT n, 2, account_id, -principal FROM numbered WHERE principal > 0
    UNION ALL SELECT n, 3, %(income)s::bigint, -interest FROM numbered WHERE interest > 0
), posted AS (
    SELECT p.ordinal, abs(p.journal_id) AS journal_id
      FROM (SELECT array_agg('instalment:' || contract_number || ':' || %(due)s::date ORDER BY n) AS keys,
                   array_agg(contract_number ORDER BY n) AS refs, count(*)::integer AS many FROM numbered) AS h,
           (SELECT array_agg(n ORDER BY n, part) AS journals, array_agg(account ORDER BY n, part) AS accounts,
                   array_agg(amount ORDER BY n, part) AS amounts FROM lines) AS l,
           LATERAL unnest(ledger_post(h.keys, array_fill('instalment'::text, ARRAY[h.many]), h.refs,
                       array_fill(''::text, ARRAY[h.many]), array_fill(%(on)s::date, ARRAY[h.many]),
                       array_fill(%(on)s::date, ARRAY[h.many]), array_fill(%(maker)s::text, ARRAY[h.many]),
                       array_fill(NULL::text, ARRAY[h.many]),
                       l.journals, l.accounts, l.amounts)) WITH ORDINALITY AS p (journal_id, ordinal)
     WHERE h.many > 0
)
UPDATE loans_instalment i SET paid_date = %(on)s, journal_id = p.journal_id
  FROM numbered n JOIN posted p ON p.ordinal = n.n WHERE i.id = n.id
