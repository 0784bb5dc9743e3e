"""The rules that are in force, by business. Each module registers its rules; a new rule is one function here."""
