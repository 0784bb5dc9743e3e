-- Opening is idempotent by number: a retry returns the account, another subject under the same number is an error.
CREATE OR REPLACE FUNCTION ledger_open_accounts(
    numbers text[], subjects text[], names text[], opened date[], are_hot boolean, may_overdraw boolean
) RETURNS TABLE (number text, account_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    IF EXISTS (SELECT FROM unnest(subjects) AS s (code) LEFT JOIN ledger_subject USING (code)
                WHERE ledger_subject.code IS NULL) THEN
        RAISE EXCEPTION 'unknown subject' USING ERRCODE = 'AN007';
    END IF;
    WITH opened_now AS (
        INSERT INTO ledger_account (id, number, subject_id, name, side, hot, opened_date)
        SELECT nextval(CASE WHEN are_hot THEN 'ledger_hot_account_seq' ELSE 'ledger_account_seq' END::regclass),
               r.number, r.subject, r.name, s.side, are_hot, r.opened
          FROM unnest(numbers, subjects, names, opened) AS r (number, subject, name, opened)
          JOIN ledger_subject s ON s.code = r.subject
         ORDER BY r.number
        ON CONFLICT (number) DO NOTHING
        RETURNING id, side, subject_id, opened_date
    )
    INSERT INTO ledger_balance (account_id, side, overdraft_allowed, subject_id, opened_day)
    SELECT id, side, may_overdraw, subject_id, opened_date - DATE '1970-01-01' FROM opened_now WHERE NOT are_hot;
    IF EXISTS (SELECT FROM unnest(numbers, subjects) AS r (number, subject)
                 JOIN ledger_account a ON a.number = r.number WHERE a.subject_id <> r.subject OR a.hot <> are_hot) THEN
        RAISE EXCEPTION 'an account number is taken by another kind of account' USING ERRCODE = 'AN008';
    END IF;
    RETURN QUERY SELECT a.number, a.id FROM unnest(numbers) AS r (number) JOIN ledger_account a ON a.number = r.number;
END
$$
-- next
-- Only an empty account closes, and one that no court waits for. Its balance row is locked first, so that no entry
-- slips in between.
CREATE OR REPLACE FUNCTION ledger_close_account(target bigint, closing_date date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    b ledger_balance;
BEGIN
    SELECT * INTO b FROM ledger_balance WHERE account_id = target FOR NO KEY UPDATE;
    IF b.account_id IS NULL THEN
        RAISE EXCEPTION 'account % is unknown', target USING ERRCODE = 'AN003', DETAIL = target::text;
    ELSIF b.amount <> 0 OR b.held <> 0 OR b.frozen <> 0 THEN
        RAISE EXCEPTION 'account % is not empty', target USING ERRCODE = 'AN009', DETAIL = target::text;
    END IF;
    UPDATE ledger_account SET closed_date = closing_date WHERE id = target AND closed_date IS NULL;
    UPDATE ledger_balance SET closed = true WHERE account_id = target AND NOT closed;
END
$$
-- next
-- Balance and moment of an account, hot or not, at the end of a business day: latest snapshot plus the entries since.
CREATE OR REPLACE FUNCTION ledger_balance_at(account bigint, on_day date, OUT amount bigint, OUT moment bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH base AS (
        SELECT s.day, s.amount, s.moment FROM ledger_snapshot s
         WHERE s.account_id = account AND s.day <= on_day ORDER BY s.day DESC LIMIT 1
    )
    SELECT coalesce((SELECT b.amount FROM base b), 0) + coalesce(sum(e.amount), 0)::bigint,
           coalesce((SELECT b.moment FROM base b), 0) + coalesce(sum(e.moment), 0)::bigint
      FROM ledger_entry e
     WHERE e.account_id = account AND e.business_date <= on_day
       AND e.business_date > coalesce((SELECT b.day FROM base b), '-infinity')
$$
-- next
-- Product of an account up to (not with) day `until`, on its normal side, from what was booked up to `known_on`. A
-- snapshot serves when all that it holds was valued before `until`.
CREATE OR REPLACE FUNCTION ledger_product_at(account bigint, until date, known_on date) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH base AS (
        SELECT s.day, s.amount * (until - DATE '1970-01-01') - s.moment AS product FROM ledger_snapshot s
         WHERE s.account_id = account AND s.day <= least(known_on, until - 2) ORDER BY s.day DESC LIMIT 1
    )
    SELECT a.side * (coalesce((SELECT product FROM base), 0)
                     + (SELECT coalesce(sum(e.amount * (until - DATE '1970-01-01') - e.moment), 0)::bigint
                          FROM ledger_entry e
                         WHERE e.account_id = account AND e.value_day <= until - DATE '1970-01-01'
                           AND e.business_date <= known_on
                           AND e.business_date > coalesce((SELECT day FROM base), '-infinity')))
      FROM ledger_account a WHERE a.id = account
$$
