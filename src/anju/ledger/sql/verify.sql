-- Verification: everything that the ledger states twice, compared. Each function returns the rows that do not agree.
--
-- Journals low..high whose content no longer has the digest that was made when they were booked; `lines` are the entries
-- whose own checksum is wrong, when the change lies in an entry.
CREATE OR REPLACE FUNCTION ledger_verify_journals(low bigint, high bigint)
RETURNS TABLE (journal_id bigint, key text, business_date date, lines integer[])
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT j.id, j.key, j.business_date, l.wrong
      FROM ledger_journal j
      LEFT JOIN LATERAL (
           SELECT ledger_line_bytes(array_agg(e.account_id ORDER BY e.line), array_agg(e.amount ORDER BY e.line),
                                    array_agg(e.moment ORDER BY e.line)) AS bytes,
                  bool_or(e.value_day <> j.value_date - DATE '1970-01-01') AS misdated,
                  array_agg(e.line ORDER BY e.line) FILTER (WHERE e.leaf <> ledger_leaf(
                      e.journal_id, e.line, e.account_id, e.amount, e.moment, e.value_day, e.business_date)) AS wrong
             FROM ledger_entry e WHERE e.journal_id = j.id AND e.business_date = j.business_date) AS l ON true
     WHERE j.id BETWEEN low AND high
       AND (l.bytes IS NULL OR l.misdated OR l.wrong IS NOT NULL OR j.payload_hash <> ledger_payload_hash(
            j.kind, j.reference, j.narrative, j.business_date, j.value_date, j.maker, j.checker, j.reverses_id,
            j.follows_id, l.bytes))
     ORDER BY j.id
$$
-- next
-- Entries that belong to no journal of their day.
CREATE OR REPLACE FUNCTION ledger_verify_entries(low bigint, high bigint)
RETURNS TABLE (journal_id bigint, line integer, account_id bigint, business_date date)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT e.journal_id, e.line, e.account_id, e.business_date
      FROM ledger_entry e LEFT JOIN ledger_journal j ON j.id = e.journal_id AND j.business_date = e.business_date
     WHERE e.journal_id BETWEEN low AND high AND j.id IS NULL
     ORDER BY 1, 2
$$
-- next
-- Accounts low..high whose balance row is not the sum of their entries and holds, or whose latest snapshot is not the
-- sum of the entries up to it. `part` of `parts` picks every parts-th account, for a proof that rotates.
CREATE OR REPLACE FUNCTION ledger_verify_accounts(low bigint, high bigint, part integer, parts integer)
RETURNS TABLE (account_id bigint, number text, what text, stored bigint, computed bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH account AS (
        SELECT a.id, a.number FROM ledger_account a
         WHERE a.id BETWEEN low AND high AND abs(a.id) % parts = part
    ), entries AS (
        SELECT e.account_id AS id, sum(e.amount)::bigint AS amount, sum(e.moment)::bigint AS moment,
               min(e.value_day) AS earliest, max(e.value_day) AS latest
          FROM ledger_entry e WHERE e.account_id BETWEEN low AND high AND abs(e.account_id) % parts = part
         GROUP BY 1
    ), holds AS (
        SELECT h.account_id AS id, coalesce(sum(h.amount - h.captured) FILTER (WHERE h.kind = 'reserve'), 0)::bigint AS held,
               coalesce(sum(h.amount - h.captured) FILTER (WHERE h.kind = 'freeze'), 0)::bigint AS frozen
          FROM ledger_hold h WHERE h.state = 'active' AND h.account_id BETWEEN low AND high GROUP BY 1
    ), snapshot AS (
        SELECT DISTINCT ON (s.account_id) s.account_id AS id, s.amount, s.moment, s.day
          FROM ledger_snapshot s JOIN account ON account.id = s.account_id ORDER BY s.account_id, s.day DESC
    )
    SELECT account.id, account.number, v.what, v.stored, v.computed
      FROM account
      LEFT JOIN ledger_balance b ON b.account_id = account.id
      LEFT JOIN entries e USING (id) LEFT JOIN holds h USING (id) LEFT JOIN snapshot s USING (id)
      LEFT JOIN LATERAL (SELECT coalesce(sum(x.amount), 0)::bigint AS amount, coalesce(sum(x.moment), 0)::bigint AS moment
                           FROM ledger_entry x WHERE x.account_id = account.id AND x.business_date <= s.day) AS upto
             ON s.id IS NOT NULL
     CROSS JOIN LATERAL (VALUES
           ('amount', b.amount, coalesce(e.amount, 0)), ('moment', b.moment, coalesce(e.moment, 0)),
           ('earliest_day', b.earliest_day, coalesce(e.earliest, 2147483647)),
           ('latest_day', b.latest_day, coalesce(e.latest, 0)),
           ('held', b.held, coalesce(h.held, 0)), ('frozen', b.frozen, coalesce(h.frozen, 0)),
           ('snapshot amount', s.amount, upto.amount), ('snapshot moment', s.moment, upto.moment)
         ) AS v (what, stored, computed)
     WHERE v.stored <> v.computed
     ORDER BY 1, 3
$$
-- next
-- Closed months whose stored totals or hash are not what their entries give.
CREATE OR REPLACE FUNCTION ledger_verify_periods() RETURNS TABLE (first_day date)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT p.first_day FROM ledger_period p
     WHERE p.state = 'closed'
       AND (p.totals <> ledger_month_totals(p.first_day) OR p.hash <> ledger_period_hash(p.first_day, p.totals))
     ORDER BY 1
$$
-- next
-- Accounts low..high of a subject whose unpaid interest up to day `until`, as the balance row has it (product less settled
-- product, and what was accrued), is not what their entries have earned since the last yearly settlement. `until` lies
-- beyond every day settled. Numerators in fen x days x ppm.
CREATE OR REPLACE FUNCTION ledger_verify_interest(
    low bigint, high bigint, subject text, rate_code text, until date, part integer, parts integer
) RETURNS TABLE (account_id bigint, number text, stored bigint, computed bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT a.id, a.number, due.numerator, earned.numerator
      FROM ledger_account a
      JOIN ledger_balance b ON b.account_id = a.id
     CROSS JOIN LATERAL ledger_interest_due(a.id, a.id, subject, rate_code, until) AS due
     CROSS JOIN LATERAL (SELECT coalesce(max(s.until_day), 0) AS day FROM ledger_settlement s
                          WHERE s.subject_id = subject AND s.until_day <= b.settled_day) AS since
     CROSS JOIN LATERAL (SELECT ledger_interest_between(a.id, a.side, rate_code, since.day,
                                                        until - DATE '1970-01-01') AS numerator) AS earned
     WHERE a.id BETWEEN low AND high AND a.subject_id = subject AND a.id % parts = part AND NOT b.closed
       AND due.numerator <> earned.numerator
     ORDER BY 1
$$
