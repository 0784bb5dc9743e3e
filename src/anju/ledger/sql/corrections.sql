-- Corrections: what is booked before an account's last settlement. The settlement is not reopened; its interest is
-- computed again from all entries, and the difference to what was paid is booked today as a journal of its own, linked
-- to its cause and valued on the day after that settlement, so that it bears interest as it would have.
--
-- Book journals whose value dates may lie before the last settlement of their accounts.
CREATE OR REPLACE FUNCTION ledger_correct(
    keys text[], kinds text[], refs text[], narratives text[], business_dates date[], value_dates date[],
    makers text[], checkers text[], line_journals integer[], line_accounts bigint[], line_amounts bigint[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    journals bigint[] := ledger_book(keys, kinds, refs, narratives, business_dates, value_dates, makers, checkers, NULL,
                                     NULL, line_journals, line_accounts, line_amounts, NULL, NULL, NULL, true);
BEGIN
    PERFORM ledger_pay_differences(journal) FROM unnest(journals) AS journal WHERE journal > 0;
    RETURN journals;
END
$$
-- next
-- The mirror image of a journal, with its value date: products come out as if it had never been.
CREATE OR REPLACE FUNCTION ledger_reverse(
    target bigint, reversal_key text, reversal_date date, reason text, reversal_maker text, reversal_checker text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    original ledger_journal;
    mirror bigint;
BEGIN
    PERFORM ledger_share_gate();
    -- One reversal of a journal after the other: a retry that came at once would meet the unique index on reverses_id
    -- before it could see its twin by key.
    SELECT * INTO original FROM ledger_journal WHERE id = target FOR NO KEY UPDATE;
    -- What the ledger books itself has effects beside its entries. A transfer is undone by a transfer back, an interest
    -- difference by reversing its cause.
    IF NOT FOUND OR original.kind IN ('reversal', 'interest-settlement', 'interest-difference', 'account-transfer') THEN
        RAISE EXCEPTION 'journal % cannot be reversed', target USING ERRCODE = 'AN006', DETAIL = target::text;
    END IF;
    SELECT (ledger_book(ARRAY[reversal_key], ARRAY['reversal'], ARRAY[original.reference], ARRAY[reason],
                        ARRAY[reversal_date], ARRAY[original.value_date], ARRAY[reversal_maker], ARRAY[reversal_checker],
                        ARRAY[target], NULL, l.journals, l.accounts, l.amounts, l.moments, NULL, NULL, true))[1]
      INTO mirror
      FROM (SELECT array_agg(1 ORDER BY line) AS journals, array_agg(account_id ORDER BY line) AS accounts,
                   array_agg(-amount ORDER BY line) AS amounts, array_agg(-moment ORDER BY line) AS moments
              FROM ledger_entry WHERE journal_id = target AND business_date = original.business_date) AS l;
    IF mirror > 0 THEN
        PERFORM ledger_pay_differences(mirror);
    END IF;
    RETURN mirror;
END
$$
-- next
-- For every account of a journal that had borne interest beyond its value date: bring the settled product in line, and
-- book for each yearly settlement since then what it should have paid less what it and earlier differences paid.
CREATE OR REPLACE FUNCTION ledger_pay_differences(cause bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    j ledger_journal;
    changed record;
BEGIN
    SELECT * INTO j FROM ledger_journal WHERE id = cause;
    FOR changed IN
        SELECT b.account_id, b.side, b.subject_id, b.settled_day, e.amount, e.moment, e.value_day
          FROM (SELECT account_id, sum(amount)::bigint AS amount, sum(moment)::bigint AS moment, min(value_day) AS value_day
                  FROM ledger_entry WHERE journal_id = cause AND business_date = j.business_date
                 GROUP BY account_id) AS e
          JOIN ledger_balance b ON b.account_id = e.account_id AND b.settled_day > e.value_day
         ORDER BY b.account_id
    LOOP
        PERFORM ledger_shift_settled(changed.account_id, changed.side, changed.subject_id, changed.settled_day,
                                     changed.amount, changed.moment, changed.value_day);
        PERFORM ledger_pay_account_differences(j, changed.account_id, changed.side, changed.subject_id,
                                               changed.settled_day, changed.value_day);
    END LOOP;
END
$$
-- next
-- Amounts entered before the settled day add to the settled product; where that day is a cut after the last yearly
-- settlement, they add to the accrued interest at the rates of their days too.
CREATE OR REPLACE FUNCTION ledger_shift_settled(
    account bigint, account_side smallint, subject text, settled integer, added bigint, added_moment bigint,
    valued integer
) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE ledger_balance
       SET settled_product = settled_product + account_side * (added * settled - added_moment),
           accrued = accrued + account_side * coalesce((
               SELECT sum(added * (r.end_day - r.start_day) * r.ppm)
                 FROM (SELECT until_day, rate_code FROM ledger_settlement WHERE subject_id = subject
                       UNION ALL SELECT 0, 'member-account'  -- cut or paid out, and never settled so far
                        ORDER BY until_day DESC LIMIT 1) AS s
                CROSS JOIN LATERAL (SELECT min(lower(valid)) - DATE '1970-01-01' AS first_day
                                      FROM ledger_rate WHERE code = s.rate_code) AS f
                CROSS JOIN LATERAL ledger_rates_between(
                    s.rate_code, least(greatest(valued, s.until_day, f.first_day), settled), settled) AS r
                WHERE s.until_day < settled), 0)::bigint
     WHERE account_id = account
$$
-- next
CREATE OR REPLACE FUNCTION ledger_pay_account_differences(
    cause ledger_journal, account bigint, account_side smallint, subject text, settled integer, valued integer
) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    s record;
    difference bigint;
BEGIN
    FOR s IN
        SELECT until_day, rate_code, expense_account_id,
               coalesce(lag(until_day) OVER (ORDER BY until_day), 0) AS since_day
          FROM ledger_settlement WHERE subject_id = subject AND until_day <= settled ORDER BY until_day
    LOOP
        CONTINUE WHEN s.until_day <= valued;
        difference := ledger_interest_fen(ledger_interest_between(account, account_side, s.rate_code, s.since_day, s.until_day))
            - (SELECT coalesce(account_side * sum(e.amount), 0)::bigint
                 FROM ledger_entry e JOIN ledger_journal k ON k.id = e.journal_id
                WHERE e.account_id = account AND e.value_day = s.until_day
                  AND k.kind IN ('interest-settlement', 'interest-difference'));
        IF difference <> 0 THEN
            PERFORM ledger_book(
                ARRAY[cause.key || ':interest:' || account || ':' || s.until_day], ARRAY['interest-difference'],
                ARRAY[cause.reference], ARRAY[''], ARRAY[cause.business_date], ARRAY[DATE '1970-01-01' + s.until_day],
                ARRAY[cause.maker], ARRAY[cause.checker], NULL, ARRAY[cause.id], ARRAY[1, 1],
                ARRAY[account, s.expense_account_id], ARRAY[account_side * difference, -account_side * difference],
                NULL, NULL, NULL, true);
            PERFORM ledger_shift_settled(account, account_side, subject, settled, account_side * difference,
                                         account_side * difference * s.until_day, s.until_day);
        END IF;
    END LOOP;
END
$$
-- next
-- Interest that an account's entries, all of them, earn in the days first..until-1 and that was not paid or carried
-- away before, in fen x days x ppm.
CREATE OR REPLACE FUNCTION ledger_interest_between(
    account bigint, account_side smallint, rate_code text, first integer, until integer
) RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT (coalesce(sum((p.at_end - p.at_start) * r.ppm), 0) + (
               SELECT coalesce(sum(n.numerator), 0) FROM ledger_earning n
                WHERE n.account_id = account AND n.day BETWEEN first AND until - 1))::bigint
      FROM ledger_rates_between(
               rate_code, greatest(first, (SELECT min(lower(valid)) - DATE '1970-01-01' FROM ledger_rate
                                            WHERE code = rate_code)), until) AS r
     CROSS JOIN LATERAL (
           SELECT account_side * coalesce(sum(amount * r.end_day - moment) FILTER (WHERE value_day <= r.end_day), 0)::bigint AS at_end,
                  account_side * coalesce(sum(amount * r.start_day - moment) FILTER (WHERE value_day <= r.start_day), 0)::bigint AS at_start
             FROM ledger_entry WHERE account_id = account) AS p
$$
-- next
-- Move an account into another of its subject with its balance and all that it has earned and not been paid (内部转移).
-- The entries carry the moment of the unpaid product, so that the receiving account goes on as if it had always held it.
CREATE OR REPLACE FUNCTION ledger_transfer_account(
    source bigint, destination bigint, rate_code text, transfer_key text, transfer_reference text, on_day date,
    transfer_maker text, transfer_checker text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    a ledger_balance;
    b ledger_balance;
    earlier ledger_journal;
    journal bigint;
    carried bigint;
BEGIN
    PERFORM ledger_share_gate();
    PERFORM FROM ledger_balance WHERE account_id IN (source, destination) ORDER BY account_id FOR NO KEY UPDATE;
    SELECT * INTO earlier FROM ledger_journal WHERE key = transfer_key;
    IF FOUND THEN
        IF (earlier.kind, earlier.reference, earlier.business_date, earlier.maker, earlier.checker)
           IS DISTINCT FROM ('account-transfer', transfer_reference, on_day, transfer_maker, transfer_checker)
           OR ARRAY[source, destination] <> ARRAY(SELECT account_id FROM ledger_entry
                                                   WHERE journal_id = earlier.id AND business_date = on_day ORDER BY line) THEN
            RAISE EXCEPTION 'key % was used for another request', transfer_key USING ERRCODE = 'AN002', DETAIL = transfer_key;
        END IF;
        RETURN -earlier.id;
    END IF;
    SELECT * INTO a FROM ledger_balance WHERE account_id = source;
    SELECT * INTO b FROM ledger_balance WHERE account_id = destination;
    IF a.account_id IS NULL OR b.account_id IS NULL OR source = destination OR a.subject_id <> b.subject_id
       OR a.amount = 0 OR a.held <> 0 OR a.frozen <> 0 THEN
        RAISE EXCEPTION 'account % cannot be transferred to %', source, destination
            USING ERRCODE = 'AN022', DETAIL = source::text;
    END IF;
    PERFORM ledger_cut_interest(account, account, a.subject_id, rate_code, latest.day)
       FROM unnest(ARRAY[source, destination]) AS account,
            (SELECT max(lower(valid)) AS day FROM ledger_rate WHERE code = rate_code AND lower(valid) <= on_day) AS latest
      WHERE latest.day IS NOT NULL;
    SELECT * INTO a FROM ledger_balance WHERE account_id = source;
    carried := a.moment + a.side * a.settled_product;
    journal := (ledger_book(
        ARRAY[transfer_key], ARRAY['account-transfer'], ARRAY[transfer_reference], ARRAY[''], ARRAY[on_day], ARRAY[on_day],
        ARRAY[transfer_maker], ARRAY[transfer_checker], NULL, NULL, ARRAY[1, 1], ARRAY[source, destination],
        ARRAY[-a.amount, a.amount], ARRAY[-carried, carried]))[1];
    IF a.accrued <> 0 THEN
        UPDATE ledger_balance SET accrued = accrued + CASE account_id WHEN source THEN -a.accrued ELSE a.accrued END
         WHERE account_id IN (source, destination);
        INSERT INTO ledger_earning (account_id, day, numerator)
        VALUES (source, on_day - DATE '1970-01-01' - 1, -a.accrued), (destination, on_day - DATE '1970-01-01' - 1, a.accrued);
    END IF;
    RETURN journal;
END
$$
