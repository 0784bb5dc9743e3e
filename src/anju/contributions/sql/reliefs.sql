-- What units would owe for a month if nothing were deferred: everybody whose spell holds the month, with the base and the
-- ratios in force in it; an approved lower ratio goes before the unit's own.
CREATE FUNCTION contributions_due(units bigint[], wanted integer, round_unit bigint)
RETURNS TABLE (unit_id bigint, member_id bigint, base bigint, unit_amount bigint, person_amount bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    WITH terms AS (
        SELECT u.id AS unit_id, coalesce(r.unit_ratio, t.unit_ratio) AS unit_ratio,
               coalesce(r.person_ratio, t.person_ratio) AS person_ratio
          FROM unnest(units) AS u (id)
          JOIN LATERAL (SELECT t.* FROM registry_unitterms t WHERE t.unit_id = u.id AND t.first_month <= wanted
                         ORDER BY t.first_month DESC LIMIT 1) AS t ON true
          LEFT JOIN contributions_relief r ON r.unit_id = u.id AND r.kind = 'reduced'
                                          AND wanted BETWEEN r.first_month AND r.last_month
    ), due AS (
        SELECT DISTINCT ON (e.member_id) e.unit_id, e.member_id, b.amount
          FROM terms t JOIN registry_employment e ON e.unit_id = t.unit_id
          JOIN registry_memberbase b ON b.member_id = e.member_id AND b.first_month <= wanted
         WHERE e.first_month <= wanted AND coalesce(e.last_month, 999912) >= wanted
         ORDER BY e.member_id, b.first_month DESC
    )
    SELECT d.unit_id, d.member_id, d.amount, contributions_part(d.amount, t.unit_ratio, round_unit),
           contributions_part(d.amount, t.person_ratio, round_unit)
      FROM due d JOIN terms t ON t.unit_id = d.unit_id
$$
-- next
-- What units owe for a month now: a month that is deferred (缓缴) is owed later.
CREATE OR REPLACE FUNCTION contributions_owed(units bigint[], wanted integer, round_unit bigint)
RETURNS TABLE (unit_id bigint, member_id bigint, base bigint, unit_amount bigint, person_amount bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT * FROM contributions_due(
        (SELECT coalesce(array_agg(u.id), '{}') FROM unnest(units) AS u (id)
          WHERE NOT EXISTS (SELECT FROM contributions_relief d WHERE d.unit_id = u.id AND d.kind = 'deferral'
                               AND wanted BETWEEN d.first_month AND d.last_month)),
        wanted, round_unit)
$$
-- next
-- Reliefs of a unit never overlap; two approvals at once wait for the unit's row. What was approved stays: only its last
-- month may come nearer, and its end is noted once.
CREATE FUNCTION contributions_relief_apart() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a relief on record stays';
    ELSIF TG_OP = 'UPDATE' THEN
        IF (NEW.unit_id, NEW.kind, NEW.first_month, NEW.unit_ratio, NEW.person_ratio, NEW.resolution, NEW.case_number,
            NEW.make_up_months, NEW.approved_date) IS DISTINCT FROM
           (OLD.unit_id, OLD.kind, OLD.first_month, OLD.unit_ratio, OLD.person_ratio, OLD.resolution, OLD.case_number,
            OLD.make_up_months, OLD.approved_date)
           OR NEW.last_month > OLD.last_month OR (OLD.restored_date IS NOT NULL AND NEW IS DISTINCT FROM OLD) THEN
            RAISE EXCEPTION 'what was approved in relief % stays', OLD.case_number;
        END IF;
        RETURN NEW;
    END IF;
    PERFORM FROM registry_unit WHERE id = NEW.unit_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM contributions_relief r WHERE r.unit_id = NEW.unit_id
                  AND r.first_month <= NEW.last_month AND NEW.first_month <= r.last_month) THEN
        RAISE EXCEPTION 'reliefs of unit % overlap', NEW.unit_id
            USING ERRCODE = '23P01', CONSTRAINT = 'contributions_relief_apart', TABLE = 'contributions_relief';
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER apart BEFORE INSERT OR UPDATE OR DELETE ON contributions_relief
    FOR EACH ROW EXECUTE FUNCTION contributions_relief_apart()
-- next
ALTER TABLE contributions_relief ADD CONSTRAINT contributions_relief_yyyymm
    CHECK (first_month % 100 BETWEEN 1 AND 12 AND last_month % 100 BETWEEN 1 AND 12)
-- next
ALTER TABLE contributions_makeup ADD CONSTRAINT contributions_makeup_yyyymm
    CHECK (month % 100 BETWEEN 1 AND 12 AND due_month % 100 BETWEEN 1 AND 12)
-- next
CREATE FUNCTION contributions_makeup_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of a make-up plan is refused', TG_OP;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_makeup
    FOR EACH ROW EXECUTE FUNCTION contributions_makeup_stays()
