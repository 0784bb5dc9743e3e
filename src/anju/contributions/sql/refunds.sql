-- What the receipts that name a notice brought, less what went back of it or is about to go back.
CREATE FUNCTION contributions_named(bill bigint) RETURNS bigint LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT (coalesce((SELECT sum(r.amount) FROM contributions_receipt r WHERE r.bill_id = bill), 0)
            - coalesce((SELECT sum(f.amount) FROM contributions_refund f JOIN contributions_receipt r ON r.id = f.receipt_id
                         WHERE r.bill_id = bill AND (f.hold_id IS NOT NULL OR f.journal_id IS NOT NULL)), 0))::bigint
$$
-- next
-- Whether the receipts that name a bill cover it. Many persons share a collective account: money that names one bill
-- never pays another, and what goes back to the payer pays none.
CREATE OR REPLACE FUNCTION contributions_covered(bill bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT contributions_named(b.id) >= b.amount FROM contributions_bill b WHERE b.id = bill
$$
-- next
-- What a notice left over of the money that named it.
CREATE FUNCTION contributions_left_over(bill bigint) RETURNS bigint LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT contributions_named(b.id) - CASE b.state WHEN 'paid' THEN b.amount ELSE 0 END
      FROM contributions_bill b WHERE b.id = bill
$$
-- next
-- What goes back is never more than what came and is still there: of a person's notice, or of a receipt that is nobody's.
CREATE FUNCTION contributions_refund_covered() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    notice bigint;
    left_over bigint;
BEGIN
    SELECT r.bill_id, r.amount - coalesce((SELECT sum(f.amount) FROM contributions_refund f WHERE f.receipt_id = r.id
                                              AND (f.hold_id IS NOT NULL OR f.journal_id IS NOT NULL)), 0)
      INTO notice, left_over FROM contributions_receipt r WHERE r.id = NEW.receipt_id;
    IF notice IS NOT NULL THEN
        left_over := least(left_over, contributions_left_over(notice));
    END IF;
    IF left_over < 0 THEN
        RAISE EXCEPTION 'refund % takes more than was paid in', NEW.case_number
              USING ERRCODE = 'check_violation', CONSTRAINT = 'contributions_refund_covered';
    END IF;
    RETURN NULL;
END
$$
-- next
CREATE CONSTRAINT TRIGGER covered AFTER INSERT OR UPDATE ON contributions_refund
    FOR EACH ROW WHEN (NEW.receipt_id IS NOT NULL) EXECUTE FUNCTION contributions_refund_covered()
-- next
CREATE OR REPLACE FUNCTION contributions_refund_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.journal_id IS NOT NULL OR (NEW.case_number, NEW.unit_id, NEW.receipt_id, NEW.amount)
       IS DISTINCT FROM (OLD.case_number, OLD.unit_id, OLD.receipt_id, OLD.amount) THEN
        RAISE EXCEPTION '% of refund % is refused: what was paid stays', TG_OP, OLD.case_number;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE FUNCTION contributions_review_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of a look at receipt % is refused: what was found stays', TG_OP, OLD.receipt_id;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_receiptreview
    FOR EACH ROW EXECUTE FUNCTION contributions_review_stays()
