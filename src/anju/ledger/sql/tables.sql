-- The tables of the ledger. Amounts are integer fen, debit positive and credit negative, so that every journal
-- adds up to zero and the whole ledger does. `side` is +1 where debit is the normal side, -1 where credit is.
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
CREATE TABLE ledger_account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number <> ''),
    subject_id text NOT NULL REFERENCES ledger_subject (code),
    name text NOT NULL,
    side smallint NOT NULL CHECK (side IN (1, -1)),
    -- A hot account (bank, income) keeps no balance row, so that a thousand tellers do not queue for it.
    hot boolean NOT NULL,
    opened_date date NOT NULL,
    closed_date date CHECK (closed_date >= opened_date)
)
-- next
CREATE INDEX ledger_account_subject ON ledger_account (subject_id, id)
-- next
-- One row for each account that is not hot. `moment` is the sum of amount x value day (days since 1970-01-01), so the
-- interest product (积数) up to day T is amount x T - moment, whatever the order in which the entries arrived.
-- `settled_product` is the part of that product for which interest has been paid, up to `settled_day`.
CREATE TABLE ledger_balance (
    account_id bigint PRIMARY KEY REFERENCES ledger_account (id),
    side smallint NOT NULL,
    overdraft_allowed boolean NOT NULL,
    amount bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    moment bigint NOT NULL DEFAULT 0,
    settled_day integer NOT NULL DEFAULT 0,
    settled_product bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    CONSTRAINT ledger_balance_covered CHECK (overdraft_allowed OR side * amount - held >= 0)
) WITH (fillfactor = 60)
-- next
-- `key` is the business key of the request, unique for ever; `payload_hash` tells a retry from a clash.
CREATE TABLE ledger_journal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL CHECK (key <> ''),
    payload_hash bytea NOT NULL,
    kind text NOT NULL CHECK (kind <> ''),
    reference text NOT NULL,
    narrative text NOT NULL,
    business_date date NOT NULL,
    value_date date NOT NULL,
    maker text NOT NULL CHECK (maker <> ''),
    checker text,
    reverses_id bigint REFERENCES ledger_journal (id),
    posted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT ledger_journal_key UNIQUE (key),
    CONSTRAINT ledger_journal_reversed_once UNIQUE (reverses_id),
    -- Interest settled on a day counts from the next; nothing else is valued ahead of its business date.
    CONSTRAINT ledger_journal_not_ahead CHECK (value_date <= business_date + 1),
    CONSTRAINT ledger_journal_two_persons CHECK (checker IS NULL OR checker <> maker)
)
-- next
CREATE INDEX ledger_journal_business_date ON ledger_journal (business_date, id)
-- next
-- No foreign key to account: it costs several times the insert. Posting checks that every account exists instead.
CREATE TABLE ledger_entry (
    journal_id bigint NOT NULL,
    line integer NOT NULL,
    account_id bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    moment bigint NOT NULL,
    value_day integer NOT NULL,
    business_date date NOT NULL,
    PRIMARY KEY (journal_id, line, business_date)
) PARTITION BY RANGE (business_date)
-- next
CREATE INDEX ledger_entry_account ON ledger_entry (account_id, business_date)
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
