"""Record the versions of all layer schemas; refuses a change that kept its version.

Run ``python tests/layers/record_schemas.py`` after giving a changed schema its new version.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from geofleet.layers.registry import fingerprint, known_schemas

RECORD = Path(__file__).with_name("schema_versions.json")


def changed_without_version(recorded: dict[str, dict[str, str]]) -> list[str]:
    """Return schemas whose columns differ from the record under the same version."""
    return [
        name
        for name, schema in known_schemas().items()
        if name in recorded
        and recorded[name]["version"] == schema.version
        and recorded[name]["fingerprint"] != fingerprint(schema)
    ]


def main() -> None:
    """Write the record."""
    before = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    wrong = changed_without_version(before)
    if wrong and "--first-release" not in sys.argv:
        sys.exit(f"columns changed under the same version: {', '.join(wrong)}")
    now = {
        name: {"version": schema.version, "fingerprint": fingerprint(schema)}
        for name, schema in known_schemas().items()
    }
    RECORD.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
