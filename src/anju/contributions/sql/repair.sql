-- What every paid line still stands for: whom, which month, how much, since when. A contribution or a back payment of a
-- paid bill, less what corrections took from it; and what corrections gave, less what later ones took. Everybody who
-- asks what was paid for a month asks here.
CREATE VIEW contributions_paid AS
SELECT s.source, s.source_id, s.member_id, s.month, s.unit_id, s.bill_id, s.paid_date,
       s.unit_amount - s.unit_taken AS unit_amount, s.person_amount - s.person_taken AS person_amount
  FROM (
    SELECT 'contribution' AS source, c.id AS source_id, c.member_id, c.month, r.unit_id, b.id AS bill_id, b.paid_date,
           c.unit_amount, c.person_amount, t.unit_taken, t.person_taken
      FROM contributions_contribution c JOIN contributions_remittance r ON r.id = c.remittance_id
      JOIN contributions_bill b ON b.id = r.bill_id AND b.state = 'paid'
     CROSS JOIN LATERAL (SELECT coalesce(sum(l.unit_amount), 0)::bigint AS unit_taken,
                                coalesce(sum(l.person_amount), 0)::bigint AS person_taken
                           FROM contributions_correctionline l WHERE l.contribution_id = c.id) AS t
    UNION ALL
    SELECT 'back_payment', p.id, p.member_id, p.month, b.unit_id, b.id, b.paid_date, p.unit_amount, p.person_amount,
           t.unit_taken, t.person_taken
      FROM contributions_backpayment p JOIN contributions_bill b ON b.id = p.bill_id AND b.state = 'paid'
     CROSS JOIN LATERAL (SELECT coalesce(sum(l.unit_amount), 0)::bigint AS unit_taken,
                                coalesce(sum(l.person_amount), 0)::bigint AS person_taken
                           FROM contributions_correctionline l WHERE l.back_payment_id = p.id) AS t
    UNION ALL
    SELECT 'correction', g.id, g.to_member_id, g.to_month, k.unit_id, NULL, g.value_date, g.unit_amount, g.person_amount,
           t.unit_taken, t.person_taken
      FROM contributions_correctionline g JOIN contributions_correction k ON k.id = g.correction_id
     CROSS JOIN LATERAL (SELECT coalesce(sum(l.unit_amount), 0)::bigint AS unit_taken,
                                coalesce(sum(l.person_amount), 0)::bigint AS person_taken
                           FROM contributions_correctionline l WHERE l.earlier_id = g.id) AS t
     WHERE g.to_member_id IS NOT NULL
  ) AS s
 WHERE s.unit_amount > s.unit_taken OR s.person_amount > s.person_taken
-- next
-- What is paid or stands on an open bill for these people and months: a month that is claimed is not claimed again.
CREATE FUNCTION contributions_claimed(whose bigint[], low integer, high integer)
RETURNS TABLE (member_id bigint, month integer, unit_amount bigint, person_amount bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT s.member_id, s.month, sum(s.unit_amount)::bigint, sum(s.person_amount)::bigint
      FROM (
        SELECT p.member_id, p.month, p.unit_amount, p.person_amount FROM contributions_paid p
         WHERE p.member_id = ANY (whose) AND p.month BETWEEN low AND high
        UNION ALL
        SELECT c.member_id, c.month, c.unit_amount, c.person_amount
          FROM contributions_contribution c JOIN contributions_remittance r ON r.id = c.remittance_id
          JOIN contributions_bill b ON b.id = r.bill_id AND b.state = 'open'
         WHERE c.member_id = ANY (whose) AND c.month BETWEEN low AND high
        UNION ALL
        SELECT p.member_id, p.month, p.unit_amount, p.person_amount
          FROM contributions_backpayment p JOIN contributions_bill b ON b.id = p.bill_id AND b.state = 'open'
         WHERE p.member_id = ANY (whose) AND p.month BETWEEN low AND high
      ) AS s
     GROUP BY s.member_id, s.month
$$
-- next
-- Nobody takes more from a line than stands on it, and what a correction did is never rewritten.
CREATE FUNCTION contributions_correction_covered() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (
            SELECT s.unit_amount - (SELECT coalesce(sum(l.unit_amount), 0) FROM contributions_correctionline l
                                     WHERE (l.contribution_id, l.back_payment_id, l.earlier_id)
                                           IS NOT DISTINCT FROM (NEW.contribution_id, NEW.back_payment_id, NEW.earlier_id)) AS unit_left,
                   s.person_amount - (SELECT coalesce(sum(l.person_amount), 0) FROM contributions_correctionline l
                                       WHERE (l.contribution_id, l.back_payment_id, l.earlier_id)
                                             IS NOT DISTINCT FROM (NEW.contribution_id, NEW.back_payment_id, NEW.earlier_id)) AS person_left
              FROM (SELECT unit_amount, person_amount FROM contributions_contribution WHERE id = NEW.contribution_id
                    UNION ALL
                    SELECT unit_amount, person_amount FROM contributions_backpayment WHERE id = NEW.back_payment_id
                    UNION ALL
                    SELECT unit_amount, person_amount FROM contributions_correctionline WHERE id = NEW.earlier_id) AS s
        ) AS r WHERE r.unit_left < 0 OR r.person_left < 0
    ) THEN
        RAISE EXCEPTION 'correction % takes more than was paid', NEW.correction_id
              USING ERRCODE = 'check_violation', CONSTRAINT = 'contributions_correction_covered';
    END IF;
    RETURN NULL;
END
$$
-- next
CREATE CONSTRAINT TRIGGER covered AFTER INSERT ON contributions_correctionline
    FOR EACH ROW EXECUTE FUNCTION contributions_correction_covered()
-- next
CREATE FUNCTION contributions_correction_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: a correction stays, another one sets it right', TG_OP, TG_TABLE_NAME;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_correction
    FOR EACH ROW EXECUTE FUNCTION contributions_correction_stays()
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_correctionline
    FOR EACH ROW EXECUTE FUNCTION contributions_correction_stays()
-- next
CREATE FUNCTION contributions_refund_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.journal_id IS NOT NULL OR (NEW.case_number, NEW.unit_id) IS DISTINCT FROM (OLD.case_number, OLD.unit_id) THEN
        RAISE EXCEPTION '% of refund % is refused: what was paid stays', TG_OP, OLD.case_number;
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON contributions_refund
    FOR EACH ROW EXECUTE FUNCTION contributions_refund_stays()
-- next
ALTER TABLE contributions_refund ADD CONSTRAINT contributions_refund_sealed CHECK (octet_length(payee_account) > 29)
-- next
-- A back payment that fills the month right after 缴至年月 moves it: as long as everybody employed in the next month is
-- paid for. A month with a remittance of its own moves by that. It never moves over a month for which nobody is due.
CREATE FUNCTION contributions_fill_gap() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    standing integer;
    following integer;
BEGIN
    SELECT paid_to INTO standing FROM registry_unit WHERE id = NEW.unit_id AND kind = 'employer' FOR NO KEY UPDATE;
    WHILE standing IS NOT NULL LOOP
        following := CASE WHEN standing % 100 = 12 THEN standing + 89 ELSE standing + 1 END;
        EXIT WHEN EXISTS (SELECT FROM contributions_remittance r JOIN contributions_bill b ON b.id = r.bill_id
                           WHERE r.unit_id = NEW.unit_id AND r.month = following AND b.state = 'open')
            OR NOT EXISTS (SELECT FROM registry_employment e WHERE e.unit_id = NEW.unit_id
                              AND following BETWEEN e.first_month AND coalesce(e.last_month, 999912))
            OR EXISTS (SELECT FROM registry_employment e WHERE e.unit_id = NEW.unit_id
                          AND following BETWEEN e.first_month AND coalesce(e.last_month, 999912)
                          AND NOT EXISTS (SELECT FROM contributions_paid p
                                           WHERE p.member_id = e.member_id AND p.month = following));
        standing := following;
        UPDATE registry_unit SET paid_to = standing WHERE id = NEW.unit_id;
    END LOOP;
    RETURN NULL;
END
$$
-- next
CREATE TRIGGER fills_gap AFTER UPDATE OF state ON contributions_bill
    FOR EACH ROW WHEN (NEW.state = 'paid' AND OLD.state = 'open' AND NEW.kind = 'back_payment')
    EXECUTE FUNCTION contributions_fill_gap()
