-- Policy in the database. Every change is a proposal; its approval by another person makes a version. Values carry the
-- versions in which they count, so a version can be read again for ever and no row is changed in place.
CREATE TABLE policy_store_proposal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What readers cache a version by: unlike its number it never comes again, not even after a rollback or a restore.
    stamp uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('pack', 'package')),
    center text NOT NULL CHECK (center <> ''),
    name text NOT NULL CHECK (name <> ''),
    document text NOT NULL,
    reason text NOT NULL,
    -- The whole content as it was read, so that it can be checked again at the moment of approval.
    content json NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    -- The version that the maker saw.
    base_version bigint NOT NULL,
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'rejected', 'withdrawn')),
    version bigint CHECK (version > 0),
    maker text NOT NULL CHECK (maker <> ''),
    proposed_at timestamptz NOT NULL,
    checker text,
    decided_at timestamptz,
    note text NOT NULL DEFAULT '',
    CONSTRAINT policy_store_proposal_version UNIQUE (version),
    CONSTRAINT policy_store_proposal_two_persons CHECK (checker IS NULL OR checker NOT IN ('', maker)),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((state IN ('approved', 'rejected')) = (checker IS NOT NULL)),
    CHECK ((state = 'approved') = (version IS NOT NULL))
)
-- next
-- One proposal of a content at a time: a retry finds the first.
CREATE UNIQUE INDEX policy_store_proposal_open ON policy_store_proposal (digest) WHERE state = 'proposed'
-- next
-- What parameters mean, from version `since` on and before version `until`.
CREATE TABLE policy_store_definition (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path text NOT NULL CHECK (path <> ''),
    content json NOT NULL,
    since bigint NOT NULL REFERENCES policy_store_proposal (version),
    until bigint REFERENCES policy_store_proposal (version) CHECK (until > since)
)
-- next
CREATE UNIQUE INDEX policy_store_definition_latest ON policy_store_definition (path) WHERE until IS NULL
-- next
-- A parameter for one scope: the rows of a series are its history. An integer for an exclusion constraint to compare.
CREATE TABLE policy_store_series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path text NOT NULL,
    center text NOT NULL,
    district text NOT NULL,
    crowd text NOT NULL,
    CONSTRAINT policy_store_series_once UNIQUE (path, center, district, crowd)
)
-- next
-- A value in force on the days `valid`, in the versions since..until-1. `source_id` is the proposal that brought it, also
-- when a later one cut its days. Within one version the days of a series cannot overlap.
CREATE TABLE policy_store_value (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series_id integer NOT NULL REFERENCES policy_store_series (id),
    valid daterange NOT NULL CHECK (NOT isempty(valid) AND NOT lower_inf(valid)),
    unit text NOT NULL CHECK (unit <> ''),
    -- Text with its unit, or for a table the texts by key, in their order.
    value json NOT NULL CHECK (json_typeof(value) IN ('string', 'object')),
    document text NOT NULL CHECK (document <> ''),
    article text NOT NULL,
    announced date,
    confidence text NOT NULL CHECK (confidence IN ('sure', 'likely', 'check', 'illustrative')),
    origin text NOT NULL,
    source_id bigint NOT NULL REFERENCES policy_store_proposal (id),
    since bigint NOT NULL REFERENCES policy_store_proposal (version),
    until bigint REFERENCES policy_store_proposal (version) CHECK (until > since),
    CONSTRAINT policy_store_value_no_overlap EXCLUDE USING gist
        (int4range(series_id, series_id, '[]') WITH &&, valid WITH &&, int8range(since, until) WITH &&)
)
-- next
-- A decision as it was taken, with every input, parameter and step: enough to take it again. `version` is the version of
-- the values, `rule_version` the digest of the rule's text.
CREATE TABLE policy_store_decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL CHECK (key <> ''),
    rule text NOT NULL,
    rule_version text NOT NULL,
    version bigint NOT NULL REFERENCES policy_store_proposal (version),
    anchor_date date NOT NULL,
    result bigint NOT NULL,
    record json NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    decided_at timestamptz NOT NULL,
    CONSTRAINT policy_store_decision_key UNIQUE (key),
    -- A resident identity number has no business here.
    CONSTRAINT policy_store_decision_no_identity CHECK (
        concat_ws(' ', key, actor, record::text)
            !~ '(^|[^0-9])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])[0-9]{3}[0-9Xx]([^0-9]|$)')
)
-- next
CREATE INDEX policy_store_decision_rule ON policy_store_decision (rule, id)
