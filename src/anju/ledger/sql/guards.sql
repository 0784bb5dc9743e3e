-- The sum of integers as an integer, refused when it leaves 64 bits: several times faster than sum(), which works in
-- arbitrary precision.
CREATE AGGREGATE ledger_sum(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE)
-- next
-- Guards that hold for everyone, the owner included: history is only added to, and every journal balances.
CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the ledger is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN090';
END
$$
-- next
-- One statement inserts all entries of a journal, so the new rows alone must add up to zero, journal by journal.
CREATE OR REPLACE FUNCTION ledger_require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unbalanced bigint;
BEGIN
    SELECT journal_id INTO unbalanced FROM added GROUP BY journal_id HAVING ledger_sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal % does not balance', unbalanced USING ERRCODE = 'AN001';
    END IF;
    RETURN NULL;
END
$$
-- next
DO $$
DECLARE
    history text;
BEGIN
    FOREACH history IN ARRAY ARRAY['ledger_journal', 'ledger_hold_event', 'ledger_snapshot', 'ledger_settlement',
                                 'ledger_earning'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()', history);
    END LOOP;
END
$$
-- next
-- A sealed day and a closed month stay as they are; no day and no month goes.
CREATE OR REPLACE FUNCTION ledger_refuse_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR (to_jsonb(OLD) ->> 'root') IS NOT NULL OR (to_jsonb(OLD) ->> 'hash') IS NOT NULL
       OR (to_jsonb(OLD) ->> 'shut' = 'true' AND to_jsonb(NEW) ->> 'shut' = 'false') THEN
        RAISE EXCEPTION '% on % is refused: it is closed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN090';
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays_closed BEFORE UPDATE OR DELETE ON ledger_day FOR EACH ROW EXECUTE FUNCTION ledger_refuse_reopening()
-- next
CREATE TRIGGER stays_closed BEFORE UPDATE OR DELETE ON ledger_period FOR EACH ROW EXECUTE FUNCTION ledger_refuse_reopening()
-- next
-- Triggers of the partitioned table do not fire for statements that name a partition, so each partition has its own.
DO $$
DECLARE
    part text;
BEGIN
    FOR part IN SELECT 'ledger_entry' UNION ALL SELECT inhrelid::regclass::text FROM pg_inherits
                WHERE inhparent = 'ledger_entry'::regclass LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()', part);
        EXECUTE format('CREATE TRIGGER balanced AFTER INSERT ON %s REFERENCING NEW TABLE AS added
                        FOR EACH STATEMENT EXECUTE FUNCTION ledger_require_balance()', part);
    END LOOP;
END
$$
