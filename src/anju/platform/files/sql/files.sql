-- Files come in whole, never change, and go only by platform_file_shred, which leaves an audit entry.
-- Sealed bytes do not compress; stored as they are, their first byte can be had without the rest.
ALTER TABLE platform_filepart ALTER COLUMN sealed SET STORAGE EXTERNAL
-- next
ALTER TABLE platform_storedfile ADD CONSTRAINT platform_storedfile_sealed
    CHECK (octet_length(sha256) = 32 AND octet_length(name) > 29)
-- next
-- Each part is 29 bytes longer sealed than in clear: 1 to 262144 of them.
ALTER TABLE platform_filepart ADD CONSTRAINT platform_filepart_small
    CHECK (number >= 0 AND octet_length(sealed) BETWEEN 30 AND 262144 + 29)
-- next
-- At commit a file has the parts 0 … n − 1, which together have its size, and all but one are full.
-- A part that comes later is refused by the same sum.
CREATE FUNCTION platform_file_complete() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    wanted uuid;
    kept platform_storedfile;
    parts record;
BEGIN
    IF TG_TABLE_NAME = 'platform_storedfile' THEN
        wanted := NEW.id;
    ELSE
        wanted := NEW.file_id;
    END IF;
    SELECT * INTO kept FROM platform_storedfile WHERE id = wanted;
    IF NOT FOUND THEN
        RETURN NULL;  -- shredded in the transaction that brought it
    END IF;
    SELECT count(*) AS n, min(number) AS low, max(number) AS high, sum(octet_length(sealed) - 29) AS bytes,
           count(*) FILTER (WHERE octet_length(sealed) < 262144 + 29) AS short
      INTO parts FROM platform_filepart WHERE file_id = wanted;
    IF parts.n = 0 OR parts.low <> 0 OR parts.high <> parts.n - 1 OR parts.bytes <> kept.size
       OR parts.n <> (kept.size + 262143) / 262144 OR parts.short > 1 THEN
        RAISE EXCEPTION 'file % is not whole', wanted USING ERRCODE = 'AN195';
    END IF;
    RETURN NULL;
END
$$
-- next
CREATE CONSTRAINT TRIGGER complete AFTER INSERT ON platform_storedfile DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION platform_file_complete()
-- next
CREATE CONSTRAINT TRIGGER complete AFTER INSERT ON platform_filepart DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION platform_file_complete()
-- next
-- Whether a row goes inside platform_file_shred.
CREATE FUNCTION platform_file_shredding(file uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('anju.file_shredded', true) IS NOT DISTINCT FROM file::text
$$
-- next
-- A change that is let through: the sealed value alone, as long as before, under a later key.
CREATE FUNCTION platform_file_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    fresh bytea;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF platform_file_shredding(OLD.id) THEN
            RETURN OLD;
        END IF;
    ELSE
        fresh := NEW.name;
        NEW.name := OLD.name;
        IF NEW IS NOT DISTINCT FROM OLD AND octet_length(fresh) = octet_length(OLD.name)
           AND get_byte(fresh, 0) > get_byte(OLD.name, 0) THEN
            NEW.name := fresh;
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% on % is refused: stored files do not change', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN196';
END
$$
-- next
CREATE FUNCTION platform_file_part_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF platform_file_shredding(OLD.file_id) THEN
            RETURN OLD;
        END IF;
    ELSIF (NEW.id, NEW.file_id, NEW.number) = (OLD.id, OLD.file_id, OLD.number)
          AND octet_length(NEW.sealed) = octet_length(OLD.sealed) AND get_byte(NEW.sealed, 0) > OLD.key_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % is refused: stored files do not change', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN196';
END
$$
-- next
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON platform_storedfile
    FOR EACH ROW EXECUTE FUNCTION platform_file_guard()
-- next
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON platform_filepart
    FOR EACH ROW EXECUTE FUNCTION platform_file_part_guard()
-- next
CREATE FUNCTION platform_file_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: stored files do not change', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN196';
END
$$
-- next
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON platform_storedfile
    FOR EACH STATEMENT EXECUTE FUNCTION platform_file_refuse()
-- next
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON platform_filepart
    FOR EACH STATEMENT EXECUTE FUNCTION platform_file_refuse()
-- next
CREATE FUNCTION platform_file_open(
    id uuid, sha256 bytea, size integer, content_type text, pages integer, width integer, height integer, name bytea,
    scanned_at timestamptz, uploaded_at timestamptz, uploaded_by text
) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    INSERT INTO platform_storedfile (id, sha256, size, content_type, pages, width, height, name, scanned_at,
                                     uploaded_at, uploaded_by)
    VALUES (id, sha256, size, content_type, pages, width, height, name, scanned_at, uploaded_at, uploaded_by)
$$
-- next
CREATE FUNCTION platform_file_add_part(file uuid, number integer, sealed bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    INSERT INTO platform_filepart (file_id, number, sealed) VALUES (file, number, sealed)
$$
-- next
-- False when there is no such file (any more). A row that refers to it keeps it.
CREATE FUNCTION platform_file_shred(file uuid, actor text, at timestamptz, reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    gone platform_storedfile;
BEGIN
    SELECT * INTO gone FROM platform_storedfile WHERE id = file FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_config('anju.file_shredded', file::text, true);
    DELETE FROM platform_filepart WHERE file_id = file;
    DELETE FROM platform_storedfile WHERE id = file;
    PERFORM set_config('anju.file_shredded', '', true);
    -- the digest in groups: no eighteen digits in a row, which the log takes for an identity number
    PERFORM platform_audit_record(at, NULL, actor, 'file.shredded', 'file', file::text, jsonb_build_object(
        'reason', reason, 'size', gone.size, 'content_type', gone.content_type, 'uploaded_by', gone.uploaded_by,
        'sha256', regexp_replace(encode(gone.sha256, 'hex'), '(.{16})(?=.)', '\1 ', 'g')));
    RETURN true;
END
$$
-- next
-- A value that was sealed with this or a later key meanwhile, or is gone, stays as it is.
CREATE FUNCTION platform_file_reseal_names(ids uuid[], fresh bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE platform_storedfile f SET name = v.fresh FROM unnest(ids, fresh) AS v (id, fresh)
     WHERE f.id = v.id AND get_byte(f.name, 0) < get_byte(v.fresh, 0)
$$
-- next
CREATE FUNCTION platform_file_reseal_parts(ids bigint[], fresh bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE platform_filepart p SET sealed = v.fresh FROM unnest(ids, fresh) AS v (id, fresh)
     WHERE p.id = v.id AND p.key_id < get_byte(v.fresh, 0)
$$
