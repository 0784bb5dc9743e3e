ALTER TABLE contributions_debitmandate ADD CONSTRAINT contributions_mandate_sealed CHECK (octet_length(payer_account) > 29)
-- next
-- A bank's answer stays, and a line of a list is neither moved nor taken off.
CREATE FUNCTION contributions_debit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'waiting'
       OR (NEW.batch_id, NEW.bill_id, NEW.mandate_id, NEW.amount)
          IS DISTINCT FROM (OLD.batch_id, OLD.bill_id, OLD.mandate_id, OLD.amount) THEN
        RAISE EXCEPTION '% of a line of list % is refused', TG_OP, OLD.batch_id;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_debitline
    FOR EACH ROW EXECUTE FUNCTION contributions_debit_stays()
