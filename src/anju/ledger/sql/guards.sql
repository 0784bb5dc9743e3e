-- Guards that hold for everyone, the owner included: history is only added to, and every journal balances.
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the ledger is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN090';
END
$$
-- next
-- One statement inserts all entries of a journal, so the new rows alone must add up to zero, journal by journal.
CREATE FUNCTION ledger_require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unbalanced bigint;
BEGIN
    SELECT journal_id INTO unbalanced FROM added GROUP BY journal_id HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal % does not balance', unbalanced USING ERRCODE = 'AN001';
    END IF;
    RETURN NULL;
END
$$
-- next
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()
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
