"""The command centre's page: a document and the files that it names, as `make page` built them.

Everything comes from this centre. Files are named by their hash, so a browser asks for each of them once.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import Path as PathParam
from fastapi import Request, Response

from signal_ctrl.centre.identity import Right
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

BUILT: Final = Path(__file__).with_name("built")
DOCUMENT: Final = "index.html"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_NAMED_BY_HASH: Final = re.compile(r"page-[0-9a-f]{16}\.(?:css|js)")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_PLAIN: Final = b'<html lang="en">'
_MARKED: Final = b'<html lang="en" data-demo="yes">'

router = new_router("page")


@router.get("/", include_in_schema=False, dependencies=[needs(Right.OPEN)])
def page(request: Request, context: ContextOf) -> Response:
    """Return the page; of a demo it says so."""
    answer = built_answer(BUILT, request, DOCUMENT)
    if context.settings.demo_speed is None:
        return answer
    marked = bytes(answer.body).replace(_PLAIN, _MARKED, 1)
    return Response(marked, headers={"Cache-Control": _ASK_AGAIN}, media_type=_TYPES[".html"])


@router.get("/assets/{name}", include_in_schema=False, dependencies=[needs(Right.OPEN)])
def asset(name: Annotated[str, PathParam(max_length=64)], request: Request) -> Response:
    """Return a file of the page."""
    if name == DOCUMENT:
        raise NotFoundError("there is no such file of the page")
    return built_answer(BUILT, request, name)


@cache
def built_files(folder: Path) -> Mapping[str, bytes]:
    """Return the files of a built page by name, those packed with gzip too; none where it was not built."""
    return {each.name: each.read_bytes() for each in sorted(folder.glob("*")) if each.is_file()}


def check_built(folder: Path = BUILT) -> None:
    """Raises: NotFoundError if the page was not built."""
    if DOCUMENT not in built_files(folder):
        raise NotFoundError("the page was not built; 'make page' builds it")


def built_answer(folder: Path, request: Request, name: str) -> Response:
    """Return a file of a built page. Raises: NotFoundError."""
    files = built_files(folder)
    kind = _TYPES.get(Path(name).suffix)
    check_built(folder)
    if name not in files or kind is None:
        raise NotFoundError("there is no such file of the page")
    headers = {"Cache-Control": _FOR_EVER if _NAMED_BY_HASH.fullmatch(name) else _ASK_AGAIN, "Vary": "Accept-Encoding"}
    packed = files.get(f"{name}.gz")
    if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=kind)
    return Response(files[name], headers=headers, media_type=kind)
