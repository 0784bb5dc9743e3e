-- What is done stays done, whoever asks. A run keeps what it was opened with; neither runs nor chunks are deleted.
CREATE FUNCTION platform_run_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.job, OLD.key, OLD.params, OLD.business_date, OLD.maker, OLD.created_at)
            IS DISTINCT FROM (NEW.job, NEW.key, NEW.params, NEW.business_date, NEW.maker, NEW.created_at)
       OR (OLD.rows_digest IS NOT NULL AND OLD.rows_digest IS DISTINCT FROM NEW.rows_digest)
       OR (OLD.cancelled_at IS NOT NULL AND OLD.cancelled_at IS DISTINCT FROM NEW.cancelled_at) THEN
        RAISE EXCEPTION 'run %: % is refused', OLD.id, TG_OP USING ERRCODE = 'AN090';
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON platform_run FOR EACH ROW EXECUTE FUNCTION platform_run_guard()
-- next
-- waiting → done | failed | cancelled, failed → waiting; the range of a chunk never moves.
CREATE FUNCTION platform_run_chunk_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('done', 'cancelled')
       OR (OLD.state = 'failed' AND NEW.state <> 'waiting')
       OR (OLD.run_id, OLD.number, OLD.low, OLD.high, OLD.rows)
           IS DISTINCT FROM (NEW.run_id, NEW.number, NEW.low, NEW.high, NEW.rows) THEN
        RAISE EXCEPTION 'chunk % of run %: % is refused', OLD.number, OLD.run_id, TG_OP USING ERRCODE = 'AN090';
    END IF;
    RETURN NEW;
END
$$
-- next
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON platform_run_chunk
    FOR EACH ROW EXECUTE FUNCTION platform_run_chunk_guard()
-- next
-- Where each run stands, told from its chunks: FINISHED is what has nothing waiting, nothing failed, nothing set aside.
CREATE VIEW platform_run_standing AS
SELECT r.id AS run_id, c.*,
       CASE WHEN r.rejected THEN 'rejected'
            WHEN r.staged_at IS NULL THEN CASE WHEN r.cancelled_at IS NULL THEN 'staging' ELSE 'cancelled' END
            WHEN c.cancelled > 0 THEN 'cancelled'
            WHEN c.waiting > 0 THEN CASE WHEN r.started_at IS NULL THEN 'ready' ELSE 'running' END
            WHEN c.failed > 0 OR r.problems > 0 THEN 'partial'
            ELSE 'finished'
       END AS state
  FROM platform_run r
 CROSS JOIN LATERAL (
       SELECT count(*) AS chunks,
              count(*) FILTER (WHERE state = 'waiting') AS waiting,
              count(*) FILTER (WHERE state = 'done') AS done,
              count(*) FILTER (WHERE state = 'failed') AS failed,
              count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
              coalesce(sum(rows), 0)::bigint AS rows_planned,
              coalesce(sum(rows) FILTER (WHERE state = 'done'), 0)::bigint AS rows_done
         FROM platform_run_chunk WHERE run_id = r.id) AS c
-- next
-- A person's value as it may be shown: first and last character.
CREATE FUNCTION platform_mask(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(value, 1) || repeat('*', least(greatest(length(value) - 2, 1), 20))
           || CASE WHEN length(value) > 2 THEN right(value, 1) ELSE '' END
$$
