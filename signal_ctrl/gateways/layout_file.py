"""The layout of a junction as a document: lanes, movements, exits, loops; what an adviser needs beside the site."""

from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from signal_ctrl.domain.documents import canonical, read_document
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.gateways.whole_file import read_whole

FORMAT: Final = "signal-ctrl layout 1"
MAX_BYTES: Final = 1 << 22
_ADAPTER: Final = TypeAdapter(JunctionLayout)


def layout_to_json(layout: JunctionLayout) -> str:
    """Return the canonical document of a layout."""
    document: dict[str, Any] = _ADAPTER.dump_python(layout, mode="json")
    return canonical({"format": FORMAT, **document})


def layout_from_json(text: str) -> JunctionLayout:
    """Return the layout of a document. Raises: InvalidInputError if it is none."""
    document = read_document(text, "layout", FORMAT)
    del document["format"]
    try:
        layout = _ADAPTER.validate_json(canonical(document), strict=True)
    except (ValidationError, InvalidInputError) as error:
        raise InvalidInputError(f"not a layout document: {_first(error)}") from error
    if layout_to_json(layout) != canonical({"format": FORMAT, **document}):
        raise InvalidInputError("not a layout document: it has keys that no layout has")
    return layout


def read_layout(path: Path) -> JunctionLayout:
    """Return the layout of a file. Raises: InvalidInputError if it cannot be read or holds none."""
    text = read_whole(path, "layout", MAX_BYTES)
    try:
        return layout_from_json(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def _first(error: ValidationError | InvalidInputError) -> str:
    if isinstance(error, InvalidInputError):
        return str(error)
    found = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, found['loc'])) or 'it'}: {found['msg']}"
