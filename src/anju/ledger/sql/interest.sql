-- Interest by products (积数). The product of an account up to day T (T itself not counted) is the sum of
-- amount x T - moment over its entries valued up to T, on the account's normal side.
--
-- The balance row gives it in one step; entries that already lie beyond T are taken out again, which only the accounts
-- that have such entries pay for. An entry at T itself counts for nothing, but for the transfer of an account on that
-- day, which brings products of earlier days.
--
-- No SET clause, so that it is planned as part of the query that asks; its callers have their search path.
CREATE OR REPLACE FUNCTION ledger_products(low bigint, high bigint, subject text, until date)
RETURNS TABLE (account_id bigint, product bigint, unsettled bigint, accrued bigint, side smallint, settled_day integer,
               earning boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT b.account_id, p.product, CASE WHEN b.settled_day <= t.day THEN p.product - b.settled_product ELSE 0 END,
           b.accrued, b.side, b.settled_day, NOT b.closed AND b.opened_day < t.day
      FROM (SELECT until - DATE '1970-01-01' AS day) AS t
      JOIN ledger_balance b ON b.account_id BETWEEN low AND high AND b.subject_id = subject
     CROSS JOIN LATERAL (
           SELECT b.side * (b.amount * t.day - b.moment - CASE WHEN b.latest_day <= t.day THEN 0 ELSE (
               SELECT coalesce(sum(e.amount * t.day - e.moment), 0)::bigint
                 FROM ledger_entry e
                WHERE e.account_id = b.account_id AND e.value_day > t.day AND e.business_date >= until) END) AS product
         ) AS p
$$
-- next
-- Half-up to the fen, once, symmetric about zero: (2 x |n| + D) / 2D with D = 360 x 10^6 and n in fen x days x ppm.
CREATE OR REPLACE FUNCTION ledger_interest_fen(numerator bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sign(numerator)::bigint * ((2 * abs(numerator) + 360000000) / 720000000)
$$
-- next
-- What accounts low..high have earned and not been paid, up to day `until`. Products bear the rate of their days: one
-- pass for each rate that the days since the earliest settlement have known, mostly one.
CREATE OR REPLACE FUNCTION ledger_interest_due(low bigint, high bigint, subject text, rate_code text, until date)
RETURNS TABLE (account_id bigint, product bigint, unsettled bigint, numerator bigint, side smallint,
               settled_day integer, earning boolean)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    until_day CONSTANT integer := until - DATE '1970-01-01';
    first_day integer;
    since integer;
    days date[];
    steps integer[];
BEGIN
    -- The day before `until` is always among the days: a transfer may just have brought the product of earlier ones.
    SELECT coalesce(min(r.first), 0), min(greatest(b.settled_day, b.earliest_day)) INTO first_day, since
      FROM (SELECT min(lower(valid)) - DATE '1970-01-01' AS first FROM ledger_rate WHERE code = rate_code) AS r
      LEFT JOIN ledger_balance b ON b.account_id BETWEEN low AND high AND b.subject_id = subject AND NOT b.closed;
    SELECT array_agg(DATE '1970-01-01' + end_day ORDER BY end_day), array_agg(ppm - coalesce(later, 0) ORDER BY end_day)
      INTO days, steps
      FROM (SELECT end_day, ppm, lead(ppm) OVER (ORDER BY end_day) AS later
              FROM ledger_rates_between(rate_code, CASE WHEN until_day > first_day
                       THEN least(greatest(since, first_day), until_day - 1) ELSE until_day END, until_day)) AS r
     WHERE ppm IS DISTINCT FROM later;
    -- Days before the first rate earn nothing: a pass of its own takes them out again.
    IF since < first_day AND first_day < until_day THEN
        days := DATE '1970-01-01' + first_day || days;
        steps := -(SELECT ppm FROM ledger_rates_between(rate_code, first_day, first_day + 1)) || steps;
    END IF;
    IF days IS NULL THEN  -- no rate was known yet: only what a cut or a transfer left is due
        RETURN QUERY
        SELECT p.account_id, p.product, p.unsettled, p.accrued, p.side, p.settled_day, p.earning
          FROM ledger_products(low, high, subject, until) p;
    ELSIF cardinality(days) = 1 THEN
        RETURN QUERY
        SELECT p.account_id, p.product, p.unsettled, p.unsettled * steps[1] + p.accrued, p.side, p.settled_day, p.earning
          FROM ledger_products(low, high, subject, until) p;
    ELSE
        RETURN QUERY
        SELECT p.account_id, max(p.product) FILTER (WHERE c.day = until), max(p.unsettled) FILTER (WHERE c.day = until),
               ledger_sum(p.unsettled * c.step) + max(p.accrued), max(p.side), max(p.settled_day),
               bool_and(p.earning) FILTER (WHERE c.day = until)
          FROM unnest(days, steps) AS c (day, step)
         CROSS JOIN LATERAL ledger_products(low, high, subject, c.day) p
         GROUP BY p.account_id;
    END IF;
END
$$
-- next
-- Cut the products of accounts low..high at day `at` (分段): what they have earned by then is kept in `accrued`, exactly,
-- and later products are counted from there. Settlement needs no cut, it finds a change of rate by itself; the transfer
-- of an account does, because a transferred product no longer knows its days. Returns how many were cut.
CREATE OR REPLACE FUNCTION ledger_cut_interest(low bigint, high bigint, subject text, rate_code text, at date)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    cut integer;
BEGIN
    PERFORM ledger_share_gate();
    PERFORM FROM ledger_balance WHERE account_id BETWEEN low AND high AND subject_id = subject
      ORDER BY account_id FOR NO KEY UPDATE;
    UPDATE ledger_balance b
       SET accrued = d.numerator, settled_product = d.product, settled_day = at - DATE '1970-01-01'
      FROM ledger_interest_due(low, high, subject, rate_code, at) d
     WHERE b.account_id = d.account_id AND b.settled_day < at - DATE '1970-01-01' AND NOT b.closed;
    GET DIAGNOSTICS cut = ROW_COUNT;
    RETURN cut;
END
$$
-- next
-- Interest that one account has earned up to (not with) day `until`, in fen, marked as paid: the caller pays it in the
-- same transaction (销户结息). Not for days before the account was transferred: what a transfer brought or took away has no
-- days of its own any more.
CREATE OR REPLACE FUNCTION ledger_take_interest(target bigint, rate_code text, until date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    b ledger_balance;
    due bigint;
BEGIN
    PERFORM ledger_share_gate();
    SELECT * INTO b FROM ledger_balance WHERE account_id = target FOR NO KEY UPDATE;
    IF b.account_id IS NULL OR b.closed THEN
        RAISE EXCEPTION 'account % is unknown or closed', target USING ERRCODE = 'AN003', DETAIL = target::text;
    ELSIF b.settled_day > until - DATE '1970-01-01' OR (b.latest_day > until - DATE '1970-01-01' AND EXISTS (
              SELECT FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id
               WHERE e.account_id = target AND e.business_date >= until AND e.value_day > until - DATE '1970-01-01'
                 AND j.kind = 'account-transfer')) THEN
        RAISE EXCEPTION 'account % is settled beyond %', target, until USING ERRCODE = 'AN010', DETAIL = target::text;
    END IF;
    UPDATE ledger_balance x
       SET settled_product = d.product, settled_day = until - DATE '1970-01-01', accrued = 0
      FROM ledger_interest_due(target, target, b.subject_id, rate_code, until) d
     WHERE x.account_id = target
    RETURNING d.numerator INTO due;
    INSERT INTO ledger_earning (account_id, day, numerator)
    SELECT target, until - DATE '1970-01-01' - 1, -due WHERE due <> 0;
    RETURN ledger_interest_fen(due);
END
$$
-- next
-- Yearly settlement (年度结息) of the accounts low..high of a subject: products up to the settlement day, that day
-- included; interest credited to each account with value from the next day; `payable` debited with the sum. One chunk,
-- one journal, one transaction; a chunk that was settled before finds nothing to do. `expense` is where a later
-- correction of this settlement books its difference.
CREATE OR REPLACE FUNCTION ledger_settle_interest(
    low bigint, high bigint, subject text, settlement_day date, rate_code text, payable bigint, expense bigint,
    journal_key text, journal_maker text, OUT accounts_settled bigint, OUT paid bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    until CONSTANT date := settlement_day + 1;
    accounts bigint[];
    products bigint[];
    interests bigint[];
    idle bigint[];
    idle_products bigint[];
BEGIN
    PERFORM ledger_share_gate();
    INSERT INTO ledger_settlement (subject_id, until_day, rate_code, payable_account_id, expense_account_id)
    VALUES (subject, until - DATE '1970-01-01', rate_code, payable, expense) ON CONFLICT DO NOTHING;
    PERFORM FROM ledger_balance WHERE account_id BETWEEN low AND high AND subject_id = subject
      ORDER BY account_id FOR NO KEY UPDATE;
    SELECT array_agg(d.account_id) FILTER (WHERE d.fen <> 0), array_agg(d.product) FILTER (WHERE d.fen <> 0),
           array_agg(d.fen) FILTER (WHERE d.fen <> 0),
           array_agg(d.account_id) FILTER (WHERE d.fen = 0), array_agg(d.product) FILTER (WHERE d.fen = 0),
           count(*), -coalesce(ledger_sum(d.fen), 0)
      INTO accounts, products, interests, idle, idle_products, accounts_settled, paid
      FROM (SELECT d.account_id, d.product, d.side * ledger_interest_fen(d.numerator) AS fen
              FROM ledger_interest_due(low, high, subject, rate_code, until) d
             WHERE d.earning AND (d.settled_day < until - DATE '1970-01-01'
                   OR (d.settled_day = until - DATE '1970-01-01' AND d.numerator <> 0))  -- cut on the very day
             ORDER BY d.account_id) AS d;
    IF accounts_settled > 0 THEN
        PERFORM ledger_pass_gate(settlement_day);
    END IF;
    IF paid <> 0 THEN
        accounts := accounts || payable;
        interests := interests || paid;
        products := products || NULL::bigint;
    END IF;
    IF accounts IS NOT NULL THEN
        PERFORM ledger_book(
            ARRAY[journal_key || ':' || accounts[1]], ARRAY['interest-settlement'], ARRAY[journal_key], ARRAY[''],
            ARRAY[settlement_day], ARRAY[until], ARRAY[journal_maker], ARRAY[NULL::text], NULL, NULL,
            array_fill(1, ARRAY[cardinality(accounts)]), accounts, interests, NULL, until, products);
    END IF;
    UPDATE ledger_balance b
       SET settled_product = i.product, settled_day = until - DATE '1970-01-01', accrued = 0
      FROM unnest(idle, idle_products) AS i (account, product) WHERE b.account_id = i.account;
END
$$
