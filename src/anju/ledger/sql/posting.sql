-- The only way into the ledger. One code path: a single posting is a batch of one.
--
-- Why the steps stand in this order and apart (each closes a race):
--   the gate first: sealing a day waits for the postings under way, and later ones see the day sealed;
--   journals next, in key order: a retry waits here for its twin and, in the next statement, sees the twin's row;
--   balances in one UPDATE that visits them in id order: two batches that share accounts queue up instead of
--   deadlocking, and what is checked (closed, settled, covered, frozen) is checked on the row as it is once locked.
-- That order is the planner's doing, so its freedom is taken away: nested loops over an ordered list, by the index. The
-- function holds no join for which that would be slow. Generic plans, because planning costs more than posting.
--
-- Refusals carry a stable code (SQLSTATE class AN) and name journal or account, never a person. They are told in this
-- order: form, keys, day, balance, account, freeze.
--
-- The answer holds a journal's id for each request in turn, negative when an earlier call had booked it.
CREATE OR REPLACE FUNCTION ledger_post(
    keys text[], kinds text[], refs text[], narratives text[], business_dates date[], value_dates date[],
    makers text[], checkers text[], line_journals integer[], line_accounts bigint[], line_amounts bigint[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN ledger_book(keys, kinds, refs, narratives, business_dates, value_dates, makers, checkers, NULL, NULL,
                       line_journals, line_accounts, line_amounts);
END
$$
-- next
-- The request's content in one digest: what was asked, and the lines as they were given. Verification computes it anew
-- from the stored rows.
CREATE OR REPLACE FUNCTION ledger_payload_hash(
    kind text, reference text, narrative text, business_date date, value_date date, maker text, checker text,
    reverses bigint, follows bigint, lines bytea
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(ROW(kind, reference, narrative, business_date - DATE '1970-01-01',
                                 value_date - DATE '1970-01-01', maker, checker, reverses, follows)::text, 'UTF8')
                  || lines)
$$
-- next
-- The lines of a journal as bytes, in their order: the arrays in PostgreSQL's binary form.
CREATE OR REPLACE FUNCTION ledger_line_bytes(accounts bigint[], amounts bigint[], moments bigint[]) RETURNS bytea
LANGUAGE sql STABLE AS $$ SELECT array_send(accounts) || array_send(amounts) || array_send(moments) $$
-- next
-- Checksum of an entry. It guards against accidents and names the row; against a forger stands the seal of the day.
CREATE OR REPLACE FUNCTION ledger_leaf(
    journal bigint, line integer, account bigint, amount bigint, moment bigint, value_day integer, business_date date
) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (hashint8extended(account # (line::bigint << 32), journal # hashint8extended(amount, moment #
            ((value_day::bigint << 32) + (business_date - DATE '1970-01-01')))) >> 32)::integer
$$
-- next
-- The work. Beyond a plain request it can link journals (`reversed`, `followed`), carry moments of its own for the
-- transfer of an account, mark the products of its lines as settled up to `settle_until`, and, with `reopen`, write
-- before an account's last settlement, which leaves the interest for the days before it to the caller.
CREATE OR REPLACE FUNCTION ledger_book(
    keys text[], kinds text[], refs text[], narratives text[], business_dates date[], value_dates date[],
    makers text[], checkers text[], reversed bigint[], followed bigint[],
    line_journals integer[], line_accounts bigint[], line_amounts bigint[], line_moments bigint[] DEFAULT NULL,
    settle_until date DEFAULT NULL, line_products bigint[] DEFAULT NULL, reopen boolean DEFAULT false
) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    epoch CONSTANT date := '1970-01-01';
    gate text;
    lines bytea[];
    firsts bigint[];
    wrong integer;
    shut date;
    clash text;
    replayed boolean := false;
    fresh bigint[];
    booked bigint[];
    missing bigint;
    short bigint;
BEGIN
    -- Assignments, because an expression costs a tenth of a query.
    gate := pg_advisory_xact_lock_shared('ledger_day'::regclass::oid::integer, 0);
    gate := ledger_check_form(keys, kinds, refs, narratives, business_dates, value_dates, makers,
                              line_journals, line_accounts, line_amounts);
    IF kinds && ARRAY['reversal', 'interest-settlement', 'interest-difference', 'account-transfer']
       AND num_nonnulls(reversed, followed, line_moments, settle_until) = 0 THEN
        RAISE EXCEPTION 'kind is the ledger''s own' USING ERRCODE = 'AN024';
    END IF;

    SELECT array_agg(l.bytes ORDER BY l.journal), array_agg(l.first ORDER BY l.journal),
           min(l.journal) FILTER (WHERE l.wrong)
      INTO lines, firsts, wrong
      FROM (SELECT u.journal, min(u.ord) AS first,
                   ledger_sum(u.amount) <> 0 OR count(*) < 2 OR max(u.ord) - min(u.ord) + 1 <> count(*) AS wrong,
                   ledger_line_bytes(
                       array_agg(u.account ORDER BY u.ord), array_agg(u.amount ORDER BY u.ord),
                       array_agg(coalesce(u.moment, u.amount * (value_dates[u.journal] - epoch)) ORDER BY u.ord)) AS bytes
              FROM unnest(line_journals, line_accounts, line_amounts, line_moments)
                   WITH ORDINALITY AS u (journal, account, amount, moment, ord)
             GROUP BY u.journal) AS l;
    IF wrong IS NOT NULL OR cardinality(lines) IS DISTINCT FROM cardinality(keys) THEN
        PERFORM ledger_refuse_lines(keys, line_journals, wrong);
    END IF;

    WITH added AS (
        INSERT INTO ledger_journal (key, payload_hash, kind, reference, narrative, business_date, value_date, maker,
                                    checker, reverses_id, follows_id)
        SELECT r.key, ledger_payload_hash(r.kind, r.ref, r.narrative, r.business_date, r.value_date, r.maker, r.checker,
                                          r.reversed, r.followed, r.bytes),
               r.kind, r.ref, r.narrative, r.business_date, r.value_date, r.maker, r.checker, r.reversed, r.followed
          FROM unnest(keys, kinds, refs, narratives, business_dates, value_dates, makers, checkers, reversed, followed,
                      lines)
               AS r (key, kind, ref, narrative, business_date, value_date, maker, checker, reversed, followed, bytes)
         ORDER BY r.key
        ON CONFLICT (key) DO NOTHING
        RETURNING id, key, business_date
    )
    SELECT array_agg(a.id ORDER BY a.key), min(a.business_date) FILTER (WHERE d.day IS NULL OR d.shut)
      INTO fresh, shut
      FROM added a LEFT JOIN ledger_day d ON d.day = a.business_date;
    IF shut IS NOT NULL THEN
        PERFORM ledger_refuse_day(shut);
    END IF;

    IF cardinality(fresh) = cardinality(keys) THEN
        IF cardinality(keys) > 1 THEN  -- from the order of the keys to the order of the request
            SELECT array_agg(u.id ORDER BY u.ord) INTO fresh
              FROM unnest(fresh, (SELECT array_agg(r.ord ORDER BY r.key)
                                    FROM unnest(keys) WITH ORDINALITY AS r (key, ord))) AS u (id, ord);
        END IF;
    ELSE
        replayed := true;
        SELECT array_agg(j.id ORDER BY r.ord), array_agg(CASE WHEN j.id = ANY (fresh) THEN j.id END ORDER BY r.ord),
               min(r.key) FILTER (WHERE j.payload_hash <> ledger_payload_hash(
                   r.kind, r.ref, r.narrative, r.business_date, r.value_date, r.maker, r.checker, r.reversed, r.followed,
                   r.bytes))
          INTO booked, fresh, clash
          FROM unnest(keys, kinds, refs, narratives, business_dates, value_dates, makers, checkers, reversed, followed,
                      lines) WITH ORDINALITY
               AS r (key, kind, ref, narrative, business_date, value_date, maker, checker, reversed, followed, bytes, ord)
          JOIN ledger_journal j ON j.key = r.key;
        IF clash IS NOT NULL THEN
            RAISE EXCEPTION 'key % was used for another request', clash USING ERRCODE = 'AN002', DETAIL = clash;
        ELSIF (SELECT count(DISTINCT key) FROM unnest(keys) AS key) < cardinality(keys) THEN
            RAISE EXCEPTION 'one key twice in one call' USING ERRCODE = 'AN004';
        END IF;
    END IF;

    WITH line AS (
        SELECT u.id AS journal, u.account, u.amount, u.value_day, coalesce(u.moment, u.amount * u.value_day) AS moment,
               business_dates[u.journal] AS business_date, (u.ord - firsts[u.journal] + 1)::integer AS line, u.product
          FROM (SELECT u.*, fresh[u.journal] AS id, value_dates[u.journal] - epoch AS value_day
                  FROM unnest(line_journals, line_accounts, line_amounts, line_moments, line_products)
                       WITH ORDINALITY AS u (journal, account, amount, moment, product, ord)
                OFFSET 0) AS u  -- so that the subscripts are taken once
         WHERE u.id IS NOT NULL
    ), change AS (
        SELECT account, ledger_sum(amount) AS amount, ledger_sum(moment) AS moment, max(product) AS product,
               min(value_day) AS first_day, max(value_day) AS final_day, min(business_date) AS business_date
          FROM line GROUP BY account ORDER BY account
    ), changed AS (
        UPDATE ledger_balance b
           SET amount = b.amount + c.amount, moment = b.moment + c.moment, version = b.version + 1,
               earliest_day = least(b.earliest_day, c.first_day), latest_day = greatest(b.latest_day, c.final_day),
               settled_product = coalesce(c.product, b.settled_product),
               settled_day = CASE WHEN c.product IS NULL THEN b.settled_day ELSE settle_until - epoch END,
               accrued = CASE WHEN c.product IS NULL THEN b.accrued ELSE 0 END
          FROM change c
         WHERE b.account_id = c.account AND NOT b.closed AND b.opened_day <= c.business_date - epoch
           AND (b.settled_day <= c.first_day OR reopen)
        RETURNING b.account_id, b.side * c.amount < 0 AND b.side * b.amount < b.held + b.frozen
                                AND NOT b.overdraft_allowed AS short
    ), written AS (
        INSERT INTO ledger_entry (journal_id, account_id, amount, moment, line, value_day, business_date, leaf)
        SELECT journal, account, amount, moment, line, value_day, business_date,
               ledger_leaf(journal, line, account, amount, moment, value_day, business_date)
          FROM line
    )
    -- Hot accounts have negative ids and no balance row; all the others must have been changed.
    SELECT (SELECT count(*) FILTER (WHERE c.account > 0 OR NOT EXISTS (
                       SELECT FROM ledger_account a WHERE a.id = c.account AND a.opened_date <= c.business_date))
              FROM change c) - (SELECT count(*) FROM changed),
           (SELECT min(account_id) FROM changed WHERE changed.short)
      INTO missing, short;
    IF missing <> 0 THEN
        PERFORM ledger_refuse_accounts(line_journals, line_accounts, fresh, business_dates, value_dates);
    ELSIF short IS NOT NULL THEN
        RAISE EXCEPTION 'account % is frozen', short USING ERRCODE = 'AN015', DETAIL = short::text;
    END IF;

    RETURN CASE WHEN replayed THEN
        (SELECT array_agg(CASE WHEN u.fresh IS NULL THEN -u.booked ELSE u.booked END ORDER BY u.ord)
           FROM unnest(booked, fresh) WITH ORDINALITY AS u (booked, fresh, ord))
        ELSE fresh END;
END
$$
-- next
-- Share the gate of the business days until the transaction ends: the first lock of every writing function.
CREATE OR REPLACE FUNCTION ledger_share_gate() RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT pg_advisory_xact_lock_shared('ledger_day'::regclass::oid::integer, 0)
$$
-- next
-- Form of a request: what can be told without looking at any table.
CREATE OR REPLACE FUNCTION ledger_check_form(
    keys text[], kinds text[], refs text[], narratives text[], business_dates date[], value_dates date[], makers text[],
    line_journals integer[], line_accounts bigint[], line_amounts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(keys) = 0 OR '' = ANY (keys) OR '' = ANY (kinds) OR '' = ANY (makers)
       OR array_position(keys, NULL) IS NOT NULL OR array_position(kinds, NULL) IS NOT NULL
       OR array_position(makers, NULL) IS NOT NULL OR array_position(refs, NULL) IS NOT NULL
       OR array_position(narratives, NULL) IS NOT NULL OR array_position(business_dates, NULL) IS NOT NULL
       OR array_position(value_dates, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'no journals, or a journal without key, kind, maker or date' USING ERRCODE = 'AN004';
    ELSIF 0 = ANY (line_amounts) OR array_position(line_amounts, NULL) IS NOT NULL
          OR array_position(line_accounts, NULL) IS NOT NULL OR array_position(line_journals, NULL) IS NOT NULL
          OR NOT (1 <= ALL (line_journals)) OR NOT (cardinality(keys) >= ALL (line_journals)) THEN
        RAISE EXCEPTION 'a line has no account, no journal or no amount' USING ERRCODE = 'AN005';
    END IF;
END
$$
-- next
CREATE OR REPLACE FUNCTION ledger_refuse_lines(keys text[], line_journals integer[], wrong integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    problem text := keys[coalesce(wrong, (SELECT min(i) FROM generate_subscripts(keys, 1) AS i
                                           WHERE i <> ALL (line_journals)))];
BEGIN
    RAISE EXCEPTION 'journal % does not balance', problem USING ERRCODE = 'AN001', DETAIL = problem;
END
$$
-- next
CREATE OR REPLACE FUNCTION ledger_refuse_day(wanted date) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_period WHERE first_day = date_trunc('month', wanted) AND state = 'closed') THEN
        RAISE EXCEPTION 'the month of % is closed', wanted USING ERRCODE = 'AN020', DETAIL = wanted::text;
    ELSIF EXISTS (SELECT FROM ledger_day WHERE day = wanted AND shut) THEN
        RAISE EXCEPTION 'day % is shut', wanted USING ERRCODE = 'AN013', DETAIL = wanted::text;
    END IF;
    RAISE EXCEPTION 'day % is not open', wanted USING ERRCODE = 'AN012', DETAIL = wanted::text;
END
$$
-- next
-- Say why an account takes no posting: unknown, closed, not yet open, or settled beyond the value date.
CREATE OR REPLACE FUNCTION ledger_refuse_accounts(
    line_journals integer[], line_accounts bigint[], fresh bigint[], business_dates date[], value_dates date[]
) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    refused bigint;
    settled bigint;
BEGIN
    SELECT min(u.account) FILTER (WHERE a.id IS NULL OR a.closed_date IS NOT NULL
                                        OR a.opened_date > business_dates[u.journal]),
           min(u.account) FILTER (WHERE b.settled_day > value_dates[u.journal] - DATE '1970-01-01')
      INTO refused, settled
      FROM unnest(line_journals, line_accounts) AS u (journal, account)
      LEFT JOIN ledger_account a ON a.id = u.account LEFT JOIN ledger_balance b ON b.account_id = u.account
     WHERE fresh[u.journal] IS NOT NULL;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'account % is unknown, closed or not yet open', refused
            USING ERRCODE = 'AN003', DETAIL = refused::text;
    END IF;
    RAISE EXCEPTION 'account % has borne interest beyond the value date', settled
        USING ERRCODE = 'AN011', DETAIL = settled::text;
END
$$
-- next
REVOKE ALL ON FUNCTION ledger_book FROM PUBLIC
