CREATE SEQUENCE contributions_certificate_number
-- next
ALTER TABLE contributions_certificate ADD CONSTRAINT contributions_certificate_sealed CHECK (octet_length(content) > 29)
-- next
-- What was certified stays: only the sealing may move to a newer key, and a certificate may be declared void once.
CREATE FUNCTION contributions_certificate_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.revoked_date IS DISTINCT FROM NEW.revoked_date AND OLD.revoked_date IS NOT NULL
       OR (NEW.number, NEW.kind, NEW.member_id, NEW.unit_id, NEW.digest, NEW.issued_date, NEW.valid_until)
          IS DISTINCT FROM (OLD.number, OLD.kind, OLD.member_id, OLD.unit_id, OLD.digest, OLD.issued_date, OLD.valid_until) THEN
        RAISE EXCEPTION '% of certificate % is refused', TG_OP, OLD.number;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_certificate
    FOR EACH ROW EXECUTE FUNCTION contributions_certificate_stays()
