"""What a sign says of a diversion, in Chinese and in English, as long as the sign can show it."""

from collections.abc import Sequence

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.domain.signs import Destination, MessageKind, Sign, SignText


def name_of(network: RoadNetwork, road: str) -> str:
    """Return what people call a road: its name, or else what it is called here."""
    return network.of(road).name or road


def diversion_text(
    network: RoadNetwork,
    sign: Sign,
    ways: Sequence[tuple[Destination | None, Sequence[str]]],
    limited: str,
    shut: bool,
    times: tuple[int, int],
    source: str,
) -> SignText:
    """Return what a sign says: what is wrong, and by which road to go on; the shorter form where the sign is short.

    Args: ways, the destinations that the sign can name (None: everybody) and the roads of the way. times [ms]
    """
    name = name_of(network, limited)
    via = via_of(network, ways[0][1], limited)
    zh_why, en_why = ("封闭", "closed") if shut else ("拥堵", "jammed")
    to_zh = "".join(dict.fromkeys(f"往{d.zh}" for d, _ in ways if d is not None))
    to_en = ", ".join(dict.fromkeys(d.en for d, _ in ways if d is not None))
    zh = _first_fit(
        sign.longest_zh, (f"{name}{zh_why} {to_zh}请绕行{via}", f"{name}{zh_why} 请绕行{via}", f"请绕行{via}", "请绕行")
    )
    en = _first_fit(
        sign.longest_en,
        (
            f"{name} {en_why}: {to_en + ' ' if to_en else ''}use {via}",
            f"{name} {en_why}: use {via}",
            f"Use {via}",
            "Divert",
        ),
    )
    return SignText(sign.sign_id, MessageKind.DIVERSION, zh, en, *times, source)


def via_of(network: RoadNetwork, roads: Sequence[str], limited: str) -> str:
    """Return the name by which a way is known: of its roads behind the sign's, the longest that is called otherwise."""
    usual = {name_of(network, limited), name_of(network, roads[0])}
    length_m: dict[str, float] = {}
    for road in roads[1:]:
        name = name_of(network, road)
        if name not in usual:
            length_m[name] = length_m.get(name, 0.0) + network.of(road).length_m
    return max(length_m, key=lambda name: length_m[name], default=name_of(network, roads[1]))


def _first_fit(longest: int, texts: Sequence[str]) -> str:
    """Return the first text that is short enough; the last one is cut where even that is not."""
    return next((text for text in texts if len(text) <= longest), texts[-1][:longest])
