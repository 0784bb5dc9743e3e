-- One side's monthly part: base x ratio (ppm), half-up once to the center's unit (1 fen or 100).
CREATE FUNCTION contributions_part(base bigint, ratio integer, round_unit bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (base * ratio * 2 + 1000000 * round_unit) / (2000000 * round_unit) * round_unit
$$
-- next
-- What units owe for a month: everybody whose spell holds the month, with the base and the ratios in force in it. An
-- approved lower ratio goes before the unit's own; a month that is deferred (缓缴) is owed later.
CREATE FUNCTION contributions_owed(units bigint[], wanted integer, round_unit bigint)
RETURNS TABLE (unit_id bigint, member_id bigint, base bigint, unit_amount bigint, person_amount bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH terms AS (
        SELECT u.id AS unit_id, coalesce(r.unit_ratio, t.unit_ratio) AS unit_ratio,
               coalesce(r.person_ratio, t.person_ratio) AS person_ratio
          FROM unnest(units) AS u (id)
          JOIN LATERAL (SELECT t.* FROM registry_unitterms t WHERE t.unit_id = u.id AND t.first_month <= wanted
                         ORDER BY t.first_month DESC LIMIT 1) AS t ON true
          LEFT JOIN contributions_relief r ON r.unit_id = u.id AND r.kind = 'reduced'
                                          AND wanted BETWEEN r.first_month AND r.last_month
         WHERE NOT EXISTS (SELECT FROM contributions_relief d WHERE d.unit_id = u.id AND d.kind = 'deferral'
                              AND wanted BETWEEN d.first_month AND d.last_month)
    ), due AS (
        SELECT DISTINCT ON (e.member_id) e.unit_id, e.member_id, b.amount
          FROM terms t JOIN registry_employment e ON e.unit_id = t.unit_id
          JOIN registry_memberbase b ON b.member_id = e.member_id AND b.first_month <= wanted
         WHERE e.first_month <= wanted AND coalesce(e.last_month, 999912) >= wanted
         ORDER BY e.member_id, b.first_month DESC
    )
    SELECT d.unit_id, d.member_id, d.amount, contributions_part(d.amount, t.unit_ratio, round_unit),
           contributions_part(d.amount, t.person_ratio, round_unit)
      FROM due d JOIN terms t ON t.unit_id = d.unit_id
$$
-- next
-- Book the open bills `low`..`high` that the payer's suspense account covers: 借219 贷201, one journal a bill, in the
-- order of issue. A single bill is a range of one. What is not covered, and what names an account that has closed since,
-- stays open and is counted.
CREATE FUNCTION contributions_pay(low bigint, high bigint, business_date date, maker text,
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
             WHERE b.id = ANY (wanted)) AS f
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
    ), credit AS (
        SELECT bill_id, account_id, sum(amount)::bigint AS amount FROM line GROUP BY bill_id, account_id
    ), shut AS (
        SELECT DISTINCT c.bill_id FROM credit c JOIN ledger_balance l ON l.account_id = c.account_id WHERE l.closed
    ), bill AS (
        SELECT b.id, b.number, u.number AS unit, u.suspense_id, b.amount,
               row_number() OVER (ORDER BY b.id)::integer AS place
          FROM contributions_bill b JOIN registry_unit u ON u.id = b.unit_id
         WHERE b.id = ANY (covered) AND b.id NOT IN (SELECT bill_id FROM shut)
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
        (SELECT array_agg(CASE b.kind WHEN 'back_payment' THEN 'back-payment' ELSE 'remittance' END ORDER BY b.id)
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
-- next
-- What was paid stays: a bill's lines may go only while the bill is not paid, and nothing of them is ever rewritten.
CREATE FUNCTION contributions_lines_stay() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a line of % is never rewritten', TG_TABLE_NAME;
    ELSIF EXISTS (SELECT FROM contributions_bill b WHERE b.state = 'paid' AND b.id = CASE TG_TABLE_NAME
                     WHEN 'contributions_contribution' THEN (SELECT r.bill_id FROM contributions_remittance r
                                                              WHERE r.id = (to_jsonb(OLD) ->> 'remittance_id')::bigint)
                     ELSE (to_jsonb(OLD) ->> 'bill_id')::bigint END) THEN
        RAISE EXCEPTION 'a line of a paid bill stays';
    END IF;
    RETURN OLD;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_contribution
    FOR EACH ROW EXECUTE FUNCTION contributions_lines_stay()
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_remittance
    FOR EACH ROW EXECUTE FUNCTION contributions_lines_stay()
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_backpayment
    FOR EACH ROW EXECUTE FUNCTION contributions_lines_stay()
-- next
CREATE FUNCTION contributions_bill_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'open' OR (NEW.number, NEW.kind, NEW.unit_id, NEW.member_id, NEW.amount, NEW.members)
       IS DISTINCT FROM (OLD.number, OLD.kind, OLD.unit_id, OLD.member_id, OLD.amount, OLD.members) THEN
        RAISE EXCEPTION '% of bill % is refused: an ended bill stays as it is', TG_OP, OLD.number;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_bill
    FOR EACH ROW EXECUTE FUNCTION contributions_bill_stays()
-- next
ALTER TABLE contributions_receipt ADD CONSTRAINT contributions_receipt_sealed CHECK (octet_length(payer_account) > 29)
