-- What units owe for a month now: a month that is deferred (缓缴) is owed later, and an account that has closed since takes
-- nothing more: a notice that named it could never be paid, and with it nobody of the unit.
CREATE OR REPLACE FUNCTION contributions_owed(units bigint[], wanted integer, round_unit bigint)
RETURNS TABLE (unit_id bigint, member_id bigint, base bigint, unit_amount bigint, person_amount bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT d.* FROM contributions_due(
        (SELECT coalesce(array_agg(u.id), '{}') FROM unnest(units) AS u (id)
          WHERE NOT EXISTS (SELECT FROM contributions_relief d WHERE d.unit_id = u.id AND d.kind = 'deferral'
                               AND wanted BETWEEN d.first_month AND d.last_month)),
        wanted, round_unit) AS d
      JOIN registry_member m ON m.id = d.member_id AND m.closed_date IS NULL
$$
