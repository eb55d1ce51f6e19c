"""What bodies of requests and answers have in common: nothing unknown is taken, nothing is converted."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Login = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Code = Annotated[str, StringConstraints(max_length=16)]


class BodyIn(BaseModel):
    """What comes in: an unknown key is refused, a text is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BodyOut(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)
