-- Opening is idempotent by number: a retry returns the account, another subject under the same number is an error.
CREATE FUNCTION ledger_open_accounts(
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
        INSERT INTO ledger_account (number, subject_id, name, side, hot, opened_date)
        SELECT r.number, r.subject, r.name, s.side, are_hot, r.opened
          FROM unnest(numbers, subjects, names, opened) AS r (number, subject, name, opened)
          JOIN ledger_subject s ON s.code = r.subject
         ORDER BY r.number
        ON CONFLICT (number) DO NOTHING
        RETURNING id, side
    )
    INSERT INTO ledger_balance (account_id, side, overdraft_allowed)
    SELECT id, side, may_overdraw FROM opened_now WHERE NOT are_hot;
    IF EXISTS (SELECT FROM unnest(numbers, subjects) AS r (number, subject)
                 JOIN ledger_account a ON a.number = r.number WHERE a.subject_id <> r.subject OR a.hot <> are_hot) THEN
        RAISE EXCEPTION 'an account number is taken by another kind of account' USING ERRCODE = 'AN008';
    END IF;
    RETURN QUERY SELECT a.number, a.id FROM unnest(numbers) AS r (number) JOIN ledger_account a ON a.number = r.number;
END
$$
-- next
-- Only an empty account closes. Its balance row is locked first, as posting does, so that no entry slips in between.
CREATE FUNCTION ledger_close_account(target bigint, closing_date date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM FROM ledger_balance WHERE account_id = target FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM ledger_balance WHERE account_id = target AND amount = 0 AND held = 0) THEN
        RAISE EXCEPTION 'account % is not empty', target USING ERRCODE = 'AN009', DETAIL = target::text;
    END IF;
    UPDATE ledger_account SET closed_date = closing_date WHERE id = target AND closed_date IS NULL;
END
$$
