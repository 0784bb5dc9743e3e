-- The only way into the ledger. One code path: a single posting is a batch of one.
--
-- Why the steps stand in this order and apart (each closes a race):
--   journals first, in key order: a retry waits here for its twin and then sees the twin's committed row;
--   locks before reads, in id order: two batches that share accounts queue up instead of deadlocking;
--   reads in a later statement than the locks: a statement that waited for a lock still sees its old snapshot.
-- Errors carry a stable code (SQLSTATE class AN) and name journal or account, never a person.
CREATE FUNCTION ledger_post(
    keys text[], kinds text[], refs text[], narratives text[], business_dates date[], value_dates date[],
    makers text[], checkers text[], reversed bigint[],
    line_journals integer[], line_accounts bigint[], line_amounts bigint[]
) RETURNS TABLE (ordinal integer, journal_id bigint, replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    problem text;
    touched bigint;
    fresh integer[];
    journals bigint[];
    hashes bytea[];
BEGIN
    PERFORM ledger_check_request(keys, value_dates, line_journals, line_accounts, line_amounts);

    SELECT array_agg(sha256(convert_to(jsonb_build_array(
               r.kind, r.ref, r.narrative, r.business_date, r.value_date, r.maker, r.checker, r.reversed, l.lines
           )::text, 'UTF8')) ORDER BY r.ord)
      INTO hashes
      FROM unnest(kinds, refs, narratives, business_dates, value_dates, makers, checkers, reversed)
           WITH ORDINALITY AS r (kind, ref, narrative, business_date, value_date, maker, checker, reversed, ord)
      JOIN (SELECT journal, string_agg(account || ':' || amount, ',' ORDER BY line) AS lines
              FROM unnest(line_journals, line_accounts, line_amounts)
                   WITH ORDINALITY AS u (journal, account, amount, line)
             GROUP BY journal) AS l ON l.journal = r.ord;

    WITH added AS (
        INSERT INTO ledger_journal (key, payload_hash, kind, reference, narrative, business_date, value_date, maker,
                                    checker, reverses_id)
        SELECT r.key, r.hash, r.kind, r.ref, r.narrative, r.business_date, r.value_date, r.maker, r.checker, r.reversed
          FROM unnest(keys, hashes, kinds, refs, narratives, business_dates, value_dates, makers, checkers, reversed)
               AS r (key, hash, kind, ref, narrative, business_date, value_date, maker, checker, reversed)
         ORDER BY r.key
        ON CONFLICT (key) DO NOTHING
        RETURNING key
    )
    SELECT array_agg(r.ord::integer ORDER BY r.ord) INTO fresh
      FROM added JOIN unnest(keys) WITH ORDINALITY AS r (key, ord) USING (key);

    SELECT array_agg(j.id ORDER BY r.ord), min(r.key) FILTER (WHERE j.payload_hash <> r.hash) INTO journals, problem
      FROM unnest(keys, hashes) WITH ORDINALITY AS r (key, hash, ord)
      JOIN ledger_journal j ON j.key = r.key;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'key % was used for another request', problem USING ERRCODE = 'AN002', DETAIL = problem;
    END IF;

    IF fresh IS NOT NULL THEN
        PERFORM FROM ledger_balance WHERE account_id = ANY (line_accounts) ORDER BY account_id FOR NO KEY UPDATE;

        SELECT min(u.account::text) INTO problem
          FROM unnest(line_journals, line_accounts) AS u (journal, account)
          JOIN unnest(fresh) AS f (journal) USING (journal)
          LEFT JOIN ledger_account a ON a.id = u.account
         WHERE a.id IS NULL OR business_dates[u.journal] < a.opened_date OR a.closed_date IS NOT NULL;
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION 'account % is unknown, closed or not yet open', problem
                USING ERRCODE = 'AN003', DETAIL = problem;
        END IF;

        INSERT INTO ledger_entry (journal_id, line, account_id, amount, moment, value_day, business_date)
        SELECT journals[u.journal], row_number() OVER (PARTITION BY u.journal ORDER BY u.line), u.account, u.amount,
               u.amount * (value_dates[u.journal] - DATE '1970-01-01'),
               value_dates[u.journal] - DATE '1970-01-01', business_dates[u.journal]
          FROM unnest(line_journals, line_accounts, line_amounts)
               WITH ORDINALITY AS u (journal, account, amount, line)
          JOIN unnest(fresh) AS f (journal) USING (journal);

        WITH change AS (
            SELECT u.account, sum(u.amount)::bigint AS amount,
                   sum(u.amount * (value_dates[u.journal] - DATE '1970-01-01'))::bigint AS moment
              FROM unnest(line_journals, line_accounts, line_amounts) AS u (journal, account, amount)
              JOIN unnest(fresh) AS f (journal) USING (journal)
             GROUP BY u.account
        ), changed AS (
            UPDATE ledger_balance b
               SET amount = b.amount + c.amount, moment = b.moment + c.moment, version = b.version + 1
              FROM change c WHERE b.account_id = c.account
            RETURNING b.account_id
        )
        SELECT count(*) - (SELECT count(*) FROM changed) INTO touched
          FROM change c JOIN ledger_account a ON a.id = c.account WHERE NOT a.hot;
        IF touched <> 0 THEN
            RAISE EXCEPTION '% accounts have no balance row', touched USING ERRCODE = 'AN091';
        END IF;
    END IF;

    RETURN QUERY SELECT i, journals[i], fresh IS NULL OR NOT i = ANY (fresh) FROM generate_subscripts(keys, 1) AS i;
END
$$
-- next
-- Form of a request: what can be told without looking at any table. The first broken rule is raised.
CREATE FUNCTION ledger_check_request(
    keys text[], value_dates date[], line_journals integer[], line_accounts bigint[], line_amounts bigint[]
) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    problem text;
BEGIN
    IF cardinality(keys) = 0 OR (SELECT count(DISTINCT k) FROM unnest(keys) AS k) <> cardinality(keys) THEN
        RAISE EXCEPTION 'no journals, or one key twice in one call' USING ERRCODE = 'AN004';
    END IF;
    IF EXISTS (SELECT FROM unnest(line_journals, line_accounts, line_amounts) AS u (journal, account, amount)
                WHERE journal IS NULL OR account IS NULL OR amount IS NULL OR amount = 0
                   OR journal NOT BETWEEN 1 AND cardinality(keys)) THEN
        RAISE EXCEPTION 'a line has no account, no journal or no amount' USING ERRCODE = 'AN005';
    END IF;
    SELECT keys[i] INTO problem
      FROM generate_subscripts(keys, 1) AS i
      LEFT JOIN (SELECT journal, sum(amount) AS total, count(*) AS lines
                   FROM unnest(line_journals, line_amounts) AS u (journal, amount) GROUP BY journal) AS t
             ON t.journal = i
     WHERE t.total IS DISTINCT FROM 0 OR t.lines < 2
     LIMIT 1;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'journal % does not balance', problem USING ERRCODE = 'AN001', DETAIL = problem;
    END IF;
END
$$
-- next
-- The mirror image of a journal, with its value date: products come out as if it had never been.
CREATE FUNCTION ledger_reverse(
    target bigint, reversal_key text, reversal_date date, reason text, reversal_maker text, reversal_checker text
) RETURNS TABLE (ordinal integer, journal_id bigint, replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    original ledger_journal;
BEGIN
    SELECT * INTO original FROM ledger_journal WHERE id = target;
    IF NOT FOUND OR original.reverses_id IS NOT NULL THEN
        RAISE EXCEPTION 'journal % cannot be reversed', target USING ERRCODE = 'AN006', DETAIL = target::text;
    END IF;
    RETURN QUERY
    SELECT p.* FROM (
        SELECT array_agg(1 ORDER BY line) AS journals, array_agg(account_id ORDER BY line) AS accounts,
               array_agg(-amount ORDER BY line) AS amounts
          FROM ledger_entry WHERE journal_id = target AND business_date = original.business_date
    ) AS l, ledger_post(
        ARRAY[reversal_key], ARRAY['reversal'], ARRAY[original.reference], ARRAY[reason], ARRAY[reversal_date],
        ARRAY[original.value_date], ARRAY[reversal_maker], ARRAY[reversal_checker], ARRAY[target],
        l.journals, l.accounts, l.amounts) AS p;
END
$$
