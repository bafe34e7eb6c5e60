"""What a page's script does with packed columns, written again from their description."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any


def unpack(spec: dict[str, Any]) -> tuple[dict[str, list[int]], list[Any]]:
    """Return columns by name, and the table of texts with None at its head."""
    data = zlib.decompress(base64.b64decode(spec["numbers"]))
    at = 0
    columns: dict[str, list[int]] = {}
    for name, count, code in spec["layout"]:
        out, last = [], 0
        for _ in range(count):
            value, shift = 0, 0
            while True:
                byte = data[at]
                at += 1
                value += (byte % 128) * 2**shift
                shift += 7
                if byte < 128:
                    break
            if code:
                value = value // 2 if value % 2 == 0 else -(value + 1) // 2
            if code == 2:
                value = last = last + value
            out.append(value)
        columns[name] = out
    assert at == len(data)
    return columns, [None, *json.loads(zlib.decompress(base64.b64decode(spec["texts"])))]


def days(columns: dict[str, list[int]]) -> list[list[dict[str, Any]]]:
    """Return the links of each day: line, direction, parts, seconds, charge."""
    starts = [0]
    for count in columns["followers"]:
        starts.append(starts[-1] + count)
    parts = {link: (a / 1e3, b / 1e3) for link, a, b in zip(
        columns["part_link"], columns["part_from"], columns["part_to"], strict=True)}  # fmt: skip
    legs = dict(zip(columns["leg_first"], columns["leg_enter"], strict=True))
    turn, first, link = iter(columns["turn"]), iter(columns["first_way"]), 0
    last: dict[int, int] = {}
    out = []
    for count in columns["day_links"]:
        day: list[dict[str, Any]] = []
        way, clock = -1, 0
        for number in range(count):
            if number == 0:
                way = next(first)
            else:
                way += columns["follower"][starts[way] + next(turn)]
            span = columns["span"][link]
            if link not in parts:
                span = last[way] = last.get(way, 0) + span
            clock = legs.get(link, clock)
            code = columns["way_line"][way]
            day.append({
                "line": code // 2, "back": bool(code % 2), "parts": parts.get(link, (0.0, 1.0)),
                "enter": clock / 10, "exit": (clock + span) / 10,
                "soc": columns["soc_exit"][link] / 1e4, "stood": columns["soc_stood"][link] / 1e4,
            })  # fmt: skip
            clock += span
            link += 1
        out.append(day)
    return out
