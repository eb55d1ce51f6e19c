"""Signs: what each shows, for its controller and for a preview; the traffic centre's texts on them."""

import hashlib
from typing import Annotated, Any, Final

from fastapi import Path, Request, Response
from pydantic import Field, StringConstraints

from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.parking.machines import Act, Machine
from signal_ctrl.parking.signs.picture import sketch_of, svg_of
from signal_ctrl.web.bodies import BodyIn
from signal_ctrl.web.parking.context import ANYBODY, ContextOf, signed
from signal_ctrl.web.parking.public_routes import JSON, compact, conditional
from signal_ctrl.web.parking.sign_png import png_of
from signal_ctrl.web.parking.views import face_view
from signal_ctrl.web.routing import new_router

router = new_router("signs")
PNG: Final = "image/png"
SignId = Annotated[str, Path(pattern="^[A-Za-z0-9._-]{1,64}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=120)]
UtcMs = Annotated[int, Field(ge=0, le=1 << 43)]


class TextIn(BodyIn):
    """A text that the traffic centre wants on a sign. [ms]"""

    kind: str
    zh: Text
    en: Text
    from_utc_ms: UtcMs
    until_utc_ms: UtcMs
    source: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class TextsIn(BodyIn):
    """All texts that the traffic centre wants on a sign, in place of those before."""

    texts: Annotated[list[TextIn], Field(max_length=20)]


@router.get("/v1/parking/signs", dependencies=[ANYBODY])
def listed(context: ContextOf) -> dict[str, Any]:
    """List what every sign shows."""
    desk = context.parking.signs
    rows = [{**face_view(face), "road": desk.rule(face.sign).road} for face in desk.all()]
    return {"utc_ms": context.clock.utc_ms(), "signs": rows}


@router.get("/v1/parking/signs/{sign}", response_class=Response, responses={200: {"content": {JSON: {}}}, 304: {}})
def one(
    sign: SignId, machine: Annotated[Machine, signed(Act.READ_SIGN)], request: Request, context: ContextOf
) -> Response:
    """Say what a sign shows, to its controller. A 304 confirms it for another 90 s from the question on."""
    if not machine.speaks_for(sign):
        raise NotFoundError(f"there is no sign {sign}")
    view = face_view(context.parking.signs.face(sign))
    lasting = {key: value for key, value in view.items() if key != "valid_until_utc_ms"}
    etag = f'"{hashlib.sha256(compact(lasting).encode()).hexdigest()[:32]}"'
    return conditional(request, compact(view).encode(), etag, JSON, "private, no-cache")


@router.get(
    "/v1/parking/signs/{sign}/picture",
    dependencies=[ANYBODY],
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}},
)
def picture(sign: SignId, context: ContextOf) -> Response:
    """Return a picture of what a sign shows, as SVG."""
    return Response(svg_of(context.parking.signs.face(sign)), media_type="image/svg+xml")


@router.get(
    "/v1/parking/signs/{sign}/picture.png",
    dependencies=[ANYBODY],
    response_class=Response,
    responses={200: {"content": {PNG: {}}}, 304: {}},
)
def png_picture(sign: SignId, request: Request, context: ContextOf) -> Response:
    """Return a picture of what a sign shows, as PNG; drawn once for all who ask within two seconds."""
    desk, feeds = context.parking.signs, request.app.state.feeds
    desk.rule(sign)
    made: tuple[bytes, str] = feeds.body(
        f"sign {sign}", context.clock.mono_ms(), lambda: png_of(sketch_of(desk.face(sign)))
    )
    return conditional(request, *made, PNG)


@router.put("/v1/parking/signs/{sign}/texts", status_code=204)
def texts(sign: SignId, body: TextsIn, machine: Annotated[Machine, signed(Act.TELL)], context: ContextOf) -> None:
    """Put the traffic centre's texts on a sign: for safety, for diversion, for information. None: take them off."""
    if not machine.speaks_for(sign):
        raise NotFoundError(f"there is no sign {sign}")
    context.parking.signs.want(sign, [_text(sign, each) for each in body.texts])


def _text(sign: str, text: TextIn) -> SignText:
    kinds = {each.name.lower(): each for each in MessageKind}
    if text.kind not in kinds:
        raise InvalidInputError(f"'{text.kind}' is no kind of text; choose of {', '.join(kinds)}")
    return SignText(sign, kinds[text.kind], text.zh, text.en, text.from_utc_ms, text.until_utc_ms, text.source)
