"""Fields of GMNS, the General Modeling Network Specification, as its table schemas define them.

Read in the specification's ``config``, ``node``, ``link``, ``geometry`` and ``movement`` schemas
(0.95 and 0.96): name, type, whether required, smallest and largest value. Types are ``any``,
``string``, ``number``, ``integer`` and ``boolean``; ``NaN`` and the empty cell are missing values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = [
    "FIELDS",
    "KEYS",
    "LENGTHS_M",
    "MISSING",
    "OPTIONAL",
    "REFERENCES",
    "SPEEDS_KMH",
    "Rule",
]

MISSING = ("", "NaN")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field may hold."""

    kind: str = "any"
    required: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    choices: tuple[str, ...] = ()


_NUMBER, _TEXT, _ANY = Rule("number"), Rule("string"), Rule()
_KEY = Rule(required=True)
_POSITIVE = Rule("number", minimum=0.0)

FIELDS: dict[str, dict[str, Rule]] = {
    "config": {
        "dataset_name": _ANY, "short_length": _ANY, "long_length": _ANY, "speed": _ANY,
        "crs": _ANY, "geometry_field_format": _ANY, "currency": _ANY, "version_number": _NUMBER,
        "id_type": Rule("string", choices=("string", "integer")),
    },
    "node": {
        "node_id": _KEY, "name": _TEXT, "x_coord": Rule("number", required=True),
        "y_coord": Rule("number", required=True), "z_coord": _NUMBER, "node_type": _TEXT,
        "ctrl_type": Rule("string", choices=("none", "yield", "stop", "4_stop", "signal")),
        "zone_id": _ANY, "parent_node_id": _ANY,
    },
    "link": {
        "link_id": _KEY, "name": _TEXT, "from_node_id": _KEY, "to_node_id": _KEY,
        "directed": Rule("boolean", required=True), "geometry_id": _ANY, "geometry": _ANY,
        "parent_link_id": _ANY, "dir_flag": Rule("integer", choices=("1", "-1", "0")),
        "length": _POSITIVE, "grade": Rule("number", minimum=-100.0, maximum=100.0),
        "facility_type": _TEXT, "capacity": _POSITIVE,
        "free_speed": Rule("number", minimum=0.0, maximum=200.0),
        "lanes": Rule("integer", minimum=0.0), "bike_facility": _TEXT, "ped_facility": _TEXT,
        "parking": _TEXT, "allowed_uses": _TEXT, "toll": _NUMBER, "jurisdiction": _TEXT,
        "row_width": _POSITIVE,
    },
    "geometry": {"geometry_id": _KEY, "geometry": _ANY},
    "movement": {
        "mvmt_id": _KEY, "node_id": _KEY, "name": _TEXT, "ib_link_id": _KEY,
        "start_ib_lane": Rule("integer"), "end_ib_lane": Rule("integer"), "ob_link_id": _KEY,
        "start_ob_lane": Rule("integer"), "end_ob_lane": Rule("integer"),
        "type": Rule("string", required=True,
                     choices=("left", "right", "uturn", "thru", "merge", "diverge")),
        "penalty": _NUMBER, "capacity": _NUMBER,
        "ctrl_type": Rule("string", choices=("no_control", "yield", "stop", "stop_2_way",
                                             "stop_4_way", "signal_with_RTOR", "signal")),
        "mvmt_code": _TEXT, "allowed_uses": _TEXT, "geometry": _ANY,
    },
}  # fmt: skip

KEYS = {
    "node": "node_id", "link": "link_id", "geometry": "geometry_id", "movement": "mvmt_id"
}  # fmt: skip
"""Primary keys: each value once."""

REFERENCES = {
    "link": {
        "from_node_id": "node", "to_node_id": "node", "geometry_id": "geometry",
        "parent_link_id": "link",
    },
    "movement": {"node_id": "node", "ib_link_id": "link", "ob_link_id": "link"},
    "node": {"parent_node_id": "node"},
}  # fmt: skip
"""Fields whose values must be keys of another table, by their own table."""

OPTIONAL = ("config", "geometry", "movement")
"""Tables that a network need not have."""

LENGTHS_M = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0, "km": 1000.0,
    "kilometer": 1000.0, "kilometers": 1000.0, "kilometre": 1000.0, "kilometres": 1000.0,
    "mi": 1609.344, "mile": 1609.344, "miles": 1609.344, "ft": 0.3048, "foot": 0.3048,
    "feet": 0.3048,
}  # fmt: skip
SPEEDS_KMH = {
    "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "km/hr": 1.0, "kilometers per hour": 1.0, "mph": 1.609344,
    "mi/h": 1.609344, "miles per hour": 1.609344, "m/s": 3.6,
}  # fmt: skip
