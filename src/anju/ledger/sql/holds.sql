-- Holds. A balance row knows two sums: `held`, reserved and always covered, and `frozen`, demanded by courts. The queue
-- of freezes (轮候冻结) is not stored: a freeze is covered by what the balance leaves after reserves and the freezes
-- before it, so money that comes in or a freeze that ends moves the queue by itself. Posting refuses a debit that would
-- leave less than both.
--
-- Order of locks, as everywhere: the gate, the balance row, the hold. Whoever took a balance before the gate would wait
-- for a day that is being shut, which waits for a posting, which waits for that balance.
CREATE OR REPLACE FUNCTION ledger_place_hold(
    hold_key text, account bigint, hold_kind text, hold_amount bigint, hold_reference text, on_day date, expires date,
    hold_maker text, hold_checker text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    request bytea := sha256(convert_to(ROW(account, hold_kind, hold_amount, hold_reference,
        on_day - DATE '1970-01-01', expires - DATE '1970-01-01', hold_maker, hold_checker)::text, 'UTF8'));
    placed bigint;
    b ledger_balance;
BEGIN
    PERFORM ledger_share_gate();
    INSERT INTO ledger_hold (key, request_hash, account_id, kind, amount, reference, business_date, expires_date, maker,
                             checker)
    SELECT hold_key, request, account, hold_kind, hold_amount, hold_reference, on_day, expires, hold_maker, hold_checker
     WHERE EXISTS (SELECT FROM ledger_balance WHERE account_id = account)
    ON CONFLICT (key) DO NOTHING RETURNING id INTO placed;
    IF placed IS NULL THEN
        SELECT CASE WHEN request_hash = request THEN -id ELSE 0 END INTO placed FROM ledger_hold WHERE key = hold_key;
        IF placed IS NULL THEN
            RAISE EXCEPTION 'account % takes no holds', account USING ERRCODE = 'AN003', DETAIL = account::text;
        ELSIF placed = 0 THEN
            RAISE EXCEPTION 'key % was used for another hold', hold_key USING ERRCODE = 'AN002', DETAIL = hold_key;
        END IF;
        RETURN placed;
    END IF;
    PERFORM ledger_pass_gate(on_day);
    INSERT INTO ledger_hold_event (hold_id, key, request_hash, event, amount, business_date, maker, checker)
    VALUES (placed, hold_key, request, 'placed', hold_amount, on_day, hold_maker, hold_checker);
    UPDATE ledger_balance
       SET held = held + CASE hold_kind WHEN 'reserve' THEN hold_amount ELSE 0 END,
           frozen = frozen + CASE hold_kind WHEN 'freeze' THEN hold_amount ELSE 0 END, version = version + 1
     WHERE account_id = account AND NOT closed AND opened_day <= on_day - DATE '1970-01-01'
    RETURNING * INTO b;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % is closed or not yet open', account USING ERRCODE = 'AN003', DETAIL = account::text;
    ELSIF hold_kind = 'reserve' AND NOT b.overdraft_allowed AND b.side * b.amount < b.held + b.frozen THEN
        RAISE EXCEPTION 'account % is frozen', account USING ERRCODE = 'AN015', DETAIL = account::text;
    END IF;
    RETURN placed;
END
$$
-- next
-- The active holds of an account with what is left of each and how much of that the balance covers, in their order.
CREATE OR REPLACE FUNCTION ledger_holds(account bigint)
RETURNS TABLE (hold_id bigint, kind text, remaining bigint, covered bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT h.id, h.kind, h.amount - h.captured,
           CASE h.kind WHEN 'reserve' THEN h.amount - h.captured
                ELSE greatest(0, least(h.amount - h.captured, b.side * b.amount - b.held - coalesce(
                    sum(h.amount - h.captured) FILTER (WHERE h.kind = 'freeze')
                        OVER (ORDER BY h.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))::bigint END
      FROM ledger_hold h JOIN ledger_balance b ON b.account_id = h.account_id
     WHERE h.account_id = account AND h.state = 'active'
     ORDER BY h.id
$$
-- next
-- The second phase: book the journal that the hold was placed for. What the lines take from the hold's account is
-- captured; the rest is released unless `keep`. A later freeze does not stand in the way of an earlier hold: while the
-- journal is booked, only the demands before it count.
CREATE OR REPLACE FUNCTION ledger_capture_hold(
    target bigint, journal_key text, journal_kind text, journal_reference text, journal_narrative text, on_day date,
    valued date, journal_maker text, journal_checker text, accounts bigint[], amounts bigint[], keep boolean
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    h ledger_hold;
    b ledger_balance;
    earlier ledger_hold_event;
    taken bigint;
    left_over bigint;
    covers bigint;
    journal bigint;
BEGIN
    PERFORM ledger_share_gate();
    SELECT * INTO h FROM ledger_hold WHERE id = target;
    -- All balances of the journal at once, in id order: its other account may come first.
    PERFORM FROM ledger_balance WHERE account_id = ANY (accounts || h.account_id) ORDER BY account_id FOR NO KEY UPDATE;
    SELECT * INTO b FROM ledger_balance WHERE account_id = h.account_id;
    SELECT * INTO h FROM ledger_hold WHERE id = target FOR UPDATE;
    SELECT * INTO earlier FROM ledger_hold_event WHERE key = journal_key AND hold_id = target AND event = 'captured';
    IF FOUND THEN
        IF earlier.request_hash <> sha256(int4send(keep::integer)) THEN
            RAISE EXCEPTION 'key % was used for another capture', journal_key USING ERRCODE = 'AN002', DETAIL = journal_key;
        END IF;
        RETURN ledger_capture_book(journal_key, journal_kind, journal_reference, journal_narrative, on_day, valued,
                                   journal_maker, journal_checker, accounts, amounts);
    END IF;
    SELECT -b.side * ledger_sum(u.amount) INTO taken FROM unnest(accounts, amounts) AS u (account, amount)
     WHERE u.account = h.account_id;
    SELECT remaining, covered INTO left_over, covers FROM ledger_holds(h.account_id) WHERE hold_id = target;
    IF left_over IS NULL THEN
        RAISE EXCEPTION 'hold % is not active', target USING ERRCODE = 'AN023', DETAIL = target::text;
    ELSIF taken IS NULL OR taken <= 0 OR taken > covers THEN
        RAISE EXCEPTION 'hold % does not cover the capture', target USING ERRCODE = 'AN021', DETAIL = target::text;
    END IF;
    left_over := CASE WHEN keep THEN taken ELSE left_over END;
    UPDATE ledger_balance
       SET held = held - CASE h.kind WHEN 'reserve' THEN left_over ELSE 0 END,
           frozen = coalesce((SELECT sum(amount - captured) FROM ledger_hold
                               WHERE account_id = h.account_id AND state = 'active' AND kind = 'freeze' AND id < target), 0)
     WHERE account_id = h.account_id;
    journal := ledger_capture_book(journal_key, journal_kind, journal_reference, journal_narrative, on_day, valued,
                                   journal_maker, journal_checker, accounts, amounts);
    IF journal < 0 THEN
        RAISE EXCEPTION 'key % was used without a hold', journal_key USING ERRCODE = 'AN002', DETAIL = journal_key;
    END IF;
    UPDATE ledger_balance SET frozen = b.frozen - CASE h.kind WHEN 'freeze' THEN left_over ELSE 0 END
     WHERE account_id = h.account_id;
    UPDATE ledger_hold
       SET captured = captured + taken,
           state = CASE WHEN keep AND captured + taken < amount THEN 'active' ELSE 'captured' END,
           ended_date = CASE WHEN keep AND captured + taken < amount THEN NULL ELSE on_day END
     WHERE id = target;
    INSERT INTO ledger_hold_event (hold_id, key, request_hash, event, amount, business_date, journal_id, maker, checker)
    VALUES (target, journal_key, sha256(int4send(keep::integer)), 'captured', taken, on_day, journal, journal_maker,
            journal_checker);  -- the rest of the request is in the journal's own hash
    RETURN journal;
END
$$
-- next
CREATE OR REPLACE FUNCTION ledger_capture_book(
    key text, kind text, reference text, narrative text, on_day date, valued date, maker text, checker text,
    accounts bigint[], amounts bigint[]
) RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (ledger_book(ARRAY[key], ARRAY[kind], ARRAY[reference], ARRAY[narrative], ARRAY[on_day], ARRAY[valued],
                        ARRAY[maker], ARRAY[checker], NULL, NULL, array_fill(1, ARRAY[cardinality(accounts)]),
                        accounts, amounts))[1];
END
$$
-- next
REVOKE ALL ON FUNCTION ledger_capture_book FROM PUBLIC
-- next
-- End a hold (`step` = released) or give it another last day (`step` = extended). True when this call did it, false
-- when an earlier call with this key had.
CREATE OR REPLACE FUNCTION ledger_change_hold(
    step_key text, target bigint, step text, on_day date, new_expiry date, step_maker text, step_checker text
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    h ledger_hold;
    request bytea := sha256(convert_to(ROW(target, step, on_day - DATE '1970-01-01', new_expiry - DATE '1970-01-01',
                                           step_maker, step_checker)::text, 'UTF8'));
    known bytea;
BEGIN
    PERFORM ledger_share_gate();
    SELECT * INTO h FROM ledger_hold WHERE id = target;
    PERFORM FROM ledger_balance WHERE account_id = h.account_id FOR NO KEY UPDATE;
    SELECT * INTO h FROM ledger_hold WHERE id = target FOR UPDATE;
    SELECT request_hash INTO known FROM ledger_hold_event WHERE key = step_key;
    IF known = request THEN
        RETURN false;
    ELSIF known IS NOT NULL THEN
        RAISE EXCEPTION 'key % was used for another step', step_key USING ERRCODE = 'AN002', DETAIL = step_key;
    ELSIF h.id IS NULL OR h.state <> 'active' THEN
        RAISE EXCEPTION 'hold % is not active', target USING ERRCODE = 'AN023', DETAIL = target::text;
    END IF;
    PERFORM ledger_pass_gate(on_day);
    INSERT INTO ledger_hold_event (hold_id, key, request_hash, event, amount, business_date, maker, checker)
    VALUES (target, step_key, request, step, h.amount - h.captured, on_day, step_maker, step_checker);
    IF step = 'extended' THEN
        IF new_expiry <= on_day THEN
            RAISE EXCEPTION 'a hold cannot end in the past' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_hold_form';
        END IF;
        UPDATE ledger_hold SET expires_date = new_expiry WHERE id = target;
        RETURN true;
    END IF;
    UPDATE ledger_hold SET state = step, ended_date = on_day WHERE id = target;
    UPDATE ledger_balance
       SET held = held - CASE h.kind WHEN 'reserve' THEN h.amount - h.captured ELSE 0 END,
           frozen = frozen - CASE h.kind WHEN 'freeze' THEN h.amount - h.captured ELSE 0 END, version = version + 1
     WHERE account_id = h.account_id;
    RETURN true;
END
$$
-- next
-- Day-end: end every hold whose last day has come (`expires_date` is the first day without it); returns how many.
CREATE OR REPLACE FUNCTION ledger_expire_holds(on_day date, step_maker text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    due bigint[];
    expired bigint[];
BEGIN
    PERFORM ledger_pass_gate(on_day);
    -- Named first, so that no hold is ended whose balance is not locked.
    SELECT array_agg(id) INTO due FROM ledger_hold WHERE state = 'active' AND expires_date <= on_day;
    PERFORM FROM ledger_balance WHERE account_id IN (SELECT account_id FROM ledger_hold WHERE id = ANY (due))
      ORDER BY account_id FOR NO KEY UPDATE;
    WITH ended AS (
        UPDATE ledger_hold SET state = 'expired', ended_date = on_day
         WHERE id = ANY (due) AND state = 'active' AND expires_date <= on_day
        RETURNING id, account_id, kind, amount - captured AS remaining
    ), noted AS (
        INSERT INTO ledger_hold_event (hold_id, key, request_hash, event, amount, business_date, maker)
        SELECT id, 'expire:' || id, sha256(int8send(id)), 'expired', remaining, on_day, step_maker FROM ended
    ), freed AS (
        UPDATE ledger_balance b
           SET held = b.held - e.reserves, frozen = b.frozen - e.freezes, version = b.version + 1
          FROM (SELECT account_id, coalesce(sum(remaining) FILTER (WHERE kind = 'reserve'), 0)::bigint AS reserves,
                       coalesce(sum(remaining) FILTER (WHERE kind = 'freeze'), 0)::bigint AS freezes
                  FROM ended GROUP BY account_id) AS e
         WHERE b.account_id = e.account_id
    )
    SELECT array_agg(id) INTO expired FROM ended;
    RETURN coalesce(cardinality(expired), 0);
END
$$
-- next
-- As posting does: share the gate, and find the day open. Only for what is new; a replay answers after the day too.
CREATE OR REPLACE FUNCTION ledger_pass_gate(on_day date) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM ledger_share_gate();
    IF NOT EXISTS (SELECT FROM ledger_day WHERE day = on_day AND NOT shut) THEN
        PERFORM ledger_refuse_day(on_day);
    END IF;
END
$$
