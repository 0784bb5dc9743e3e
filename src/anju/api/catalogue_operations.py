"""Operations on the catalogue: what the center offers."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Router
from pydantic import Field

from anju.api import presenting, schemas
from anju.cases import catalogue

router = Router(tags=["catalogue"])
CodeInPath = Annotated[str, Field(pattern=schemas.CODE)]


@router.get("", response=list[schemas.ItemBrief], operation_id="list_items", summary="事项目录")
def list_items(request: HttpRequest) -> list[dict[str, Any]]:
    """All service items that the center offers."""
    today = timezone.localdate()
    return [presenting.item_brief(item, today) for item in catalogue.items()]


@router.get("/{code}", response=schemas.ItemFull, operation_id="get_item", summary="一个事项的声明")
def get_item(request: HttpRequest, code: Path[CodeInPath]) -> dict[str, Any]:
    """One item: applicants, channels, term, materials, steps, and the JSON schema of its answers."""
    return presenting.item_full(catalogue.item(code), timezone.localdate())
