CREATE SEQUENCE contributions_letter_number
-- next
CREATE SEQUENCE contributions_lettermessage_serial
-- next
-- What is shorter than key id, nonce, tag and one byte was never sealed.
ALTER TABLE contributions_letter ADD CONSTRAINT contributions_letter_sealed CHECK (octet_length(identity) > 29)
-- next
ALTER TABLE contributions_lettermessage ADD CONSTRAINT contributions_lettermessage_sealed CHECK (octet_length(content) > 29)
-- next
-- Moves of a letter, as models_letters.MOVES has them: an ended letter stays as it is.
CREATE FUNCTION contributions_letter_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'letter % stays', OLD.number;
    ELSIF OLD.state <> NEW.state AND NOT (OLD.state || NEW.state = ANY (ARRAY[
        '0102', '0105', '0113', '0140', '0208', '0213', '0240', '0800', '0806', '0840', '0620', '0608', '0640'])) THEN
        RAISE EXCEPTION 'letter %: % to % is no move', OLD.number, OLD.state, NEW.state;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER moves BEFORE UPDATE OR DELETE ON contributions_letter
    FOR EACH ROW EXECUTE FUNCTION contributions_letter_moves()
