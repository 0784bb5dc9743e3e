-- The audit log: rows come in through platform_audit_record, get their day and leaf from a trigger, and never change.
--
-- Which day a row counts to: the day it happened, or, when that day is sealed already, the first day that is not.
-- So a business transaction never fails because a seal was quicker, and a sealed day never grows.
-- The race between a writer and the seal of its day is closed by an advisory lock on the day: writers share it until
-- they commit, the seal takes it alone before it reads. Writers of other days never wait.
CREATE FUNCTION platform_audit_lock_day(day date, alone boolean) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    lock_class integer := hashtext('anju.audit.' || current_schema());
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(lock_class, day - DATE '1970-01-01');
    ELSE
        PERFORM pg_advisory_xact_lock_shared(lock_class, day - DATE '1970-01-01');
    END IF;
END
$$
-- next
-- What the leaf says about a row: everything but the leaf itself. Instants as microseconds, so that no session
-- setting changes the text; an array, so that no two rows read as the same bytes.
CREATE FUNCTION platform_audit_leaf(entry platform_auditentry) RETURNS bytea
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        entry.id, (extract(epoch FROM entry.happened_at) * 1000000)::bigint, entry.day, entry.business_date,
        entry.actor, entry.action, entry.object_kind, entry.object_reference, entry.detail
    )::text, 'UTF8'))
$$
-- next
CREATE FUNCTION platform_audit_complete() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    sealed_to date;
BEGIN
    NEW.day := (NEW.happened_at AT TIME ZONE 'Asia/Shanghai')::date;
    LOOP
        PERFORM platform_audit_lock_day(NEW.day, false);
        -- a statement of its own, after the lock: a seal that this row waited for must be seen
        SELECT max(day) INTO sealed_to FROM platform_auditseal;
        EXIT WHEN sealed_to IS NULL OR NEW.day > sealed_to;
        NEW.day := sealed_to + 1;
    END LOOP;
    NEW.leaf := platform_audit_leaf(NEW);
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER complete BEFORE INSERT ON platform_auditentry
    FOR EACH ROW EXECUTE FUNCTION platform_audit_complete()
-- next
CREATE FUNCTION platform_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the audit log is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'AN190';
END
$$
-- next
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON platform_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION platform_audit_refuse()
-- next
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON platform_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION platform_audit_refuse()
-- next
-- A resident identity number has no business here, however it came in.
ALTER TABLE platform_auditentry ADD CONSTRAINT platform_audit_no_identity CHECK (
    concat_ws(' ', actor, object_reference, detail::text)
        !~ '(^|[^0-9])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])[0-9]{3}[0-9Xx]([^0-9]|$)'
)
-- next
CREATE FUNCTION platform_audit_record(
    happened_at timestamptz, business_date date, actor text, action text, object_kind text, object_reference text,
    detail jsonb
) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    INSERT INTO platform_auditentry (happened_at, business_date, actor, action, object_kind, object_reference, detail)
    VALUES (happened_at, business_date, actor, action, object_kind, object_reference, detail)
    RETURNING id
$$
-- next
-- First half of a seal: no writer of the day is under way any more, and no other seal.
CREATE FUNCTION platform_audit_close_day(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    LOCK TABLE platform_auditseal IN SHARE ROW EXCLUSIVE MODE;
    PERFORM platform_audit_lock_day(day, true);
END
$$
-- next
-- Second half: the root (SM3, which the database does not know) was computed by the caller under that lock.
CREATE FUNCTION platform_audit_seal(
    sealed_day date, chained_to bytea, day_root bytea, entries bigint
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    latest platform_auditseal;
BEGIN
    SELECT * INTO latest FROM platform_auditseal ORDER BY day DESC LIMIT 1;
    IF latest.day >= sealed_day OR chained_to <> coalesce(latest.root, decode(repeat('00', 32), 'hex'))
       OR entries <> (SELECT count(*) FROM platform_auditentry WHERE day = sealed_day)
       OR EXISTS (SELECT FROM platform_auditentry
                   WHERE day < sealed_day AND (latest.day IS NULL OR day > latest.day)) THEN
        RAISE EXCEPTION 'seal of % does not follow the chain', sealed_day USING ERRCODE = 'AN191';
    END IF;
    INSERT INTO platform_auditseal (day, previous, root, entries, sealed_at)
    VALUES (sealed_day, chained_to, day_root, entries, now());
END
$$
