-- A succession on record stays, and so does who went with it.
CREATE FUNCTION registry_succession_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: a succession on record is never changed', TG_OP, TG_TABLE_NAME;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON registry_succession
    FOR EACH ROW EXECUTE FUNCTION registry_succession_stays()
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON registry_successionmember
    FOR EACH ROW EXECUTE FUNCTION registry_succession_stays()
