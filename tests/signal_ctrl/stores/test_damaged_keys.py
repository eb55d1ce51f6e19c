"""A flipped bit in a file of keys is found before anything is signed or sealed with it (SAFETY part D, corruption)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError, StorageDamagedError
from signal_ctrl.stores.centre_keys import CENTRE_KEY, CENTRE_PUBLIC, IDENTITY_KEY, centre_secret, key_box
from signal_ctrl.stores.key_files import AUDIT_KEY, AUDIT_PUBLIC, signing_key
from signal_ctrl.stores.restore import restore
from tests.signal_ctrl.stores.test_backup import NOW_MS, SECRET, made_of

Look = Callable[[Path], bytes]


def audit_key(folder: Path) -> bytes:
    return signing_key(folder).private_bytes_raw()


@pytest.mark.parametrize(
    ("name", "look"),
    [
        (CENTRE_KEY, centre_secret),
        (CENTRE_PUBLIC, centre_secret),
        (AUDIT_KEY, audit_key),
        (AUDIT_PUBLIC, audit_key),
    ],
)
def test_a_flipped_bit_in_a_key_is_found_or_does_no_harm(name: str, look: Look, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    sound = look(tmp_path)
    path = tmp_path / "keys" / name
    content, found = path.read_bytes(), 0
    for place in range(8 * len(content)):
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            assert look(tmp_path) == sound, f"bit {place} made another key of it"
        except InvalidInputError:
            found += 1
    path.write_bytes(content)
    assert look(tmp_path) == sound
    assert found > 6 * len(content), "a line break may be another space"


def test_a_flipped_bit_in_the_key_of_secrets_opens_none(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    sealed = [key_box(tmp_path).seal(f"a secret {k}") for k in range(20)]
    path = tmp_path / "keys" / IDENTITY_KEY
    content = path.read_bytes()
    for place in range(8 * len(content)):
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        for k, each in enumerate(sealed):
            try:
                assert key_box(tmp_path).unseal(each) == f"a secret {k}", "it opens as something else"
            except (InvalidInputError, StorageDamagedError):
                continue


def test_a_folder_of_before_gets_its_public_half_and_a_backup_brings_it_along(tmp_path: Path) -> None:
    data = tmp_path / "data"
    secret = centre_secret(made_of(data))
    (data / "keys" / CENTRE_PUBLIC).unlink()
    assert centre_secret(data) == secret
    from signal_ctrl.stores.backup import make_backup

    made = make_backup(data, tmp_path / "b.backup", SECRET, NOW_MS)
    restore(made.file, tmp_path / "new", SECRET, NOW_MS)
    assert (tmp_path / "new" / "keys" / CENTRE_PUBLIC).read_bytes() == (data / "keys" / CENTRE_PUBLIC).read_bytes()
    assert centre_secret(tmp_path / "new") == secret
