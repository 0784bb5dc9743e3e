-- The tables of the ledger. Amounts are integer fen, debit positive and credit negative, so that every journal
-- adds up to zero and the whole ledger does. `side` is +1 where debit is the normal side, -1 where credit is. A "day"
-- that is an integer counts days since 1970-01-01.
CREATE TABLE ledger_subject (
    code text PRIMARY KEY CHECK (code ~ '^[0-9]{3}([0-9]{2})*$'),
    name text NOT NULL,
    parent_id text REFERENCES ledger_subject (code),
    side smallint NOT NULL CHECK (side IN (1, -1)),
    class text NOT NULL CHECK (class IN ('asset', 'liability', 'net_assets', 'income', 'expense')),
    source text NOT NULL,
    CHECK (parent_id IS NULL OR code LIKE parent_id || '__')
)
-- next
CREATE SEQUENCE ledger_account_seq
-- next
CREATE SEQUENCE ledger_hot_account_seq INCREMENT -1
-- next
-- A hot account (bank, income) keeps no balance row, so that a thousand tellers do not queue for it. Its id is
-- negative: whoever holds the id knows without a look.
CREATE TABLE ledger_account (
    id bigint PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number <> ''),
    subject_id text NOT NULL REFERENCES ledger_subject (code),
    name text NOT NULL,
    side smallint NOT NULL CHECK (side IN (1, -1)),
    hot boolean NOT NULL CHECK (hot = (id < 0)),
    opened_date date NOT NULL,
    closed_date date CHECK (closed_date IS NULL OR (closed_date >= opened_date AND NOT hot))
)
-- next
CREATE INDEX ledger_account_subject ON ledger_account (subject_id, id)
-- next
-- One row for each account that is not hot. `moment` is the sum of amount x value day, so the interest product (积数)
-- up to day T is amount x T - moment, whatever the order in which the entries arrived; `earliest_day` and
-- `latest_day` are the first and the latest value day among them. `settled_product` is the part of the product that has borne interest, up to `settled_day`; `accrued`
-- is interest borne at a rate that has ended and not yet paid, exact, in fen x days x ppm.
-- `held` is reserved for postings to come; `frozen` is what courts demand, covered by the balance or not.
-- side, subject and opening day are the account's own, copied because every posting and settlement reads them.
-- Half of each page is left free: a run that touches every account finds room for the new version beside the old one,
-- so that no index has to change.
CREATE TABLE ledger_balance (
    account_id bigint PRIMARY KEY REFERENCES ledger_account (id),
    amount bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    frozen bigint NOT NULL DEFAULT 0,
    moment bigint NOT NULL DEFAULT 0,
    settled_product bigint NOT NULL DEFAULT 0,
    accrued bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    settled_day integer NOT NULL DEFAULT 0,
    earliest_day integer NOT NULL DEFAULT 2147483647,
    latest_day integer NOT NULL DEFAULT 0,
    opened_day integer NOT NULL,
    side smallint NOT NULL,
    overdraft_allowed boolean NOT NULL,
    closed boolean NOT NULL DEFAULT false,
    subject_id text NOT NULL,
    -- One constraint, not three: each costs every posting.
    CONSTRAINT ledger_balance_covered CHECK (held >= 0 AND frozen >= 0 AND (overdraft_allowed OR side * amount >= held))
) WITH (fillfactor = 50)
-- next
-- A business day is opened before anything is booked on it, shut when it is over, and then sealed: `root` is the SM3 of
-- the day's journals chained to the day sealed before (`previous`).
CREATE TABLE ledger_day (
    day date PRIMARY KEY,
    opened_by text NOT NULL CHECK (opened_by <> ''),
    shut boolean NOT NULL DEFAULT false,
    sealed_by text,
    previous bytea CHECK (length(previous) = 32),
    root bytea CHECK (length(root) = 32),
    journals bigint,
    CHECK (num_nulls(sealed_by, previous, root, journals) IN (0, 4)),
    CHECK (shut OR root IS NULL)
)
-- next
-- A month. It closes once, when all its days are sealed; `hash` covers what it closed with.
CREATE TABLE ledger_period (
    first_day date PRIMARY KEY CHECK (extract(day FROM first_day) = 1),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    totals jsonb,
    hash bytea CHECK (length(hash) = 32),
    closed_by text,
    CHECK ((state = 'closed') = (num_nulls(totals, hash, closed_by) = 0))
)
-- next
-- Balance and moment of an account at the end of a business day, written when the day is sealed (hot accounts) or its
-- month closes (all that moved): the balance at any day is the latest snapshot plus the entries since.
CREATE TABLE ledger_snapshot (
    account_id bigint NOT NULL,
    day date NOT NULL,
    amount bigint NOT NULL,
    moment bigint NOT NULL,
    PRIMARY KEY (account_id, day)
)
-- next
-- Dated rates in parts per million. Rows of one code cannot overlap.
CREATE TABLE ledger_rate (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL CHECK (code <> ''),
    valid daterange NOT NULL CHECK (NOT isempty(valid) AND NOT lower_inf(valid)),
    ppm integer NOT NULL,
    document text NOT NULL,
    known_from date NOT NULL,
    CONSTRAINT ledger_rate_form CHECK (ppm BETWEEN 0 AND 1000000 AND document <> ''),
    CONSTRAINT ledger_rate_no_overlap EXCLUDE USING gist
        (int8range(hashtext(code), hashtext(code), '[]') WITH &&, valid WITH &&)
)
-- next
-- Each yearly settlement of a subject: products before `until_day` have borne interest.
CREATE TABLE ledger_settlement (
    subject_id text NOT NULL REFERENCES ledger_subject (code),
    until_day integer NOT NULL,
    rate_code text NOT NULL,
    payable_account_id bigint NOT NULL REFERENCES ledger_account (id),
    expense_account_id bigint NOT NULL REFERENCES ledger_account (id),
    PRIMARY KEY (subject_id, until_day)
)
-- next
-- Interest that came to an account or left it beside its entries, exact, in fen x days x ppm: paid out before a yearly
-- settlement, or carried along by a transfer over a change of rate. Without it a correction could not tell what a
-- settlement should have paid. `day`: the last day that it was earned on, or the day before the transfer.
CREATE TABLE ledger_earning (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES ledger_account (id),
    day integer NOT NULL,
    numerator bigint NOT NULL CHECK (numerator <> 0)
)
-- next
CREATE INDEX ledger_earning_account ON ledger_earning (account_id, day)
-- next
-- `key` is the business key of the request, unique for ever; `payload_hash` tells a retry from a clash and is the
-- journal's leaf in the seal of its day. `reverses_id`: the journal that this one undoes. `follows_id`: the journal
-- that made this one necessary (an interest difference follows a correction).
CREATE TABLE ledger_journal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    payload_hash bytea NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    narrative text NOT NULL,
    business_date date NOT NULL,
    value_date date NOT NULL,
    maker text NOT NULL,
    checker text,
    reverses_id bigint REFERENCES ledger_journal (id),
    follows_id bigint REFERENCES ledger_journal (id),
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT ledger_journal_key UNIQUE (key),
    -- Interest settled on a day counts from the next; nothing else is valued ahead of its business date.
    CONSTRAINT ledger_journal_not_ahead CHECK (value_date <= business_date + 1),
    CONSTRAINT ledger_journal_two_persons CHECK (checker IS NULL OR checker NOT IN ('', maker))
)
-- next
CREATE UNIQUE INDEX ledger_journal_reversed_once ON ledger_journal (reverses_id) WHERE reverses_id IS NOT NULL
-- next
CREATE INDEX ledger_journal_follows ON ledger_journal (follows_id) WHERE follows_id IS NOT NULL
-- next
-- Journals arrive in the order of their dates, more or less: block ranges find a day's at no cost to posting.
CREATE INDEX ledger_journal_business_date ON ledger_journal USING brin (business_date, value_date) WITH (pages_per_range = 16)
-- next
-- No foreign key to account: it costs several times the insert. Posting checks that every account exists instead.
-- `moment` is amount x value day, but for a transfer of an account, which carries the moments of its entries along.
-- `leaf` is a checksum of the row, so that a verifier can name it.
CREATE TABLE ledger_entry (
    journal_id bigint NOT NULL,
    account_id bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    moment bigint NOT NULL,
    line integer NOT NULL,
    value_day integer NOT NULL,
    business_date date NOT NULL,
    leaf integer NOT NULL,
    PRIMARY KEY (journal_id, line, business_date)
) PARTITION BY RANGE (business_date)
-- next
CREATE INDEX ledger_entry_account ON ledger_entry (account_id, business_date)
-- next
-- A hold takes nothing off the balance but keeps it from being spent. `reserve`: the first phase of a posting in two,
-- always covered. `freeze`: a court's demand, in the order of arrival (轮候冻结), covered as far as the balance goes.
CREATE TABLE ledger_hold (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL CHECK (key <> ''),
    request_hash bytea NOT NULL,
    account_id bigint NOT NULL REFERENCES ledger_account (id),
    kind text NOT NULL CHECK (kind IN ('reserve', 'freeze')),
    amount bigint NOT NULL,
    captured bigint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'captured', 'released', 'expired')),
    reference text NOT NULL,
    business_date date NOT NULL,
    expires_date date,
    ended_date date,
    maker text NOT NULL CHECK (maker <> ''),
    checker text,
    CONSTRAINT ledger_hold_key UNIQUE (key),
    CONSTRAINT ledger_hold_form CHECK (amount > 0 AND (expires_date IS NULL OR expires_date > business_date)),
    CONSTRAINT ledger_hold_two_persons CHECK (checker IS NULL OR checker NOT IN ('', maker)),
    CHECK (captured BETWEEN 0 AND amount),
    CHECK ((state = 'active') = (ended_date IS NULL))
)
-- next
CREATE INDEX ledger_hold_active ON ledger_hold (account_id, id) WHERE state = 'active'
-- next
CREATE INDEX ledger_hold_expiry ON ledger_hold (expires_date) WHERE state = 'active'
-- next
-- What happened to a hold, append-only. `key` is the business key of the step.
CREATE TABLE ledger_hold_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hold_id bigint NOT NULL REFERENCES ledger_hold (id),
    key text NOT NULL CHECK (key <> ''),
    request_hash bytea NOT NULL,
    event text NOT NULL CHECK (event IN ('placed', 'captured', 'released', 'expired', 'extended')),
    amount bigint NOT NULL,
    business_date date NOT NULL,
    journal_id bigint REFERENCES ledger_journal (id),
    maker text NOT NULL CHECK (maker <> ''),
    checker text CONSTRAINT ledger_hold_event_two_persons CHECK (checker NOT IN ('', maker)),
    CONSTRAINT ledger_hold_event_key UNIQUE (key)
)
-- next
CREATE INDEX ledger_hold_event_hold ON ledger_hold_event (hold_id, id)
-- next
DO $$
BEGIN
    FOR year IN 2020..2040 LOOP
        EXECUTE format('CREATE TABLE ledger_entry_%s PARTITION OF ledger_entry FOR VALUES FROM (%L) TO (%L)',
                       year, make_date(year, 1, 1), make_date(year + 1, 1, 1));
    END LOOP;
    CREATE TABLE ledger_entry_other PARTITION OF ledger_entry DEFAULT;
END
$$
