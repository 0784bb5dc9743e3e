"""The body that saves answers. Which fields it may hold depends on the item, so it is read in two steps."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from anju.api.problems import invalid


class Patch(BaseModel):
    """`item` says which schema the answers follow; `stamp` is that of the latest saving that the client knows."""

    model_config = ConfigDict(strict=True, extra="forbid")

    item: str = Field(pattern=r"^[A-Z][0-9]{2}$")
    stamp: int | None = Field(default=None, ge=0, le=2**31 - 1)
    answers: dict[str, Any]

    @classmethod
    def read(cls, body: Any) -> "Patch":
        """A body's value as a patch; the answers are not judged yet. Raises InputError."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            raise invalid(error.errors(include_url=False)) from None  # type: ignore[arg-type]


def schema_for(code: str) -> dict[str, Any]:
    """The schema of a patch for one item; its answers refer to component Answers<code>."""
    schema = Patch.model_json_schema()
    schema["title"] = f"Patch{code}"
    schema["properties"]["item"] = {"const": code, "type": "string"}
    schema["properties"]["answers"] = {"$ref": f"#/components/schemas/Answers{code}"}
    return schema
