"""No secret is kept in the repository: each kind that this program makes, and those of well-known services, is looked for."""

import math
import re
from collections import Counter

import pytest

from tests.test_house import found_in_files

USED_UP = {"3WBIHIxOcRHvhfshl8rKKeDdHZoE956eKFWtN7XzFOY", "6MJ2RVOVPNSLR2SBRCNLD2FN2WVPZ46M"}
"""Those of an example in the documentation, of a centre that is gone."""
KINDS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}"),
    "token or invitation": re.compile(r"(?<![\w/+=-])[A-Za-z0-9_-]{43}(?![\w/+=-])"),
    "secret of an authenticator": re.compile(r"(?<!\w)[A-Z2-7]{32}(?!\w)"),
    "key of a device": re.compile(r'"(?:key|secret|private)"\s*:\s*"[0-9a-f]{64}"'),
    "key of a service": re.compile(r"\bAKIA[0-9A-Z]{16}\b|\bgh[opsu]_[A-Za-z0-9]{36}\b|\bxox[abp]-\w{10,}"),
    "signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
}
DRAWN_BITS = 4.2
"""A character of a token that was drawn carries more than this; of a long name, less. [bit]"""


def is_drawn(text: str) -> bool:
    """Tell whether a word was drawn at random rather than written by somebody."""
    counts = Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    mixed = [any(map(kind, text)) for kind in (str.isdigit, str.isupper)]
    return all(mixed) and bits > min(DRAWN_BITS, 0.8 * math.log2(len(text))) and sum(map(text.count, "_-")) < 4


def secrets_in(text: str) -> list[str]:
    found = []
    for kind, pattern in KINDS.items():
        for match in pattern.findall(text):
            if match not in USED_UP and (
                kind not in {"token or invitation", "secret of an authenticator"} or is_drawn(match)
            ):
                found.append(f"{kind}: {match[:12]}…")
    return found


def test_no_secret_is_kept() -> None:
    assert not found_in_files(secrets_in, __file__)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ" + "a" * 40,
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIB" + "b" * 40,
        "invitation: kQ3v9XbT1mZs7LwYc2Rp8HdJf5Ne0GuAo4tKiVrBxyE",
        "secret=JBSWY3DPEHPK3PXPQ2R5T7U4VW6XYZAB&issuer=x",
        '{"cabinet": "c", "key": "' + "0f" * 32 + '"}',
        "AKIA" + "ABCDEFGHIJ234567",
        "ghp_" + "a1B2" * 9,
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJlLW9mLWl0",
    ],
)
def test_each_kind_is_found(text: str) -> None:
    assert len(secrets_in(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\nMIIBszCCAVqgAwIBAgIUQ",
        "def test_a_city_has_roads_both_ways_between_all() -> None:",
        "GS_cluster_2415878664_254486231_359566_3595",
        "sha256:286e71c82c1a38e75bbcf185f9b37d0305ad7786535107cb49bf4df9ff2e1f95",
        "sha512-XExcO+dvLKvVtNTibSTBej1NCAbaGhWn9Ww1ZPx80qsahhPFe/8jgWP0IchNe0F3HwkU7n8ejhH8bjonqht8mQ==",
    ],
)
def test_what_is_none_passes(text: str) -> None:
    assert not secrets_in(text)
