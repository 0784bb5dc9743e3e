-- Book the open bills `low`..`high` that the payer's suspense account covers: 借219 贷201, one journal a bill, in the
-- order of issue. A single bill is a range of one. What is not covered, and what names an account that has closed since,
-- stays open and is counted. A person's bill shares its collective account with others': only receipts that name it pay it.
-- Months are paid without a gap: a unit's remittance waits while an earlier one of the unit is open.
CREATE OR REPLACE FUNCTION contributions_pay(low bigint, high bigint, business_date date, maker text,
                                  OUT bills bigint, OUT lines bigint, OUT amount bigint, OUT short bigint, OUT closed bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    wanted bigint[];
    covered bigint[];
    payable bigint[];
    numbers text[];
    refs text[];
    sums bigint[];
    line_journals integer[];
    line_accounts bigint[];
    line_amounts bigint[];
    posted bigint[];
BEGIN
    SELECT array_agg(b.id ORDER BY b.id) INTO wanted
      FROM (SELECT id FROM contributions_bill WHERE state = 'open' AND id BETWEEN low AND high
             ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS b;
    -- Whoever takes money from a unit's suspense account holds the unit's row: what is seen here is still there below.
    PERFORM FROM registry_unit u WHERE u.id IN (SELECT b.unit_id FROM contributions_bill b WHERE b.id = ANY (wanted))
      ORDER BY u.id FOR NO KEY UPDATE;
    SELECT array_agg(f.id ORDER BY f.id) INTO covered
      FROM (SELECT b.id, sum(b.amount) OVER (PARTITION BY b.unit_id ORDER BY b.id) AS needed,
                   l.side * l.amount - l.held - l.frozen AS available
              FROM contributions_bill b JOIN registry_unit u ON u.id = b.unit_id
              JOIN ledger_balance l ON l.account_id = u.suspense_id
             WHERE b.id = ANY (wanted) AND (b.member_id IS NULL OR contributions_covered(b.id))
               AND (b.kind <> 'remittance' OR NOT EXISTS (
                       SELECT FROM contributions_bill e WHERE e.unit_id = b.unit_id AND e.id < b.id
                          AND e.kind = 'remittance' AND e.state = 'open' AND e.id <> ALL (wanted)))) AS f
     WHERE f.needed <= f.available;
    WITH line AS (
        SELECT r.bill_id, m.account_id, c.unit_amount + c.person_amount AS amount
          FROM contributions_remittance r JOIN contributions_contribution c ON c.remittance_id = r.id
          JOIN registry_member m ON m.id = c.member_id
         WHERE r.bill_id = ANY (covered)
        UNION ALL
        SELECT p.bill_id, m.account_id, p.unit_amount + p.person_amount
          FROM contributions_backpayment p JOIN registry_member m ON m.id = p.member_id
         WHERE p.bill_id = ANY (covered)
        UNION ALL
        SELECT f.bill_id, m.account_id, f.unallocated
          FROM contributions_flexiblepayment f JOIN contributions_bill b ON b.id = f.bill_id
          JOIN registry_member m ON m.id = b.member_id
         WHERE f.bill_id = ANY (covered) AND f.unallocated > 0
    ), credit AS (
        SELECT bill_id, account_id, sum(amount)::bigint AS amount FROM line GROUP BY bill_id, account_id
    ), shut AS (
        SELECT DISTINCT c.bill_id FROM credit c JOIN ledger_balance l ON l.account_id = c.account_id WHERE l.closed
    ), bill AS (
        SELECT b.id, b.number, u.number AS unit, u.suspense_id, b.amount,
               row_number() OVER (ORDER BY b.id)::integer AS place
          FROM contributions_bill b JOIN registry_unit u ON u.id = b.unit_id
         WHERE b.id = ANY (covered) AND b.id NOT IN (SELECT bill_id FROM shut)
           AND NOT (b.kind = 'remittance' AND EXISTS (
                   SELECT FROM shut s JOIN contributions_bill e ON e.id = s.bill_id
                    WHERE e.unit_id = b.unit_id AND e.kind = 'remittance' AND e.id < b.id))
    ), booked AS (
        SELECT b.place, b.suspense_id AS account_id, b.amount AS amount FROM bill b
        UNION ALL
        SELECT b.place, c.account_id, -c.amount FROM bill b JOIN credit c ON c.bill_id = b.id
    )
    SELECT (SELECT array_agg(id ORDER BY place) FROM bill), (SELECT array_agg(number ORDER BY place) FROM bill),
           (SELECT array_agg(unit ORDER BY place) FROM bill), (SELECT array_agg(amount ORDER BY place) FROM bill),
           (SELECT count(*) FROM shut),
           array_agg(place ORDER BY place, account_id), array_agg(account_id ORDER BY place, account_id),
           array_agg(amount ORDER BY place, account_id)
      INTO payable, numbers, refs, sums, closed, line_journals, line_accounts, line_amounts
      FROM booked;
    bills := coalesce(cardinality(payable), 0);
    lines := coalesce(cardinality(line_accounts), 0) - bills;
    amount := coalesce((SELECT sum(s) FROM unnest(sums) AS s), 0);
    short := coalesce(cardinality(wanted), 0) - coalesce(cardinality(covered), 0);
    IF bills = 0 THEN
        RETURN;
    END IF;
    posted := ledger_post(
        (SELECT array_agg('bill:' || n ORDER BY o) FROM unnest(numbers) WITH ORDINALITY AS k (n, o)),
        (SELECT array_agg(CASE b.kind WHEN 'back_payment' THEN 'back-payment' WHEN 'flexible' THEN 'flexible-payment' ELSE 'remittance' END ORDER BY b.id)
           FROM contributions_bill b WHERE b.id = ANY (payable)),
        refs, numbers, array_fill(business_date, ARRAY[bills::integer]), array_fill(business_date, ARRAY[bills::integer]),
        array_fill(maker, ARRAY[bills::integer]), array_fill(NULL::text, ARRAY[bills::integer]),
        line_journals, line_accounts, line_amounts);
    UPDATE contributions_bill b SET state = 'paid', paid_date = business_date, journal_id = abs(p.journal)
      FROM unnest(payable, posted) AS p (id, journal) WHERE b.id = p.id;
    UPDATE registry_unit u SET paid_to = r.month
      FROM (SELECT unit_id, max(month) AS month FROM contributions_remittance WHERE bill_id = ANY (payable)
             GROUP BY unit_id) AS r
     WHERE u.id = r.unit_id AND u.kind = 'employer' AND coalesce(u.paid_to, 0) < r.month;
END
$$
