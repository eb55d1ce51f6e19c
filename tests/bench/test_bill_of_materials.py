"""The bill of materials names all that the locks install, and nothing else."""

import json
from pathlib import Path

import pytest

from bench.bill_of_materials import PAGE_LOCK, PYTHON_LOCK, bill, main, page_parts, python_parts
from signal_ctrl.domain.errors import InvalidInputError


def test_every_package_of_both_locks_is_named_with_its_hash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "bill.json"
    assert main(["--out", str(out)]) == 0
    document = json.loads(out.read_text())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    addresses = [part["purl"] for part in document["components"]]
    assert addresses == sorted(set(addresses)) and all(part["hashes"] for part in document["components"])
    locked = [
        line.split()[0].lower() for line in PYTHON_LOCK.read_text().splitlines() if "==" in line and line[0].isalnum()
    ]
    for line in locked:
        name, version = line.split("==")
        assert f"pkg:pypi/{name.split('[')[0].replace('_', '-')}@{version}" in addresses
    in_page = {
        path for path, entry in json.loads(PAGE_LOCK.read_text())["packages"].items() if path and not entry.get("dev")
    }
    assert len(addresses) == len(locked) + len(in_page)
    assert any(address.startswith("pkg:npm/leaflet@") for address in addresses)
    assert any(address.startswith("pkg:npm/%40preact/signals@") for address in addresses)
    assert capsys.readouterr().out == f"{out}: {len(addresses)} components\n"
    assert bill() == document, "the same locks give the same document"


def test_a_package_without_a_hash_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="two has no hash"):
        list(python_parts("one==1 \\\n    --hash=sha256:" + "0" * 64 + "\ntwo==2\n"))


def test_what_only_builds_the_page_is_left_out() -> None:
    entry = {"version": "1", "integrity": "sha512-AAAA"}
    found = list(page_parts({"packages": {"": {}, "node_modules/a": entry, "node_modules/b": {**entry, "dev": True}}}))
    assert [(part["name"], part["hashes"]) for part in found] == [("a", [{"alg": "SHA-512", "content": "000000"}])]
