-- A rate from a day on. The row in force until then ends there; what has borne interest is not touched: a rate that
-- begins before a settlement is refused. Setting the same rate again changes nothing.
CREATE OR REPLACE FUNCTION ledger_set_rate(
    rate_code text, from_day date, new_ppm integer, source_document text, known date
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    old ledger_rate;
BEGIN
    PERFORM pg_advisory_xact_lock('ledger_rate'::regclass::oid::integer, 0);
    SELECT * INTO old FROM ledger_rate WHERE code = rate_code AND valid @> from_day;
    IF lower(old.valid) = from_day AND old.ppm = new_ppm THEN
        RETURN;
    END IF;
    IF lower(old.valid) = from_day
       OR EXISTS (SELECT FROM ledger_settlement s
                   WHERE s.rate_code = ledger_set_rate.rate_code AND s.until_day > from_day - DATE '1970-01-01') THEN
        RAISE EXCEPTION 'rate % from % is settled or taken', rate_code, from_day
            USING ERRCODE = 'AN016', DETAIL = from_day::text;
    END IF;
    UPDATE ledger_rate SET valid = daterange(lower(valid), from_day) WHERE id = old.id;
    INSERT INTO ledger_rate (code, valid, ppm, document, known_from)
    VALUES (rate_code,
            daterange(from_day, coalesce(upper(old.valid), (SELECT min(lower(valid)) FROM ledger_rate
                                                             WHERE code = rate_code AND lower(valid) > from_day))),
            new_ppm, source_document, known);
END
$$
-- next
-- The rates in force in the days first..until-1, clipped to them, in order. A day without a rate is refused.
CREATE OR REPLACE FUNCTION ledger_rates_between(rate_code text, first integer, until integer)
RETURNS TABLE (start_day integer, end_day integer, ppm integer)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    wanted daterange := daterange(DATE '1970-01-01' + first, DATE '1970-01-01' + until);
BEGIN
    IF until > first AND until - first <> (
           SELECT coalesce(sum(upper(r.valid * wanted) - lower(r.valid * wanted)), 0)
             FROM ledger_rate r WHERE r.code = rate_code AND r.valid && wanted) THEN
        RAISE EXCEPTION 'no rate % for some day of %', rate_code, wanted USING ERRCODE = 'AN017', DETAIL = rate_code;
    END IF;
    RETURN QUERY
    SELECT lower(r.valid * wanted) - DATE '1970-01-01', upper(r.valid * wanted) - DATE '1970-01-01', r.ppm
      FROM ledger_rate r WHERE r.code = rate_code AND r.valid && wanted ORDER BY 1;
END
$$
