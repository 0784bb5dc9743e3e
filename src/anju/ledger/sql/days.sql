-- Business days and months. Shutting a day takes the gate that every posting passes: it waits for the postings under
-- way, and those that come later find the day shut. Nothing else is done while the gate is held.
CREATE OR REPLACE FUNCTION ledger_open_days(first date, final date, opener text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    opened integer;
    late date;
BEGIN
    PERFORM pg_advisory_xact_lock('ledger_day'::regclass::oid::integer, 0);  -- no later day is shut meanwhile
    INSERT INTO ledger_period (first_day)
    SELECT generate_series(date_trunc('month', first), final, interval '1 month')::date ON CONFLICT DO NOTHING;
    SELECT min(d.day) INTO late
      FROM (SELECT generate_series(first, final, interval '1 day')::date AS day) AS d
      JOIN ledger_period p ON p.first_day = date_trunc('month', d.day)::date
     WHERE NOT EXISTS (SELECT FROM ledger_day known WHERE known.day = d.day)
       AND (p.state <> 'open' OR EXISTS (SELECT FROM ledger_day later WHERE later.day > d.day AND later.shut));
    IF late IS NOT NULL THEN
        RAISE EXCEPTION 'day % lies before a day that is shut', late USING ERRCODE = 'AN014', DETAIL = late::text;
    END IF;
    INSERT INTO ledger_day (day, opened_by)
    SELECT generate_series(first, final, interval '1 day')::date, opener ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS opened = ROW_COUNT;
    RETURN opened;
END
$$
-- next
-- Shut every open day up to `final`; returns how many.
CREATE OR REPLACE FUNCTION ledger_shut_days(final date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    shut_now integer;
BEGIN
    PERFORM pg_advisory_xact_lock('ledger_day'::regclass::oid::integer, 0);
    UPDATE ledger_day SET shut = true WHERE day <= final AND NOT shut;
    GET DIAGNOSTICS shut_now = ROW_COUNT;
    RETURN shut_now;
END
$$
-- next
-- A journal's leaf in the seal of its day.
CREATE OR REPLACE FUNCTION ledger_journal_leaf(id bigint, key text, payload_hash bytea) RETURNS bytea
LANGUAGE sql STABLE AS $$ SELECT sha256(int8send(id) || convert_to(key, 'UTF8') || payload_hash) $$
-- next
-- Write the root of a day that is shut, and the day's snapshots of the hot accounts that moved. `root` is computed
-- outside (PostgreSQL has no SM3) and proven by verification. Days are sealed in their order; sealing again with the
-- same root changes nothing.
CREATE OR REPLACE FUNCTION ledger_seal_day(target date, previous_root bytea, new_root bytea, many bigint, sealer text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    today ledger_day;
BEGIN
    SELECT * INTO today FROM ledger_day WHERE day = target FOR UPDATE;
    IF today.root = new_root THEN
        RETURN false;
    END IF;
    IF today.shut IS NOT TRUE OR today.root IS NOT NULL
       OR EXISTS (SELECT FROM ledger_day WHERE day < target AND root IS NULL)
       OR previous_root IS DISTINCT FROM coalesce(
              (SELECT root FROM ledger_day WHERE day < target ORDER BY day DESC LIMIT 1), decode(repeat('00', 32), 'hex'))
       OR many <> (SELECT count(*) FROM ledger_journal WHERE business_date = target) THEN
        RAISE EXCEPTION 'day % cannot be sealed', target USING ERRCODE = 'AN018', DETAIL = target::text;
    END IF;
    UPDATE ledger_day SET sealed_by = sealer, previous = previous_root, root = new_root, journals = many
     WHERE day = target;
    INSERT INTO ledger_snapshot (account_id, day, amount, moment)
    SELECT a.id, target, b.amount, b.moment
      FROM ledger_account a CROSS JOIN LATERAL ledger_balance_at(a.id, target) b
     WHERE a.hot AND EXISTS (SELECT FROM ledger_entry e WHERE e.account_id = a.id AND e.business_date = target);
    RETURN true;
END
$$
-- next
-- Turnover of a month by subject as the books close it: [opening, debits, credits, closing], debit positive.
CREATE OR REPLACE FUNCTION ledger_month_totals(month date) RETURNS jsonb
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH before AS (
        SELECT first_day, totals FROM ledger_period WHERE first_day < month AND state = 'closed'
         ORDER BY first_day DESC LIMIT 1
    ), opening AS (
        SELECT t.key AS code, (t.value ->> 3)::bigint AS amount FROM before, jsonb_each(before.totals) AS t
    ), moved AS (
        SELECT a.subject_id AS code,
               coalesce(sum(e.amount) FILTER (WHERE e.business_date < month), 0) AS earlier,
               coalesce(sum(e.amount) FILTER (WHERE e.business_date >= month AND e.amount > 0), 0) AS debits,
               coalesce(-sum(e.amount) FILTER (WHERE e.business_date >= month AND e.amount < 0), 0) AS credits
          FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
         WHERE e.business_date < month + interval '1 month'
           AND e.business_date >= coalesce((SELECT first_day + interval '1 month' FROM before), '-infinity')
         GROUP BY a.subject_id
    )
    SELECT coalesce(jsonb_object_agg(code, jsonb_build_array(o, d, c, o + d - c)), '{}')
      FROM (SELECT code, coalesce(opening.amount, 0) + coalesce(earlier, 0) AS o, coalesce(debits, 0) AS d,
                   coalesce(credits, 0) AS c
              FROM opening FULL JOIN moved USING (code)) AS t
$$
-- next
CREATE OR REPLACE FUNCTION ledger_period_hash(month date, totals jsonb) RETURNS bytea
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT sha256(convert_to(month::text || totals::text, 'UTF8') || coalesce(
        (SELECT root FROM ledger_day WHERE day < month + interval '1 month' AND root IS NOT NULL
          ORDER BY day DESC LIMIT 1), ''::bytea))
$$
-- next
-- Close a month: all its days sealed and the months before it closed; snapshot of every account that moved, totals and
-- their hash. Closing it again returns the same hash.
CREATE OR REPLACE FUNCTION ledger_close_period(month date, closer text) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    period ledger_period;
    final date := month + interval '1 month' - interval '1 day';
    sums jsonb;
BEGIN
    SELECT * INTO period FROM ledger_period WHERE first_day = month FOR UPDATE;
    IF period.state = 'closed' THEN
        RETURN period.hash;
    END IF;
    IF period.first_day IS NULL
       OR EXISTS (SELECT FROM ledger_day WHERE day <= final AND root IS NULL)
       OR EXISTS (SELECT FROM ledger_period WHERE first_day < month AND state <> 'closed') THEN
        RAISE EXCEPTION 'month % cannot be closed', month USING ERRCODE = 'AN019', DETAIL = to_char(month, 'YYYY-MM');
    END IF;
    INSERT INTO ledger_snapshot (account_id, day, amount, moment)
    SELECT m.account_id, final, m.amount + coalesce(s.amount, 0), m.moment + coalesce(s.moment, 0)
      FROM (SELECT e.account_id, sum(e.amount)::bigint AS amount, sum(e.moment)::bigint AS moment
              FROM ledger_entry e
             WHERE e.account_id > 0 AND e.business_date <= final
               AND e.business_date > coalesce((SELECT max(first_day) + interval '1 month' - interval '1 day'
                                                 FROM ledger_period WHERE state = 'closed'), '-infinity')
             GROUP BY e.account_id) AS m
      LEFT JOIN LATERAL (SELECT amount, moment FROM ledger_snapshot
                          WHERE account_id = m.account_id AND day < month ORDER BY day DESC LIMIT 1) AS s ON true;
    sums := ledger_month_totals(month);
    UPDATE ledger_period SET state = 'closed', totals = sums, hash = ledger_period_hash(month, sums), closed_by = closer
     WHERE first_day = month
    RETURNING hash INTO period.hash;
    RETURN period.hash;
END
$$
