-- What is shorter than key id, nonce, tag and one byte was never sealed: a number in clear cannot be stored.
ALTER TABLE registry_member
    ADD CONSTRAINT registry_member_sealed CHECK (octet_length(identity) > 29 AND octet_length(phone) > 29),
    ADD CONSTRAINT registry_member_index CHECK (octet_length(identity_index) = 32)
