-- Search by the beginning of a name, of its spelling, of its initials: one walk along an index in the order of the answer.
-- COLLATE "C", so that the order of the index is the order of bytes and a beginning is a range of it. Active accounts and
-- closed ones have indexes of their own, because active ones come first; unit and id are kept beside, so that a search inside
-- an office reads the index alone.
CREATE INDEX registry_member_name_active ON registry_member (name COLLATE "C", number) INCLUDE (unit_id, id)
    WHERE closed_date IS NULL
-- next
CREATE INDEX registry_member_name_closed ON registry_member (name COLLATE "C", number) INCLUDE (unit_id, id)
    WHERE closed_date IS NOT NULL
-- next
CREATE INDEX registry_member_spelling_active ON registry_member (name_spelling COLLATE "C", number) INCLUDE (unit_id, id)
    WHERE closed_date IS NULL
-- next
CREATE INDEX registry_member_spelling_closed ON registry_member (name_spelling COLLATE "C", number) INCLUDE (unit_id, id)
    WHERE closed_date IS NOT NULL
-- next
CREATE INDEX registry_member_initials_active ON registry_member (name_initials COLLATE "C", number) INCLUDE (unit_id, id)
    WHERE closed_date IS NULL
-- next
CREATE INDEX registry_member_initials_closed ON registry_member (name_initials COLLATE "C", number) INCLUDE (unit_id, id)
    WHERE closed_date IS NOT NULL
-- next
CREATE INDEX registry_member_number_active ON registry_member (number COLLATE "C") INCLUDE (unit_id, id)
    WHERE closed_date IS NULL
-- next
CREATE INDEX registry_member_number_closed ON registry_member (number COLLATE "C") INCLUDE (unit_id, id)
    WHERE closed_date IS NOT NULL
-- next
-- The unique index leaves out closed accounts, so it does not serve a search by document.
CREATE INDEX registry_member_identity ON registry_member (identity_index)
-- next
CREATE INDEX registry_member_phone ON registry_member (phone_index)
-- next
ALTER TABLE registry_member ADD CONSTRAINT registry_member_phone_index CHECK (octet_length(phone_index) = 32)
-- next
-- The pairs of neighbouring characters of a text: what a name contains is found by its pairs, through a GIN index.
CREATE FUNCTION registry_pairs(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(lower(words), place, 2)), '{}'::text[])
      FROM generate_series(1, char_length(words) - 1) AS place
$$
-- next
CREATE INDEX registry_unit_name_pairs ON registry_unit USING gin (registry_pairs(name))
-- next
CREATE INDEX registry_unit_spelling ON registry_unit (name_spelling COLLATE "C", number)
-- next
CREATE INDEX registry_unit_initials ON registry_unit (name_initials COLLATE "C", number)
-- next
CREATE INDEX registry_unit_number_c ON registry_unit (number COLLATE "C")
-- next
-- Numbers of personal accounts that the center gives itself: M and ten digits. Numbers may be left out, never given twice.
CREATE SEQUENCE registry_member_number
