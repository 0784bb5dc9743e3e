"""The API for machines, made from the same declarations as the pages."""
