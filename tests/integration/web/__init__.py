"""A package so that the city of its conftest goes with its last test."""
