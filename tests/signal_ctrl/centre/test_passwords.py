"""Passwords: which are taken, how they are kept, how long a check takes."""

import secrets
import statistics
import time

import pytest

from signal_ctrl.centre.common_passwords import plain_form
from signal_ctrl.centre.passwords import check_password, hash_password, is_outdated, matches
from signal_ctrl.domain.errors import InvalidInputError


@pytest.mark.parametrize(
    "password",
    [
        "plain horse 41 battery",
        "kF7#tq!Zw2@m",
        "交通信号控制中心值班员甲乙",
        "x9 Vogel-im-Schnee",
        "a" * 8 + "bcdefghij" + "z" * 200,
    ],
)
def test_good_ones_are_taken(password: str) -> None:
    check_password(password, "ann")


@pytest.mark.parametrize(
    "password",
    [
        "short1!",
        "elevenchars",
        "x" * 257,
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "password1234",
        "P@ssw0rd2026!!",
        "Traffic-Signal-2026",
        "signalcontroller",
        "qwertyuiop123456",
        "1qaz2wsx3edc4rfv",
        "123456789012345",
        "administrator1",
        "Welcome.Welcome.",
        "iloveyou12345678",
        "WoAiNi1314520!!",
        "ann-likes-signals-7",
        "abcabcabcabcabc",
        "october20262026",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_password(password, "ann")
    assert password not in str(refused.value)


def test_the_operators_list_is_refused_in_any_dress() -> None:
    known = frozenset({plain_form("Correct Horse Battery Staple")})
    for dressed in ("correct horse battery staple", "CORRECT-HORSE-BATTERY-STAPLE", "correcthorsebatterystaple"):
        with pytest.raises(InvalidInputError, match="list"):
            check_password(dressed, "ann", known)
    check_password("correct horse battery stapler", "ann", known)


def test_it_is_kept_as_argon2id_and_never_in_clear() -> None:
    kept = hash_password("plain horse 41 battery", secrets.token_bytes)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and "horse" not in kept
    assert kept != hash_password("plain horse 41 battery", secrets.token_bytes), "a salt of its own"
    assert matches(kept, "plain horse 41 battery")
    assert not matches(kept, "plain horse 41 batterz") and not matches(kept, "")
    assert not matches("rubbish", "x") and not is_outdated(kept)
    assert is_outdated("$argon2id$v=19$m=8192,t=1,p=1$" + kept.split("$", 4)[4])


def test_nobody_takes_as_long_as_somebody() -> None:
    kept = hash_password("plain horse 41 battery", secrets.token_bytes)
    assert not matches(None, "nobody has this password"), "not even with the text behind nobody's hash"

    def took_s(who: str | None) -> float:
        begun_s = time.process_time()
        matches(who, "another password 99")
        return time.process_time() - begun_s

    pairs = [(took_s(kept), took_s(None)) for _ in range(15)]
    known, unknown = (statistics.median(side) for side in zip(*pairs, strict=True))
    assert known / 1.5 < unknown < known * 1.5
