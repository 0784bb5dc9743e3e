-- What a unit's members took along stays on file: unit ledgers of past years are made from it.
CREATE FUNCTION registry_move_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on registry_move is refused: a move on record is never changed', TG_OP;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON registry_move
    FOR EACH ROW EXECUTE FUNCTION registry_move_stays()
