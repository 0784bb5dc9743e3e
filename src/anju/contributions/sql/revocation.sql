-- What was certified stays: what the paper says too. Its sealing may move to a newer key, and nothing else may touch it;
-- a certificate may be declared void once, with who and why. `content` begins with the number of its key.
CREATE OR REPLACE FUNCTION contributions_certificate_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (OLD.revoked_date, OLD.revoked_by, OLD.revoke_reason) IS DISTINCT FROM (NEW.revoked_date, NEW.revoked_by, NEW.revoke_reason)
          AND OLD.revoked_date IS NOT NULL
       OR OLD.content IS DISTINCT FROM NEW.content AND get_byte(NEW.content, 0) <= get_byte(OLD.content, 0)
       OR (NEW.number, NEW.kind, NEW.member_id, NEW.unit_id, NEW.digest, NEW.issued_date, NEW.valid_until, NEW.issued_by, NEW.case_number)
          IS DISTINCT FROM (OLD.number, OLD.kind, OLD.member_id, OLD.unit_id, OLD.digest, OLD.issued_date, OLD.valid_until,
                            OLD.issued_by, OLD.case_number) THEN
        RAISE EXCEPTION '% of certificate % is refused', TG_OP, OLD.number;
    END IF;
    RETURN NEW;
END
$$
