"""What was learned of sources of counts, as a JSON document."""

import json
from collections.abc import Mapping
from typing import Any, Final

from detectors.fusion.conditions import CROWDINGS, LIGHTS, WEATHERS
from detectors.fusion.count_rows import SOURCES
from detectors.fusion.noise import Noise, NoiseTable
from signal_ctrl.domain.errors import InvalidInputError

FORMAT: Final = "signal-ctrl noise 1"
_KEYS: Final = (LIGHTS, WEATHERS, CROWDINGS)


def noises_document(noises: Mapping[str, NoiseTable]) -> dict[str, Any]:
    """Return the noise of each source: factor and dispersion by classes of conditions, the widest one first."""
    return {
        source: [
            {"class": list(name), "factor": round(noise.factor, 6), "dispersion": round(noise.dispersion, 6)}
            for name, noise in sorted(table.by_class.items(), key=lambda item: (len(item[0]), item[0]))
        ]
        for source, table in noises.items()
    }


def noises_to_json(noises: Mapping[str, NoiseTable]) -> str:
    """Return the document that `noises_from_json` reads."""
    return json.dumps({"format": FORMAT, "sources": noises_document(noises)}, indent=1) + "\n"


def noises_from_json(text: str, source: str) -> dict[str, NoiseTable]:
    """Return the noise of each source. Raises: InvalidInputError if the document is none, or lacks a source."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise InvalidInputError(f"its format is '{document['format']}', this is for '{FORMAT}'")
        return {name: NoiseTable(dict(_noise(row) for row in document["sources"][name])) for name in SOURCES}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, InvalidInputError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else error
        raise InvalidInputError(f"{source} is no noise of sources ({what}); write it anew with --learned") from error


def _noise(row: Mapping[str, Any]) -> tuple[tuple[str, ...], Noise]:
    name = tuple(str(word) for word in row["class"])
    if len(name) > len(_KEYS) or any(word not in known for word, known in zip(name, _KEYS, strict=False)):
        raise InvalidInputError(f"'{' '.join(name)}' is no class of conditions")
    return name, Noise(float(row["factor"]), float(row["dispersion"]))
