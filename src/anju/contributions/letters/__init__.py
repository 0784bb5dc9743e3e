"""异地转移接续: letters between centers (spec 5.6), their messages, and a partner for trials."""
