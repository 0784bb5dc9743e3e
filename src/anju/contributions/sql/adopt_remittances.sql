-- Months remitted before there were bills: each gets a bill that is paid.
INSERT INTO contributions_bill (number, kind, unit_id, amount, members, state, method, issued_date, paid_date, journal_id,
                                maker, case_number)
SELECT 'J' || lpad(r.id::text, 12, '0'), 'remittance', r.unit_id, r.amount, r.members, 'paid', 'transfer', r.business_date,
       r.business_date, r.journal_id, 'adopted', ''
  FROM contributions_remittance r
-- next
UPDATE contributions_remittance r SET bill_id = b.id FROM contributions_bill b WHERE b.journal_id = r.journal_id
-- next
-- Numbers of bills: J and twelve digits.
CREATE SEQUENCE contributions_bill_number
-- next
SELECT setval('contributions_bill_number', greatest(1, (SELECT max(id) FROM contributions_remittance)))
