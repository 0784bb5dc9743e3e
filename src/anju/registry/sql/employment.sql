-- Spells of a member never overlap. A statement's trigger, so that a city's members are checked in one pass.
CREATE FUNCTION registry_employment_apart() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    clash bigint;
BEGIN
    SELECT n.member_id INTO clash
      FROM changed n JOIN registry_employment e ON e.member_id = n.member_id AND e.id <> n.id
     WHERE e.first_month <= coalesce(n.last_month, 999912) AND n.first_month <= coalesce(e.last_month, 999912)
       -- A spell that ended before it began (opened and moved on within a month) holds no month.
       AND e.first_month <= coalesce(e.last_month, 999912) AND n.first_month <= coalesce(n.last_month, 999912)
     LIMIT 1;
    IF clash IS NOT NULL THEN
        RAISE EXCEPTION 'spells of member % overlap', clash
            USING ERRCODE = '23P01', CONSTRAINT = 'registry_employment_apart', TABLE = 'registry_employment';
    END IF;
    RETURN NULL;
END
$$
-- next
CREATE TRIGGER apart_insert AFTER INSERT ON registry_employment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION registry_employment_apart()
-- next
CREATE TRIGGER apart_update AFTER UPDATE ON registry_employment REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION registry_employment_apart()
-- next
ALTER TABLE registry_employment ADD CONSTRAINT registry_employment_months
    CHECK (first_month % 100 BETWEEN 1 AND 12 AND last_month % 100 BETWEEN 1 AND 12)
-- next
ALTER TABLE registry_memberbase ADD CONSTRAINT registry_memberbase_month CHECK (first_month % 100 BETWEEN 1 AND 12)
-- next
ALTER TABLE registry_unitterms ADD CONSTRAINT registry_unitterms_month CHECK (first_month % 100 BETWEEN 1 AND 12)
-- next
-- What was registered before spells, bases and terms had tables of their own.
INSERT INTO registry_unitterms (unit_id, first_month, unit_ratio, person_ratio, case_number)
SELECT id, to_char(opened_date, 'YYYYMM')::integer, unit_ratio, person_ratio, '' FROM registry_unit
-- next
INSERT INTO registry_memberbase (member_id, first_month, amount, case_number)
SELECT id, to_char(opened_date, 'YYYYMM')::integer, base, '' FROM registry_member
-- next
INSERT INTO registry_employment (member_id, unit_id, first_month, last_month, began_by, ended_by)
SELECT id, unit_id, to_char(opened_date, 'YYYYMM')::integer,
       CASE WHEN state NOT IN ('01', '06') THEN to_char(coalesce(sealed_date, closed_date), 'YYYYMM')::integer END, 'opened',
       CASE WHEN state NOT IN ('01', '06') THEN 'other' ELSE '' END
  FROM registry_member
