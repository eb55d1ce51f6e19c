"""Signs: what each shows now and until when that holds, and the guidance document that they come from."""

from typing import Annotated

from fastapi import Path

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.domain.documents import canonical
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.domain.signs import MessageKind, SignText
from signal_ctrl.watch.diversion.board import Shown
from signal_ctrl.watch.feeds.values import FeedKind
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.centre_bodies import Document, Reader, people_only
from signal_ctrl.web.feeds_routes import FeedName
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("signs")

Importer = Annotated[Actor, needs(Right.IMPORT_NETWORK)]
SignId = Annotated[str, Path(min_length=1, max_length=128)]


class SignOut(BodyOut):
    """What a sign shows. Without a text it is blank; after `valid_until_utc_ms` it goes blank by itself. [ms]

    `waiting`, who wants a text on it and does not get it, by kind.
    """

    sign_id: str
    road: str
    kind: str
    zh: str
    en: str
    source: str
    valid_until_utc_ms: int
    waiting: list[str]


class GuidanceIn(BodyIn):
    """A guidance document: signs, and movements of signals."""

    document: Document


class GuidanceOut(BodyOut):
    """What was taken in."""

    sha256: str
    signs: int
    signals: int


@router.get("/v1/signs")
def listed(actor: Reader, context: ContextOf) -> list[SignOut]:
    """List what every sign shows."""
    people_only(actor)
    return _all(context.watch, context.clock.utc_ms())


@router.get("/v1/signs/{sign_id}")
def one(sign_id: SignId, actor: Reader, context: ContextOf) -> SignOut:
    """Say what a sign shows; who sets it asks again before `valid_until_utc_ms`."""
    people_only(actor)
    desk = context.watch.diversions
    shown = desk.board.one(sign_id, context.clock.utc_ms())
    road = next(sign.road for sign in desk.guidance.guidance.signs if sign.sign_id == sign_id)
    return _out(shown, road)


@router.get("/v1/feeds/{feed}/signs")
def own(feed: FeedName, actor: Annotated[Actor, needs(Right.FEED_LINK)], context: ContextOf) -> list[SignOut]:
    """Tell who sets signs what those of its own show; it asks again well before `valid_until_utc_ms`."""
    known = context.watch.feeds.of(feed) if actor.login == feed else None
    if known is None or known.kind is not FeedKind.SIGNS:
        raise NotFoundError("there is no such feed of signs")
    now_ms = context.clock.utc_ms()
    context.watch.quality.of(feed).last_utc_ms = now_ms
    return [sign for sign in _all(context.watch, now_ms) if known.may_report(sign.sign_id)]


@router.post("/v1/signs", status_code=201)
def import_(body: GuidanceIn, actor: Importer, context: ContextOf) -> GuidanceOut:
    """Take in signs and movements; they are in force at once."""
    desk = context.watch.diversions.guidance
    kept = desk.import_(actor, canonical(body.document), context.watch.network())
    return GuidanceOut(sha256=kept.sha256, signs=len(desk.guidance.signs), signals=len(desk.guidance.signals))


def _all(watch: Watch, now_ms: int) -> list[SignOut]:
    desk = watch.diversions
    roads = {sign.sign_id: sign.road for sign in desk.guidance.guidance.signs}
    return [_out(shown, roads[shown.sign_id]) for shown in desk.board.all(now_ms)]


def _out(shown: Shown, road: str) -> SignOut:
    text = shown.text
    return SignOut(
        sign_id=shown.sign_id,
        road=road,
        kind=_kind(text) if text is not None else "",
        zh=text.zh if text is not None else "",
        en=text.en if text is not None else "",
        source=text.source if text is not None else "",
        valid_until_utc_ms=shown.valid_until_utc_ms,
        waiting=[f"{_kind(each)}: {each.en}" for each in shown.waiting],
    )


def _kind(text: SignText) -> str:
    return MessageKind(text.kind).name.lower()
