"""Service items and their cases: how work comes in, waits, is reviewed, decided and takes effect."""
