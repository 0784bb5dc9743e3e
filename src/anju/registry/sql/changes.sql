-- Numbers of units that the center gives itself: D and nine digits. Numbers may be left out, never given twice.
CREATE SEQUENCE registry_unit_number
-- next
-- What is shorter than key id, nonce, tag and one byte was never sealed: a number in clear cannot be stored.
ALTER TABLE registry_unit ADD CONSTRAINT registry_unit_sealed
    CHECK (octet_length(legal_number) > 29 AND octet_length(agent_number) > 29 AND octet_length(agent_phone) > 29)
-- next
ALTER TABLE registry_member ADD CONSTRAINT registry_member_contact_sealed
    CHECK (octet_length(address) > 29 AND octet_length(email) > 29)
-- next
ALTER TABLE registry_change ADD CONSTRAINT registry_change_sealed CHECK (octet_length(content) > 29)
-- next
-- What a record was before stays on file; only its sealing may move to a newer key.
CREATE FUNCTION registry_change_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.kind, NEW.number, NEW.case_number, NEW.day, NEW.key) IS DISTINCT FROM
                           (OLD.id, OLD.kind, OLD.number, OLD.case_number, OLD.day, OLD.key) THEN
        RAISE EXCEPTION '% on registry_change is refused: a change on record is never changed', TG_OP;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON registry_change
    FOR EACH ROW EXECUTE FUNCTION registry_change_stays()
