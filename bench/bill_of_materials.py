"""What a release is made of, as a CycloneDX document: `python -m bench.bill_of_materials --out bill.json`.

It is read from the two locks, `requirements.lock` and the page's `package-lock.json`, so it names what is installed, to
the version and the hash; nothing is asked of anybody. The same locks give the same bytes.
"""

import argparse
import base64
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from signal_ctrl.domain.errors import InvalidInputError

ROOT: Final = Path(__file__).resolve().parent.parent
PYTHON_LOCK: Final = ROOT / "requirements.lock"
PAGE_LOCK: Final = ROOT / "signal_ctrl/web/page/package-lock.json"
_PACKAGE: Final = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_NAMESPACE: Final = uuid.UUID("7b1ad0a5-9c4e-5b0e-8d7e-3a1b6f0c2d94")


def python_parts(text: str) -> Iterator[dict[str, Any]]:
    """Yield a component for each package of a lock of pip. Raises: InvalidInputError for one without a hash."""
    for entry in re.split(r"\n(?=\S)", text.strip()):
        found = _PACKAGE.match(entry)
        if found is None:
            continue
        hashes = _HASH.findall(entry)
        if not hashes:
            raise InvalidInputError(f"{found['name']} has no hash in the lock; run make lock")
        name = found["name"].lower().replace("_", "-")
        yield _part("pypi", name, found["version"], [("SHA-256", each) for each in sorted(hashes)])


def page_parts(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a component for each package of a lock of npm that gets into the page, with its licence."""
    for path, entry in document["packages"].items():
        if not path or entry.get("dev"):
            continue
        kind, _, digest = entry["integrity"].partition("-")
        hashes = [(kind.upper().replace("SHA", "SHA-"), base64.b64decode(digest).hex())]
        part = _part("npm", path.rpartition("node_modules/")[2], entry["version"], hashes)
        yield part | ({"licenses": [{"license": {"id": entry["license"]}}]} if "license" in entry else {})


def _part(kind: str, name: str, version: str, hashes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    address = f"pkg:{kind}/{quote(name, safe='/')}@{version}"
    return {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": version,
        "purl": address,
        "hashes": [{"alg": algorithm, "content": content} for algorithm, content in hashes],
    }


def bill() -> dict[str, Any]:
    """Return the document. Raises: InvalidInputError if a lock lacks a hash."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = [*python_parts(PYTHON_LOCK.read_text(encoding="utf-8"))]
    parts += page_parts(json.loads(PAGE_LOCK.read_text(encoding="utf-8")))
    parts.sort(key=lambda part: part["purl"])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(_NAMESPACE, json.dumps(parts)).urn,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": project["name"],
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": parts,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the document; 2 if a lock lacks something."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.bill_of_materials", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args(arguments).out
    try:
        document = bill()
        out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except (InvalidInputError, OSError) as error:
        sys.stderr.write(f"bench.bill_of_materials: {error}\n")
        return 2
    sys.stdout.write(f"{out}: {len(document['components'])} components\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
