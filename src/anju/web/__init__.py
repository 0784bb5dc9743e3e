"""The pages: server templates, no script needed, nothing loaded from elsewhere."""
