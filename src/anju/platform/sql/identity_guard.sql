-- Whether a text holds a resident identity number: for CHECKs of tables whose texts must not.
CREATE FUNCTION platform_holds_identity(words text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT words ~ '(^|[^0-9])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])[0-9]{3}[0-9Xx]([^0-9]|$)'
$$
