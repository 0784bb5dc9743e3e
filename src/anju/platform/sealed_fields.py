"""Model fields for personal data: the Python value is text, the column holds sealed bytes or a blind index.

    identity = SealedTextField(row="number")             # member.identity → "4306…"; bound to field and row
    identity_index = BlindIndexField("identity", unique=True)   # Member.objects.filter(identity_index="4306…")

A value is sealed when its instance is saved (save, create, bulk_create) and opened when it is asked for, so reading
many rows costs nothing and a number is in memory only where it is used. `values()` and `update()` have no instance:
the former gives a `Sealed`, the latter refuses. A value copied to another column or another row does not open. The
binding names app, model, field and the row's number: a rename of any of them needs a migration that seals anew.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute

from anju.platform.key_file import keyring

if TYPE_CHECKING:
    _TextField = models.Field[str, str]
    _BytesField = models.Field[str | bytes, bytes]
else:
    _TextField = _BytesField = models.Field


class Sealed(bytes):
    """A sealed value as the column holds it, not opened yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__


class _OpenedWhenAsked(DeferredAttribute):
    """The attribute of a sealed field: keeps what it was given, opens what came from the database."""

    field: "SealedTextField"

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is not None and isinstance(value, Sealed):
            return keyring().unseal(value, self.field.place(instance))
        return value

    def __set__(self, instance: models.Model, value: str | Sealed | None) -> None:
        instance.__dict__[self.field.attname] = value


class SealedTextField(_TextField):
    """Text sealed with SM4-GCM. `row` names the field whose value tells the rows apart and never changes."""

    descriptor_class = _OpenedWhenAsked

    def __init__(self, *args: Any, row: str, **options: Any) -> None:
        self.row = row
        super().__init__(*args, **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        return name, path, list(args), {**options, "row": self.row}

    def get_internal_type(self) -> str:
        return "BinaryField"

    @property
    def label(self) -> str:
        """App, model and field: the first part of what a value is bound to."""
        return f"{self.model._meta.label_lower}.{self.name}"

    def place(self, instance: models.Model) -> str:
        """What the value of this row is bound to."""
        return place(self.label, getattr(instance, self.row))

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Seal with the newest key; what is sealed with it already stays as it is."""
        value = model_instance.__dict__.get(self.attname)
        keys = keyring()
        if value is None or (isinstance(value, Sealed) and value[0] == keys.newest):
            return value
        return Sealed(keys.seal(getattr(model_instance, self.attname), self.place(model_instance)))

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> bytes | None:
        if value is None or isinstance(value, Sealed):
            return None if value is None else bytes(value)
        raise FieldError(f"{self.label} is sealed for its row: assign it on an instance and save that")

    def get_lookup(self, lookup_name: str) -> Any:
        """Nothing is found by a sealed value; its blind index does that."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class BlindIndexField(_BytesField):
    """HMAC-SM3 of a sealed field of the same model, kept in step with it; found by the plain text."""

    def __init__(self, source: str, *args: Any, **options: Any) -> None:
        self.source = source
        super().__init__(*args, **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        return name, path, [self.source, *args], options

    def get_internal_type(self) -> str:
        return "BinaryField"

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        models.signals.pre_save.connect(self._refuse_half, sender=cls)

    @property
    def index_place(self) -> str:
        """What the index is bound to: for whoever computes many with the key ring at hand."""
        return f"{self.model._meta.label_lower}.{self.source}"

    def digest(self, text: str) -> bytes:
        """The index of `text`, to compare with the value of a row."""
        return keyring().blind_index(text, self.index_place)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> bytes | None:
        return None if value is None else bytes(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Computed anew when the source was assigned; a source that was not opened has not changed."""
        value = model_instance.__dict__.get(self.source)
        if isinstance(value, str):
            setattr(model_instance, self.attname, self.digest(value))
        elif value is None and self.source in model_instance.__dict__:
            setattr(model_instance, self.attname, None)
        return getattr(model_instance, self.attname)

    def get_prep_value(self, value: Any) -> bytes | None:
        return self.digest(value) if isinstance(value, str) else value

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name in {"exact", "in", "isnull"} else None

    def _refuse_half(self, update_fields: Iterable[str] | None = None, **_rest: Any) -> None:
        if update_fields is not None and self.source in update_fields and self.name not in update_fields:
            raise FieldError(f"{self.source} and {self.name} are saved together")


def place(label: str, row: Any) -> str:
    """What a value is bound to: its field and its row."""
    return f"{label}\0{row}"


def matches(instance: models.Model, index: str, text: str) -> bool:
    """Whether the row's blind index (the field of that name) is the one of `text`."""
    field = instance._meta.get_field(index)
    assert isinstance(field, BlindIndexField)
    value: bytes | None = getattr(instance, index)
    return value == field.digest(text)


def sealed_fields(models_: Iterable[type[models.Model]]) -> list[SealedTextField]:
    """The sealed fields of these models."""
    return [field for model in models_ for field in model._meta.local_fields if isinstance(field, SealedTextField)]
