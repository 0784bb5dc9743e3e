-- Instalments that fall due up to a day: one row for each loan, and the loan moves on to its next due date.
-- Interest is a twelfth of the yearly rate on the principal not yet due, half-up to the fen:
-- balance x ppm / (12 x 10^6), doubled to round. The last instalment takes whatever principal is left.
WITH due AS (
    SELECT l.id, l.method, l.payment, l.periods_left, l.due_day, l.next_due, b.amount AS balance,
           (2 * b.amount * l.rate + 12000000) / 24000000 AS interest
      FROM loans_loan l JOIN ledger_balance b ON b.account_id = l.account_id
     WHERE l.next_due <= %(on)s
     ORDER BY l.id
       FOR UPDATE OF l
), fallen AS (
    INSERT INTO loans_instalment (loan_id, due_date, principal, interest)
    SELECT id, next_due,
           CASE WHEN periods_left = 1 THEN balance
                WHEN method = '01' THEN least(balance, payment - interest)
                ELSE least(balance, payment) END,
           interest
      FROM due
), moved AS (
    SELECT id, periods_left - 1 AS periods_left,
           (date_trunc('month', next_due) + interval '1 month')::date AS next_month, due_day
      FROM due
)
UPDATE loans_loan l
   SET periods_left = m.periods_left,
       next_due = CASE WHEN m.periods_left > 0 THEN
           least(m.next_month + m.due_day - 1, (m.next_month + interval '1 month' - interval '1 day')::date) END
  FROM moved m WHERE l.id = m.id
