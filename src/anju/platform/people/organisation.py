"""The organisation as a file says it, brought into the center's tables. Loading again adds and renames, never removes."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from anju.kernel.yaml_node import MappingNode, read_mapping
from anju.platform.people.errors import OrganisationError
from anju.platform.people.models import Department, Office, Window

#: The organisation that the center's report describes.
SHIPPED = Path(__file__).parent / "organisation.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each the center has now."""

    departments: int
    offices: int
    windows: int


@transaction.atomic
def load_organisation(*, path: Path = SHIPPED) -> Loaded:
    """Read departments, offices and windows. Raises OrganisationError naming the line of what is wrong."""
    root = read_mapping(path, OrganisationError)
    root.text("document")
    for place, (code, name) in enumerate(_named(root, "departments"), 1):
        Department.objects.update_or_create(code=code, defaults={"name": name, "place": place})
    for place, (code, name) in enumerate(_named(root, "offices"), 1):
        Office.objects.update_or_create(code=code, defaults={"name": name, "place": place})
    offices = {office.code: office for office in Office.objects.all()}
    for row in root.mappings("windows"):
        office = row.text("office")
        if office not in offices:
            row.refuse("office", office)
        Window.objects.update_or_create(name=row.text("name"), defaults={"office": offices[office]})
        row.close()
    root.close()
    return Loaded(Department.objects.count(), len(offices), Window.objects.count())


def _named(root: MappingNode, key: str) -> list[tuple[str, str]]:
    found = []
    for row in root.mappings(key):
        found.append((row.text("code"), row.text("name")))
        row.close()
    return found
