"""The ground floor: money, rates, periods, identity numbers, errors. Pure Python, no Django, no clock."""
