"""Feeds: what they post, and how people enrol them, revoke them and look at them."""

from typing import Annotated, Any, Final

from anyio import CapacityLimiter, to_thread
from fastapi import Path, Request, Response
from pydantic import Field, StringConstraints

from signal_ctrl.centre.identity import Actor, Right
from signal_ctrl.domain.errors import InvalidInputError, NotFoundError
from signal_ctrl.domain.link.credential import credential_to_json
from signal_ctrl.watch.feeds.values import Feed, FeedKind
from signal_ctrl.watch.watch import Watch
from signal_ctrl.web.bodies import BodyIn, BodyOut
from signal_ctrl.web.centre_bodies import Name, Reader, people_only
from signal_ctrl.web.guard import needs
from signal_ctrl.web.routing import ContextOf, new_router

router = new_router("feeds")
_AT_ONCE: Final = 2
"""Batches that are read at once; they are kept one after the other, and nobody else's thread waits for them."""
FeedName = Annotated[str, Path(pattern="^[A-Za-z0-9._-]{1,64}$")]
Begin = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Admin = Annotated[Actor, needs(Right.MANAGE_USERS)]


class FeedIn(BodyIn):
    """A feed to be enrolled."""

    feed: Name
    kind: str
    owner: Annotated[str, StringConstraints(max_length=200)] = ""
    only: Annotated[tuple[Begin, ...], Field(max_length=100, strict=False)] = ()


class CredentialOut(BodyOut):
    """A credential as its file holds it; it is shown this once."""

    credential: str


class FeedOut(BodyOut):
    """A feed, and what was heard of it since the start of this centre."""

    feed: str
    kind: str
    owner: str
    only: list[str]
    enrolled_utc_ms: int
    revoked_utc_ms: int | None
    last_utc_ms: int | None
    batches: int
    taken: int
    left_out: dict[str, int]
    left_out_share: float | None


class FeedsOut(BodyOut):
    """Feeds, by name."""

    feeds: list[FeedOut]


_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "required": ["format", "observations"]}}},
    }
}


@router.post("/v1/feeds/{feed}/observations", response_model=None, openapi_extra=_BODY)
async def observations(
    feed: FeedName, actor: Annotated[Actor, needs(Right.FEED_LINK)], request: Request, context: ContextOf
) -> Response:
    """Take a batch of observations; the receipt is given when it is durable, and is the same if it comes again."""
    if actor.login != feed:
        raise NotFoundError("there is no such feed")
    body, watch = await request.body(), context.watch
    limiter = request.app.state.__dict__.setdefault("feeds_at_once", CapacityLimiter(_AT_ONCE))
    receipt = await to_thread.run_sync(lambda: watch.intake.take(watch.feeds.of(feed), body), limiter=limiter)
    return Response(receipt, media_type="application/json")


@router.get("/v1/feeds")
def feeds(actor: Reader, context: ContextOf) -> FeedsOut:
    """List feeds, revoked ones too, with what they sent since the start of this centre."""
    people_only(actor)
    return FeedsOut(feeds=[_shown(context.watch, each) for each in context.watch.feeds.all()])


@router.post("/v1/feeds", status_code=201)
def enrol(body: FeedIn, actor: Admin, context: ContextOf) -> CredentialOut:
    """Take a feed in; its credential is shown this once."""
    credential = context.watch.feeds.enrol(actor.login, body.feed, kind_of(body.kind), body.owner, body.only)
    return CredentialOut(credential=credential_to_json(credential))


@router.delete("/v1/feeds/{feed}")
def revoke(feed: FeedName, actor: Admin, context: ContextOf) -> FeedOut:
    """Take the key of a feed back; it is refused at once here, within a minute elsewhere."""
    return _shown(context.watch, context.watch.feeds.revoke(actor.login, feed))


def kind_of(text: str) -> FeedKind:
    """Return the kind of a feed. Raises: InvalidInputError."""
    try:
        return FeedKind(text)
    except ValueError:
        kinds = ", ".join(each.value for each in FeedKind)
        raise InvalidInputError(f"'{text}' is no kind of feed; choose of {kinds}") from None


def _shown(watch: Watch, feed: Feed) -> FeedOut:
    heard = watch.quality.of(feed.feed)
    return FeedOut(
        feed=feed.feed,
        kind=feed.kind.value,
        owner=feed.owner,
        only=list(feed.only),
        enrolled_utc_ms=feed.enrolled_utc_ms,
        revoked_utc_ms=feed.revoked_utc_ms,
        last_utc_ms=heard.last_utc_ms or None,
        batches=heard.batches,
        taken=heard.taken,
        left_out={reason.value: n for reason, n in heard.left_out.items()},
        left_out_share=heard.share(watch.desk.now_ms()),
    )
