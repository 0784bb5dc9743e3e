CREATE SEQUENCE contributions_agreement_number
-- next
-- What is shorter than key id, nonce, tag and one byte was never sealed.
ALTER TABLE contributions_agreement ADD CONSTRAINT contributions_agreement_sealed CHECK (octet_length(debit_card) > 29)
-- next
-- Whether the receipts that name a bill cover it. Many persons share a collective account: money that names one bill
-- never pays another.
CREATE FUNCTION contributions_covered(bill bigint) RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce((SELECT sum(r.amount) FROM contributions_receipt r WHERE r.bill_id = b.id), 0) >= b.amount
      FROM contributions_bill b WHERE b.id = bill
$$
-- next
CREATE FUNCTION contributions_agreement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_date IS NOT NULL OR (NEW.number, NEW.member_id, NEW.base, NEW.ratio, NEW.amount, NEW.mode)
       IS DISTINCT FROM (OLD.number, OLD.member_id, OLD.base, OLD.ratio, OLD.amount, OLD.mode) THEN
        RAISE EXCEPTION '% of agreement % is refused: what was signed stays', TG_OP, OLD.number;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_agreement
    FOR EACH ROW EXECUTE FUNCTION contributions_agreement_stays()
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_flexiblepayment
    FOR EACH ROW EXECUTE FUNCTION contributions_lines_stay()
