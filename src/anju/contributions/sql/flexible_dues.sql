-- A month as yyyymm, some months later.
CREATE OR REPLACE FUNCTION contributions_month_plus(month integer, months integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (month / 100 * 12 + month % 100 - 1 + months) / 12 * 100 + (month / 100 * 12 + month % 100 - 1 + months) % 12 + 1
$$
-- next
-- Notices of the members `low`..`high` who pay by the period from a card (委托扣款) and whose month has come: as
-- flexible/payments.py issues one that is asked for.
CREATE OR REPLACE FUNCTION contributions_flexible_due(low bigint, high bigint, day date, maker text, OUT bills bigint, OUT amount bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    current_month CONSTANT integer := extract(year FROM day)::integer * 100 + extract(month FROM day)::integer;
BEGIN
    PERFORM FROM registry_unit u
      WHERE u.id IN (SELECT m.unit_id FROM registry_member m JOIN contributions_debitmandate d ON d.member_id = m.id
                      WHERE m.id BETWEEN low AND high AND d.ended_date IS NULL)
      ORDER BY u.id FOR NO KEY UPDATE;
    PERFORM FROM registry_member m
      WHERE m.id IN (SELECT d.member_id FROM contributions_debitmandate d
                      WHERE d.member_id BETWEEN low AND high AND d.ended_date IS NULL)
      ORDER BY m.id FOR NO KEY UPDATE;
    WITH due AS (
        SELECT a.id AS agreement_id, a.member_id, m.unit_id, a.base, a.amount AS monthly,
               a.amount * (CASE a.mode WHEN 'monthly' THEN 1 WHEN 'quarterly' THEN 3 ELSE 12 END) AS sum,
               least(a.amount - 1, coalesce((SELECT p.rest FROM contributions_flexiblepayment p
                           JOIN contributions_bill b ON b.id = p.bill_id AND b.state = 'paid'
                          WHERE b.member_id = a.member_id ORDER BY b.id DESC LIMIT 1), 0)) AS carried
          FROM contributions_agreement a JOIN registry_member m ON m.id = a.member_id AND m.state = '01'
          JOIN contributions_debitmandate d ON d.member_id = m.id AND d.ended_date IS NULL AND d.signed_date <= day
         WHERE a.member_id BETWEEN low AND high AND a.ended_date IS NULL AND a.first_month <= current_month
           AND a.mode IN ('monthly', 'quarterly', 'yearly')
           AND NOT EXISTS (SELECT FROM contributions_bill b
                            WHERE b.member_id = a.member_id AND b.kind = 'flexible' AND b.state = 'open')
           AND NOT EXISTS (SELECT FROM contributions_contribution c
                            WHERE c.member_id = a.member_id AND c.month >= current_month)
    ), numbered AS (
        SELECT d.*, (d.carried + d.sum) / d.monthly AS months, (d.carried + d.sum) % d.monthly AS rest FROM due d
    ), issued AS (
        INSERT INTO contributions_bill (number, kind, unit_id, member_id, amount, members, state, method, issued_date,
                                        maker, case_number)
        SELECT 'J' || lpad(nextval('contributions_bill_number')::text, 12, '0'), 'flexible', n.unit_id, n.member_id, n.sum, 1,
               'open', 'transfer', day, maker, ''
          FROM numbered n ORDER BY n.member_id
        RETURNING id, member_id
    ), counted AS (
        INSERT INTO contributions_flexiblepayment (bill_id, agreement_id, months, carried, rest, unallocated)
        SELECT i.id, n.agreement_id, n.months, n.carried, n.rest, n.rest
          FROM issued i JOIN numbered n ON n.member_id = i.member_id
    ), remitted AS (
        INSERT INTO contributions_remittance (bill_id, unit_id, member_id, month, roster_sha256, members, amount)
        SELECT i.id, n.unit_id, n.member_id, contributions_month_plus(current_month, place), '', 1,
               n.monthly - CASE WHEN place = 0 THEN n.carried ELSE 0 END
          FROM issued i JOIN numbered n ON n.member_id = i.member_id
         CROSS JOIN LATERAL generate_series(0, n.months::integer - 1) AS place
        RETURNING id, member_id, month, amount
    ), lines AS (
        INSERT INTO contributions_contribution (remittance_id, member_id, month, base, unit_amount, person_amount, own)
        SELECT r.id, r.member_id, r.month, n.base, 0, r.amount, true
          FROM remitted r JOIN numbered n ON n.member_id = r.member_id
    )
    SELECT count(*), coalesce(sum(n.sum), 0) INTO bills, amount FROM issued i JOIN numbered n ON n.member_id = i.member_id;
END
$$
