-- Instalments due before a day and not paid: their principal, and only theirs, moves from 121 to 122.
WITH late AS (
    SELECT i.id, i.loan_id, i.due_date, l.contract_number, l.account_id, l.overdue_account_id, i.principal
      FROM loans_instalment i JOIN loans_loan l ON l.id = i.loan_id
     WHERE i.due_date < %(on)s AND i.paid_date IS NULL AND i.overdue_journal_id IS NULL AND i.principal > 0
     ORDER BY i.id
       FOR UPDATE OF i
), numbered AS (
    SELECT late.*, row_number() OVER (ORDER BY id)::integer AS n FROM late
), lines AS (
    SELECT n, 1 AS part, overdue_account_id AS account, principal AS amount FROM numbered
    UNION ALL SELECT n, 2, account_id, -principal FROM numbered
), posted AS (
    SELECT p.ordinal, abs(p.journal_id) AS journal_id
      FROM (SELECT array_agg('overdue:' || contract_number || ':' || due_date ORDER BY n) AS keys,
                   array_agg(contract_number ORDER BY n) AS refs, count(*)::integer AS many FROM numbered) AS h,
           (SELECT array_agg(n ORDER BY n, part) AS journals, array_agg(account ORDER BY n, part) AS accounts,
                   array_agg(amount ORDER BY n, part) AS amounts FROM lines) AS l,
           LATERAL unnest(ledger_post(h.keys, array_fill('overdue'::text, ARRAY[h.many]), h.refs,
                       array_fill(''::text, ARRAY[h.many]), array_fill(%(on)s::date, ARRAY[h.many]),
                       array_fill(%(on)s::date, ARRAY[h.many]), array_fill(%(maker)s::text, ARRAY[h.many]),
                       array_fill(NULL::text, ARRAY[h.many]),
                       l.journals, l.accounts, l.amounts)) WITH ORDINALITY AS p (journal_id, ordinal)
     WHERE h.many > 0
), marked AS (
    UPDATE loans_instalment i SET overdue_journal_id = p.journal_id
      FROM numbered n JOIN posted p ON p.ordinal = n.n WHERE i.id = n.id
    RETURNING i.loan_id
)
UPDATE loans_loan SET state = '5' WHERE id IN (SELECT loan_id FROM marked)
