"""Inputs by what is asked for: each brings the keyboard, the length and what the browser may fill in of its own accord.

`autocomplete` follows the HTML standard's names and stays "off" for numbers that a shared computer must not remember.
"""

from typing import Any

from django import forms


class DateInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class _Input(forms.TextInput):
    """A text input with fixed attributes; `suffix` stands behind it (a unit) and is part of its label too."""

    suffix = ""
    facts: dict[str, Any] = {}

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({**self.facts, **(attrs or {})})


class WholeNumberInput(_Input):
    """A whole number: text, because a number input loses what it cannot read and turns with the wheel."""

    facts = {"inputmode": "numeric", "autocomplete": "off", "size": 10}


class MoneyInput(_Input):
    """An amount in yuan with two decimals."""

    suffix = "元"
    facts = {"inputmode": "decimal", "autocomplete": "off", "size": 14}


class IdentityInput(_Input):
    """A number of an identity document or a unified social credit code."""

    facts = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": 18, "size": 20}


class PhoneInput(_Input):
    """A mobile or fixed telephone number."""

    input_type = "tel"
    facts = {"autocomplete": "tel", "inputmode": "tel", "size": 16}


class NameInput(_Input):
    """A person's name."""

    facts = {"autocomplete": "name", "spellcheck": "false", "size": 20}


class OrganisationInput(_Input):
    """The name of an organisation."""

    facts = {"autocomplete": "organization", "spellcheck": "false"}


class AddressInput(forms.Textarea):
    """A postal address in one piece."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "street-address", "rows": 2, **(attrs or {})})


class EmailInput(_Input):
    """An address for electronic mail."""

    input_type = "email"
    facts = {"autocomplete": "email", "spellcheck": "false", "size": 28}


class CodeInput(_Input):
    """A code sent by message or shown by an authenticator."""

    facts = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 8, "size": 10}


class UploadInput(forms.ClearableFileInput):
    """One file; what is accepted is checked on the server by content, the attribute only helps to choose."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": "application/pdf,image/jpeg,image/png", **(attrs or {})})


class RatingInput(forms.RadioSelect):
    """Satisfaction from 1 to 5, side by side."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"class": "rating", **(attrs or {})}, choices)
