-- One side's monthly part: base x ratio (ppm), half-up once to the center's unit (1 fen or 100).
CREATE FUNCTION contributions_part(base bigint, ratio integer, round_unit bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (base * ratio * 2 + 1000000 * round_unit) / (2000000 * round_unit) * round_unit
$$
-- next
-- What units owe for a month: everybody whose spell holds the month, with the base and the ratios in force in it. An
-- approved lower ratio goes before the unit's own; a month that is deferred (缓缴) is owed later.
CREATE FUNCTION contributions_owed(units bigint[], wanted integer, round_unit bigint)
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
         WHERE NOT EXISTS (SELECT FROM contributions_relief d WHERE d.unit_id = u.id AND d.kind = 'deferral'
                              AND wanted BETWEEN d.first_month AND d.last_month)
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
-- What was paid stays: a bill's lines may go only while the bill is not paid, and nothing of them is ever rewritten.
CREATE FUNCTION contributions_lines_stay() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a line of % is never rewritten', TG_TABLE_NAME;
    ELSIF EXISTS (SELECT FROM contributions_bill b WHERE b.state = 'paid' AND b.id = CASE TG_TABLE_NAME
                     WHEN 'contributions_contribution' THEN (SELECT r.bill_id FROM contributions_remittance r
                                                              WHERE r.id = (to_jsonb(OLD) ->> 'remittance_id')::bigint)
                     ELSE (to_jsonb(OLD) ->> 'bill_id')::bigint END) THEN
        RAISE EXCEPTION 'a line of a paid bill stays';
    END IF;
    RETURN OLD;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_contribution
    FOR EACH ROW EXECUTE FUNCTION contributions_lines_stay()
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_remittance
    FOR EACH ROW EXECUTE FUNCTION contributions_lines_stay()
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_backpayment
    FOR EACH ROW EXECUTE FUNCTION contributions_lines_stay()
-- next
CREATE FUNCTION contributions_bill_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'open' OR (NEW.number, NEW.kind, NEW.unit_id, NEW.member_id, NEW.amount, NEW.members)
       IS DISTINCT FROM (OLD.number, OLD.kind, OLD.unit_id, OLD.member_id, OLD.amount, OLD.members) THEN
        RAISE EXCEPTION '% of bill % is refused: an ended bill stays as it is', TG_OP, OLD.number;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_bill
    FOR EACH ROW EXECUTE FUNCTION contributions_bill_stays()
-- next
ALTER TABLE contributions_receipt ADD CONSTRAINT contributions_receipt_sealed CHECK (octet_length(payer_account) > 29)
