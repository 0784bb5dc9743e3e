-- Since when a person has been with the center as a flexible worker: agreements follow one another, also after a stop, in
-- which the money stayed, until an employer takes over.
CREATE FUNCTION contributions_joined(whose bigint) RETURNS date LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT min(a.signed_date) FROM contributions_agreement a
     WHERE a.member_id = whose
       AND a.id > coalesce((SELECT max(b.id) FROM contributions_agreement b
                             WHERE b.member_id = whose AND b.ended_by IN ('employed', 'exited')), 0)
$$
-- next
-- Book the subsidy of an interest year (1 July to 30 June of `year`) to members `low`..`high`: 借219 补贴资金 贷201, one
-- journal. Of those who are still there: who has paid for `after` months and drew nothing in the year gets `rate` (ppm a
-- year, half-up once) on the balance of each day since they joined. Nobody gets a year twice.
CREATE FUNCTION contributions_subsidise(low bigint, high bigint, year integer, rate integer, after integer, fund bigint,
                                        run bigint, business_date date, maker text, OUT persons bigint, OUT amount bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    begins CONSTANT date := make_date(year - 1, 7, 1);
    ends CONSTANT date := make_date(year, 6, 30);
    whole CONSTANT integer := ends - begins + 1;
    whose bigint[];
    products bigint[];
    accounts bigint[];
    amounts bigint[];
    booked bigint[];
BEGIN
    PERFORM FROM registry_member m
      WHERE m.id IN (SELECT a.member_id FROM contributions_agreement a
                      WHERE a.member_id BETWEEN low AND high AND a.ended_date IS NULL)
      ORDER BY m.id FOR NO KEY UPDATE;
    WITH joined AS (
        SELECT m.id, m.account_id, greatest(begins, contributions_joined(m.id)) AS since
          FROM contributions_agreement a JOIN registry_member m ON m.id = a.member_id
         WHERE a.member_id BETWEEN low AND high AND a.ended_date IS NULL
           AND NOT EXISTS (SELECT FROM contributions_subsidy s WHERE s.member_id = m.id AND s.year = year)
    ), entitled AS (
        SELECT j.id, j.account_id, ledger_product_at(j.account_id, ends + 1, ends)
                                   - ledger_product_at(j.account_id, j.since, ends) AS product
          FROM joined j
         WHERE j.since <= ends
           AND after <= (SELECT count(DISTINCT c.month) FROM contributions_contribution c
                           JOIN contributions_remittance r ON r.id = c.remittance_id
                           JOIN contributions_bill b ON b.id = r.bill_id AND b.state = 'paid' AND b.paid_date <= ends
                          WHERE c.member_id = j.id AND c.own AND c.month <= year * 100 + 6)
           AND NOT EXISTS (SELECT FROM ledger_entry e JOIN ledger_journal g ON g.id = e.journal_id
                            WHERE e.account_id = j.account_id AND e.amount > 0 AND e.business_date BETWEEN j.since AND ends
                              AND g.kind <> 'contribution-correction')
    ), due AS (
        SELECT e.*, ((2 * e.product::numeric * rate + 1000000::numeric * whole)::numeric
                     / (2 * 1000000::numeric * whole)) AS exact
          FROM entitled e WHERE e.product > 0
    )
    SELECT array_agg(d.id ORDER BY d.id), array_agg(d.product ORDER BY d.id), array_agg(d.account_id ORDER BY d.id),
           array_agg(floor(d.exact)::bigint ORDER BY d.id)
      INTO whose, products, accounts, amounts FROM due d WHERE floor(d.exact) > 0;
    persons := coalesce(cardinality(whose), 0);
    amount := coalesce((SELECT sum(a) FROM unnest(amounts) AS a), 0);
    IF persons = 0 THEN
        RETURN;
    END IF;
    booked := ledger_post(
        ARRAY['flexible-subsidy:' || run || ':' || low], ARRAY['flexible-subsidy'], ARRAY[year::text], ARRAY[''],
        ARRAY[business_date], ARRAY[business_date], ARRAY[maker], ARRAY[NULL::text],
        array_fill(1, ARRAY[persons::integer + 1]), fund || accounts,
        amount || (SELECT array_agg(-a ORDER BY o) FROM unnest(amounts) WITH ORDINALITY AS k (a, o)));
    INSERT INTO contributions_subsidy (member_id, year, product, days, rate, amount, paid_date, journal_id)
    SELECT k.member, year, k.product, whole, rate, k.fen, business_date, abs(booked[1])
      FROM unnest(whose, products, amounts) AS k (member, product, fen);
END
$$
-- next
-- What was paid stays; only that it was taken back is added, once.
CREATE FUNCTION contributions_subsidy_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.taken_date IS NOT NULL OR to_jsonb(NEW) - 'taken_date' <> to_jsonb(OLD) - 'taken_date' THEN
        RAISE EXCEPTION '% of a subsidy is refused: what was paid stays', TG_OP;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_subsidy
    FOR EACH ROW EXECUTE FUNCTION contributions_subsidy_stays()
-- next
-- As before, but whoever stopped may leave later: what is reserved for the payment is kept with the agreement that ended.
CREATE OR REPLACE FUNCTION contributions_agreement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.ended_date IS NOT NULL AND to_jsonb(NEW) - 'hold_id' <> to_jsonb(OLD) - 'hold_id')
       OR (NEW.number, NEW.member_id, NEW.base, NEW.ratio, NEW.amount, NEW.mode)
       IS DISTINCT FROM (OLD.number, OLD.member_id, OLD.base, OLD.ratio, OLD.amount, OLD.mode) THEN
        RAISE EXCEPTION '% of agreement % is refused: what was signed stays', TG_OP, OLD.number;
    END IF;
    RETURN NEW;
END
$$
-- next
-- What an employer's months are measured against: what a person paid alone is nobody's remittance.
CREATE OR REPLACE FUNCTION contributions_claimed(whose bigint[], low integer, high integer)
RETURNS TABLE (member_id bigint, month integer, unit_amount bigint, person_amount bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT s.member_id, s.month, sum(s.unit_amount)::bigint, sum(s.person_amount)::bigint
      FROM (
        SELECT p.member_id, p.month, p.unit_amount, p.person_amount FROM contributions_paid p
         WHERE p.member_id = ANY (whose) AND p.month BETWEEN low AND high
           AND p.unit_id NOT IN (SELECT u.id FROM registry_unit u WHERE u.kind = 'flexible')
        UNION ALL
        SELECT c.member_id, c.month, c.unit_amount, c.person_amount
          FROM contributions_contribution c JOIN contributions_remittance r ON r.id = c.remittance_id
          JOIN contributions_bill b ON b.id = r.bill_id AND b.state = 'open'
         WHERE c.member_id = ANY (whose) AND c.month BETWEEN low AND high AND NOT c.own
        UNION ALL
        SELECT p.member_id, p.month, p.unit_amount, p.person_amount
          FROM contributions_backpayment p JOIN contributions_bill b ON b.id = p.bill_id AND b.state = 'open'
         WHERE p.member_id = ANY (whose) AND p.month BETWEEN low AND high
      ) AS s
     GROUP BY s.member_id, s.month
$$
