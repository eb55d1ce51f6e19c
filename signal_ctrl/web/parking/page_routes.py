"""The driver's page: a document and the files that it names, as `make page` built them."""

from pathlib import Path
from typing import Annotated, Final

from fastapi import Path as PathParam
from fastapi import Request, Response

from signal_ctrl.web.page_routes import built_answer
from signal_ctrl.web.parking.context import UNLIMITED
from signal_ctrl.web.routing import new_router

BUILT: Final = Path(__file__).parent.with_name("built_parking")
router = new_router("page")


@router.get("/", include_in_schema=False, dependencies=[UNLIMITED])
def page(request: Request) -> Response:
    """Return the page."""
    return built_answer(BUILT, request, "index.html")


@router.get("/assets/{name}", include_in_schema=False, dependencies=[UNLIMITED])
def asset(name: Annotated[str, PathParam(max_length=64)], request: Request) -> Response:
    """Return a file of the page."""
    return built_answer(BUILT, request, name)
