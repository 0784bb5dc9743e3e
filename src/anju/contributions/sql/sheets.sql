-- Numbers of lists: Q and ten digits.
CREATE SEQUENCE contributions_sheet_number
-- next
ALTER TABLE contributions_sheetpart ADD CONSTRAINT contributions_sheetpart_sealed CHECK (octet_length(content) > 29)
