"""A packed stream: pieces that were packed once unpack in every stream, in any order, at once, and to its end."""

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.web.packed_stream import Packing, Piece

PIECES = [Piece(text.encode() * 50) for text in ("one ", "two ", "three ", "")]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_pieces_unpack_in_every_stream(pieces: list[Piece]) -> None:
    packing = Packing(True)
    whole = packing.begin() + b"".join(packing.take(piece) for piece in pieces) + packing.end()
    assert gzip.decompress(whole) == b"".join(piece.plain for piece in pieces)


def test_each_piece_can_be_read_as_soon_as_it_is_there() -> None:
    packing, reader = Packing(True), zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert reader.decompress(packing.begin()) == b""
    for piece in PIECES:
        assert reader.decompress(packing.take(piece)) == piece.plain


def test_who_does_not_take_it_gets_it_plain() -> None:
    packing = Packing(False)
    assert packing.begin() + packing.take(PIECES[0]) + packing.end() == PIECES[0].plain
