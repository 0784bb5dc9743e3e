-- Interest by products (积数). The product of an account up to day T (T itself not counted) is the sum of
-- amount x (T - value day) over its entries with an earlier value day, on the account's normal side.
--
-- The balance row gives it in one step; entries that already lie at or beyond T are taken out again.
CREATE FUNCTION ledger_products(low bigint, high bigint, subject text, until date)
RETURNS TABLE (account_id bigint, product bigint, unsettled bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH later AS (
        SELECT e.account_id, sum(e.amount * (until - DATE '1970-01-01') - e.moment)::bigint AS product
          FROM ledger_entry e
         WHERE e.value_day >= until - DATE '1970-01-01' AND e.business_date >= until - 1
           AND e.account_id BETWEEN low AND high
         GROUP BY e.account_id
    )
    SELECT b.account_id, p.product, p.product - b.settled_product
      FROM ledger_balance b
      JOIN ledger_account a ON a.id = b.account_id AND a.subject_id = subject
      LEFT JOIN later ON later.account_id = b.account_id
     CROSS JOIN LATERAL (SELECT b.side * (b.amount * (until - DATE '1970-01-01') - b.moment
                                          - coalesce(later.product, 0)) AS product) AS p
     WHERE b.account_id BETWEEN low AND high
$$
-- next
-- Half-up to the fen, once: (2 x |product| x rate + D) / 2D with D = 360 x 10^6, symmetric about zero.
CREATE FUNCTION ledger_interest(product numeric, rate_ppm integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (sign(product) * div(2 * abs(product) * rate_ppm + 360000000, 720000000))::bigint
$$
-- next
-- Take the product of one account that has not borne interest yet, up to (not with) `until`, and mark it as settled:
-- the caller pays the interest in the same transaction.
CREATE FUNCTION ledger_take_product(target bigint, until date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    taken bigint;
BEGIN
    PERFORM FROM ledger_balance WHERE account_id = target FOR NO KEY UPDATE;
    SELECT p.unsettled INTO taken
      FROM ledger_account a, ledger_products(target, target, a.subject_id, until) p WHERE a.id = target;
    UPDATE ledger_balance
       SET settled_product = settled_product + taken, settled_day = until - DATE '1970-01-01'
     WHERE account_id = target AND settled_day <= until - DATE '1970-01-01';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % is settled beyond %', target, until USING ERRCODE = 'AN010', DETAIL = target::text;
    END IF;
    RETURN taken;
END
$$
-- next
-- Yearly settlement (年度结息) of the accounts low..high of a subject: products up to the settlement day, that day
-- included; interest credited to each account with value from the next day; `payable` debited with the sum. One chunk,
-- one journal, one transaction; a chunk that was settled before finds nothing to do and returns 0.
CREATE FUNCTION ledger_settle_interest(
    low bigint, high bigint, subject text, settlement_day date, rate_ppm integer, payable bigint,
    journal_key text, journal_reference text, journal_maker text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    until date := settlement_day + 1;
    accounts bigint[];
    products bigint[];
    interests bigint[];
    total bigint;
BEGIN
    PERFORM FROM ledger_balance WHERE account_id BETWEEN low AND high ORDER BY account_id FOR NO KEY UPDATE;
    SELECT array_agg(p.account_id ORDER BY p.account_id), array_agg(p.unsettled ORDER BY p.account_id),
           array_agg(ledger_interest(p.unsettled, rate_ppm) ORDER BY p.account_id)
      INTO accounts, products, interests
      FROM ledger_products(low, high, subject, until) p
      JOIN ledger_balance b ON b.account_id = p.account_id AND b.settled_day < until - DATE '1970-01-01'
      JOIN ledger_account a ON a.id = p.account_id AND a.closed_date IS NULL;
    SELECT sum(i) INTO total FROM unnest(interests) AS i;
    IF coalesce(total, 0) = 0 THEN
        RETURN 0;
    END IF;
    UPDATE ledger_balance b
       SET settled_product = b.settled_product + s.product, settled_day = until - DATE '1970-01-01'
      FROM unnest(accounts, products) AS s (account, product) WHERE b.account_id = s.account;
    PERFORM ledger_post(
        ARRAY[journal_key], ARRAY['interest-settlement'], ARRAY[journal_reference], ARRAY[''], ARRAY[settlement_day],
        ARRAY[until], ARRAY[journal_maker], ARRAY[NULL::text], ARRAY[NULL::bigint],
        array_fill(1, ARRAY[cardinality(l.accounts)]), l.accounts, l.amounts)
      FROM (SELECT array_agg(account ORDER BY account) || payable AS accounts,
                   array_agg(-interest ORDER BY account) || total AS amounts
              FROM unnest(accounts, interests) AS u (account, interest) WHERE interest <> 0) AS l;
    RETURN total;
END
$$
