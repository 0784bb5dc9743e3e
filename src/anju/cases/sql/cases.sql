-- A case comes in through cases_open and moves through cases_move: one statement writes the move, its line of history,
-- the event of the clock, the verdict, the audit row and the outbox event, or nothing.
--
-- The caller (cases/transition.py) has decided who may and what follows. What the database decides again, because no
-- caller may be trusted with it: that the move is in the table of moves, that nobody else moved the case meanwhile, and
-- (by the constraints of cases_review) that maker, applicant and checkers are different persons.
CREATE FUNCTION cases_open(opening jsonb) RETURNS cases_case
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    fresh cases_case := jsonb_populate_record(NULL::cases_case, opening);
    known cases_case;
BEGIN
    IF fresh.opening_key IS NOT NULL THEN
        -- The same request sent twice at once: the second waits here and then finds the first one's case.
        PERFORM pg_advisory_xact_lock(hashtextextended('cases.open.' || fresh.opening_key, 0));
        SELECT * INTO known FROM cases_case c WHERE c.opening_key = fresh.opening_key;
        IF FOUND THEN
            RETURN known;
        END IF;
    END IF;
    fresh.id := nextval('cases_case_id_seq');
    fresh.number := fresh.item || to_char((opening->>'day')::date, 'YYMMDD') || lpad(fresh.id::text, 8, '0');
    fresh.state := 'draft';
    fresh.version := 0;
    fresh.level := 0;
    fresh.waits_for := '';
    fresh.subject := '';
    fresh.amount := 0;
    fresh.steps := '{}';
    fresh.due := NULL;
    fresh.due_provisional := false;
    fresh.escalated := 0;
    fresh.result := '{}';
    fresh.maker_id := NULL;
    fresh.submitted_date := NULL;
    fresh.closed_date := NULL;
    INSERT INTO cases_case SELECT fresh.*;
    RETURN fresh;
END
$$
-- next
-- The row, locked until the end of the transaction: the application role has no right to lock what it may not write.
CREATE FUNCTION cases_lock(wanted text) RETURNS SETOF cases_case
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT * FROM cases_case WHERE number = wanted FOR UPDATE
$$
-- next
CREATE FUNCTION cases_move(wanted text, expected integer, move jsonb, changes jsonb) RETURNS cases_case
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    old cases_case;
    new cases_case;
BEGIN
    SELECT * INTO old FROM cases_case WHERE number = wanted FOR UPDATE;
    IF NOT FOUND OR old.version <> expected THEN
        RAISE EXCEPTION 'case % is not at version %', wanted, expected USING ERRCODE = 'AN390';
    END IF;
    IF NOT EXISTS (SELECT FROM cases_allowedmove a
                    WHERE a.verb = move->>'verb' AND a.source = old.state AND a.target = move->>'target') THEN
        RAISE EXCEPTION '% is no move of a case in state %', move->>'verb', old.state USING ERRCODE = 'AN391';
    END IF;
    new := jsonb_populate_record(old, changes);
    IF new.due IS DISTINCT FROM old.due THEN
        new.escalated := 0;
    END IF;
    UPDATE cases_case SET
        state = move->>'target', version = old.version + 1, level = new.level, waits_for = new.waits_for,
        handler_id = new.handler_id, maker_id = new.maker_id, office_id = new.office_id, subject = new.subject,
        applicant_reference = new.applicant_reference, amount = new.amount, steps = new.steps, revision = new.revision,
        submitted_date = new.submitted_date, closed_date = new.closed_date, due = new.due,
        due_provisional = new.due_provisional, escalated = new.escalated, result = new.result
     WHERE id = old.id RETURNING * INTO new;
    INSERT INTO cases_caseevent (case_id, version, verb, source, target, level, actor, person_id, happened_at,
                                 business_date, reason)
    VALUES (new.id, new.version, move->>'verb', old.state, new.state, new.level, move->>'actor',
            (move->>'person')::bigint, (move->>'at')::timestamptz, (move->>'business_date')::date, move->>'reason');
    IF move->>'clock' <> '' THEN
        INSERT INTO cases_clockevent (case_id, version, kind, day, term_days, term_count)
        VALUES (new.id, new.version, move->>'clock', (move->>'business_date')::date, (move->>'term_days')::integer,
                coalesce(move->>'term_count', ''));
    END IF;
    IF old.state = 'review' AND move->>'verb' IN ('approve', 'reject', 'return') THEN
        INSERT INTO cases_review (case_id, version, round, level, verb, maker_id, applicant_id, checker_id)
        VALUES (new.id, new.version, (SELECT count(*) FROM cases_caseevent e
                                       WHERE e.case_id = new.id AND e.verb = 'forward'),
                old.level, move->>'verb', old.maker_id, new.applicant_person_id, (move->>'person')::bigint);
    END IF;
    PERFORM platform_audit_record(
        (move->>'at')::timestamptz, (move->>'business_date')::date, move->>'actor', 'case.' || (move->>'verb'), 'case',
        new.number, jsonb_build_object('from', old.state, 'to', new.state, 'version', new.version, 'level', old.level));
    INSERT INTO platform_outboxevent (topic, key, payload, created_at, attempts)
    VALUES ('case.moved', new.number || '/' || new.version,
            jsonb_build_object('case', new.number, 'version', new.version, 'verb', move->>'verb', 'from', old.state,
                               'to', new.state), (move->>'at')::timestamptz, 0);
    RETURN new;
END
$$
-- next
-- Somebody takes a waiting case onto their desk; who came first has it. False: another has it.
CREATE FUNCTION cases_claim(wanted text, claimant bigint, release boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE cases_case SET handler_id = CASE WHEN release THEN NULL ELSE claimant END
     WHERE number = wanted AND closed_date IS NULL AND (handler_id IS NULL OR handler_id = claimant);
    RETURN FOUND;
END
$$
-- next
-- The due dates of cases whose calendar became firm, computed again by the caller from their clocks. A case that moved
-- meanwhile (its version is another) has its due date from that move and is left alone.
CREATE FUNCTION cases_set_due(ids bigint[], versions integer[], dues date[], provisionals boolean[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    changed integer;
BEGIN
    WITH fresh AS (  -- locked in the order of ids: two of these at once wait for each other and never in a ring
        SELECT c.id, u.due, u.provisional
          FROM unnest(ids, versions, dues, provisionals) AS u (id, version, due, provisional)
          JOIN cases_case c ON c.id = u.id AND c.version = u.version
         WHERE c.closed_date IS NULL AND (c.due IS DISTINCT FROM u.due OR c.due_provisional <> u.provisional)
         ORDER BY c.id FOR UPDATE OF c
    )
    UPDATE cases_case c
       SET due = n.due, due_provisional = n.provisional, escalated = CASE WHEN c.due = n.due THEN c.escalated ELSE 0 END
      FROM fresh n WHERE c.id = n.id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$
-- next
-- Level 1: due by `warn_to`; 2: due before `late_before`; 3: due before `severe_before`. A case rises, once a level and
-- due date.
CREATE FUNCTION cases_escalate(warn_to date, late_before date, severe_before date, at timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    risen integer;
BEGIN
    WITH rising AS (  -- only those that rise are locked, in the order of ids
        SELECT c.id, l.level
          FROM cases_case c,
               LATERAL (SELECT CASE WHEN c.due < severe_before THEN 3 WHEN c.due < late_before THEN 2 ELSE 1 END) l (level)
         WHERE c.due <= warn_to AND c.closed_date IS NULL AND c.waits_for <> '' AND c.escalated < l.level
         ORDER BY c.id FOR UPDATE OF c
    ), raised AS (
        UPDATE cases_case c SET escalated = r.level FROM rising r WHERE c.id = r.id
        RETURNING c.number, c.due, r.level
    )
    INSERT INTO platform_outboxevent (topic, key, payload, created_at, attempts)
    SELECT 'case.escalated', number || '!' || due || '/' || level,
           jsonb_build_object('case', number, 'due', due, 'level', level), at, 0
      FROM raised
    ON CONFLICT (key) DO NOTHING;
    GET DIAGNOSTICS risen = ROW_COUNT;
    RETURN risen;
END
$$
-- next
CREATE FUNCTION cases_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what happened to a case is never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'AN392';
END
$$
-- next
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_caseevent
    FOR EACH STATEMENT EXECUTE FUNCTION cases_refuse()
-- next
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_clockevent
    FOR EACH STATEMENT EXECUTE FUNCTION cases_refuse()
-- next
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_review
    FOR EACH STATEMENT EXECUTE FUNCTION cases_refuse()
-- next
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON cases_case
    FOR EACH STATEMENT EXECUTE FUNCTION cases_refuse()
-- next
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_checkresult
    FOR EACH STATEMENT EXECUTE FUNCTION cases_refuse()
-- next
-- Answers that were submitted stay as they were; only their sealing may move to a newer key.
CREATE FUNCTION cases_form_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'answers are never deleted' USING ERRCODE = 'AN392';
    END IF;
    IF OLD.submitted AND (NEW.stamp, NEW.submitted, NEW.key, NEW.case_id) IS DISTINCT FROM
                         (OLD.stamp, OLD.submitted, OLD.key, OLD.case_id) THEN
        RAISE EXCEPTION 'submitted answers are never changed' USING ERRCODE = 'AN392';
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON cases_caseform
    FOR EACH ROW EXECUTE FUNCTION cases_form_stays()
-- next
-- Reasons, summaries and results are shown and searched: an identity number has no business there.
ALTER TABLE cases_caseevent ADD CONSTRAINT cases_event_no_identity CHECK (NOT platform_holds_identity(reason))
-- next
ALTER TABLE cases_case ADD CONSTRAINT cases_case_no_identity
    CHECK (NOT platform_holds_identity(concat_ws(' ', subject, applicant_reference, result::text)))
