-- Guards that hold for everyone, the owner included. A proposal is decided once; a value or definition ends once, at a
-- version; nothing else of them changes, and nothing goes.
CREATE FUNCTION policy_store_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: history is only added to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN290';
END
$$
-- next
CREATE FUNCTION policy_store_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision CONSTANT text[] := ARRAY['state', 'version', 'checker', 'decided_at', 'note'];
BEGIN
    IF TG_TABLE_NAME = 'policy_store_proposal' THEN
        IF OLD.state = 'proposed' AND to_jsonb(NEW) - decision = to_jsonb(OLD) - decision THEN
            RETURN NEW;
        END IF;
    ELSIF to_jsonb(OLD) ->> 'until' IS NULL AND to_jsonb(NEW) - 'until' = to_jsonb(OLD) - 'until' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % is refused: history is only added to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN290';
END
$$
-- next
DO $$
DECLARE
    history text;
BEGIN
    FOREACH history IN ARRAY ARRAY['policy_store_proposal', 'policy_store_definition', 'policy_store_value'] LOOP
        EXECUTE format('CREATE TRIGGER only_added_to BEFORE DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION policy_store_refuse()', history);
        EXECUTE format('CREATE TRIGGER ends_once BEFORE UPDATE ON %I
                        FOR EACH ROW EXECUTE FUNCTION policy_store_refuse_rewriting()', history);
    END LOOP;
    FOREACH history IN ARRAY ARRAY['policy_store_series', 'policy_store_decision'] LOOP
        EXECUTE format('CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION policy_store_refuse()', history);
    END LOOP;
END
$$
-- next
-- One change of policy at a time: who proposes or decides waits here, and what it reads afterwards is the state of that
-- moment. Readers never wait.
CREATE FUNCTION policy_store_lock() RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT pg_advisory_xact_lock('policy_store_proposal'::regclass::oid::integer, 0)
$$
-- next
CREATE FUNCTION policy_store_propose(
    kind text, center text, name text, document text, reason text, content json, digest bytea, base_version bigint,
    maker text, proposed_at timestamptz
) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    INSERT INTO policy_store_proposal
        (kind, center, name, document, reason, content, digest, base_version, maker, proposed_at)
    VALUES (kind, center, name, document, reason, content, digest, base_version, maker, proposed_at)
    RETURNING id
$$
-- next
-- A decision that puts nothing in force: `rejected` by a checker, `withdrawn` by the maker.
CREATE FUNCTION policy_store_close(
    proposal bigint, new_state text, new_checker text, new_decided_at timestamptz, new_note text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF new_state NOT IN ('rejected', 'withdrawn') THEN
        RAISE EXCEPTION 'proposal % cannot become %', proposal, new_state USING ERRCODE = 'AN290';
    END IF;
    UPDATE policy_store_proposal
       SET state = new_state, checker = new_checker, decided_at = new_decided_at, note = new_note WHERE id = proposal;
END
$$
-- next
-- Approval: the next version, in which the definitions and values `ended` no longer count and the added ones do.
-- The caller worked them out under the lock; the constraints of the tables judge what he worked out.
CREATE FUNCTION policy_store_approve(
    proposal bigint, new_checker text, new_decided_at timestamptz, ended_definitions text[], added_definitions json,
    ended_values bigint[], added_values json
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    new_version bigint;
BEGIN
    PERFORM policy_store_lock();
    SELECT coalesce(max(version), 0) + 1 INTO new_version FROM policy_store_proposal;
    UPDATE policy_store_proposal
       SET state = 'approved', version = new_version, checker = new_checker, decided_at = new_decided_at
     WHERE id = proposal;
    UPDATE policy_store_definition SET until = new_version WHERE until IS NULL AND path = ANY (ended_definitions);
    INSERT INTO policy_store_definition (path, content, since)
    SELECT d ->> 'path', d, new_version FROM json_array_elements(added_definitions) d;
    UPDATE policy_store_value SET until = new_version WHERE until IS NULL AND id = ANY (ended_values);
    INSERT INTO policy_store_series (path, center, district, crowd)
    SELECT DISTINCT v ->> 'path', v ->> 'center', v ->> 'district', v ->> 'crowd' FROM json_array_elements(added_values) v
    ON CONFLICT ON CONSTRAINT policy_store_series_once DO NOTHING;
    INSERT INTO policy_store_value (series_id, valid, unit, value, document, article, announced, confidence, origin,
                                    source_id, since)
    SELECT s.id, daterange((v ->> 'start')::date, (v ->> 'end')::date), v ->> 'unit', v -> 'value', v ->> 'document',
           v ->> 'article', (v ->> 'announced')::date, v ->> 'confidence', v ->> 'origin', (v ->> 'source')::bigint,
           new_version
      FROM json_array_elements(added_values) v
      JOIN policy_store_series s ON (s.path, s.center, s.district, s.crowd)
           = (v ->> 'path', v ->> 'center', v ->> 'district', v ->> 'crowd');
    RETURN new_version;
END
$$
-- next
-- Record a decision; the same record under the same key again changes nothing. Answers whose record stands there.
CREATE FUNCTION policy_store_record(
    key text, rule text, rule_version text, version bigint, anchor_date date, result bigint, record json, actor text,
    decided_at timestamptz
) RETURNS TABLE (id bigint, same boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO policy_store_decision
        (key, rule, rule_version, version, anchor_date, result, record, actor, decided_at)
    VALUES (policy_store_record.key, policy_store_record.rule, policy_store_record.rule_version,
            policy_store_record.version, policy_store_record.anchor_date, policy_store_record.result,
            policy_store_record.record, policy_store_record.actor, policy_store_record.decided_at)
    ON CONFLICT ON CONSTRAINT policy_store_decision_key DO NOTHING;
    RETURN QUERY SELECT d.id, d.record::text = policy_store_record.record::text FROM policy_store_decision d
                  WHERE d.key = policy_store_record.key;
END
$$
