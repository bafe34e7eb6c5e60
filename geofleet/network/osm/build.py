"""OpenStreetMap file → RoadNetwork."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, NetworkDataError, Problem
from geofleet.network.access import FORBIDDEN, AccessWords
from geofleet.network.model import RoadNetwork
from geofleet.network.osm.attributes import LinkAttributes, tabulate
from geofleet.network.osm.controls import traffic_controls
from geofleet.network.osm.islands import island_report, main_part
from geofleet.network.osm.points import blocked_nodes, narrowed
from geofleet.network.osm.restrictions import barrier_restrictions, resolve
from geofleet.network.osm.scan import scan
from geofleet.network.osm.segments import cut_into_segments
from geofleet.network.osm.simplify import drop_repeats, merge_chains
from geofleet.network.osm.tables import edge_report, edge_table, link_ends, node_table, utm_zone
from geofleet.network.speeds import has_country, link_speeds

__all__ = ["read_osm"]

_LOG = logging.getLogger(__name__)


def read_osm(
    path: str | Path,
    *,
    country: str | None = None,
    defaults: Defaults | None = None,
    progress: Callable[[float], None] | None = None,
) -> RoadNetwork:
    """Read an OpenStreetMap file into a road network for freight vehicles.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``. Clipped extracts are fine: ways are
        cut where their nodes are missing.
    country
        ISO 3166-1 alpha-2 code, for the speeds of roads without ``maxspeed``.
    defaults
        Default numbers; the rows used are in the network's ``provenance``.
    progress
        Called with the fraction done.

    Returns
    -------
    RoadNetwork
        The longest strongly connected part of the roads that motor vehicles may use, with the
        closed roads that hang on it. Its ``report`` holds:

        ``file``, ``country``, ``country_speeds``
            What was read; whether the speed table has rows of its own for the country.
        ``ways_read``, ``ways_excluded``, ``ways_cut_at_missing_nodes``
            Drivable ways taken; those left out by reason; those cut at the edge of the extract.
        ``repeated_pieces_dropped``
            Directed pieces drawn twice with the same attributes.
        ``islands``
            What is not connected: ``parts``, ``edges`` (directed pieces) and ``length_km``.
        ``barriers``
            Barriers ``by_kind``, nodes ``blocking`` all traffic, and limits at junctions skipped.
        ``turn_restrictions``
            ``relations`` read, ``used``, movements closed ``from_barriers``, ``ignored`` by
            reason (conditional ones are among these).
        ``traffic_control``
            Signals and stop signs: ``nodes`` by kind, ``links_with_signals``,
            ``links_with_stop_signs``, and the sums over links ``signals``, ``stop_signs``.
        ``speed_rules_unresolved``, ``values_not_understood``
            Tag values without a meaning here, counted by distinct tag set and direction.
        ``nodes``, ``edges``, ``length_km``
            Size of the network (directed length).
        ``speed_source_share``
            Share of length by ``speed_source``.
        ``truck_limits_km``
            Directed length of links with each tag that can keep a truck out.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or not OpenStreetMap data, or the country is no
        country code.
    NetworkDataError
        The file holds no drivable road, or none that makes a network.
    """
    path = Path(path)
    _check_country(country)
    recorder = (defaults or Defaults()).scope()
    tell = progress or (lambda _fraction: None)
    tell(0.0)
    raw = scan(path, _drivable(recorder))
    tell(0.5)
    table = tabulate(raw.tagsets)
    unknown = Counter(table.not_understood)
    segments, cuts = cut_into_segments(raw, table)
    segments, records, limits_skipped = narrowed(segments, table.records, raw, unknown)
    repeated = len(segments)
    segments = drop_repeats(segments)
    repeated -= len(segments)
    words = AccessWords(recorder)
    blocked, barriers = blocked_nodes(raw, words, recorder)
    kept = main_part(
        segments,
        len(raw.node_id),
        usable=_usable(records, words)[segments.code],
        blocked=blocked,
    )
    if not kept.any():
        raise NetworkDataError(
            f"{path}: its {len(raw.way_id)} roads do not make a network on which a motor "
            "vehicle could leave a place and come back"
        )
    unknown.update(_words_without_meaning(records, words))
    islands = island_report(segments, kept, len(raw.node_id))
    segments = segments.take(kept)
    tell(0.6)
    chains = merge_chains(segments, len(raw.node_id), keep=blocked)
    speeds = link_speeds(records, country, recorder)
    unknown.update(speeds.implausible)
    controls = traffic_controls(raw, records, segments, chains, recorder)
    edges, order = edge_table(raw, records, speeds, segments, chains, controls)
    nodes = node_table(raw, segments, chains)
    tell(0.8)
    links = link_ends(raw, segments, chains, order)
    turns, turns_ignored = resolve(raw.relations, links)
    barrier_turns = barrier_restrictions(raw.node_id[blocked].tolist(), links)
    tell(0.9)
    report = {
        "file": str(path),
        "country": country.upper() if country else None,
        "country_speeds": bool(country) and has_country(str(country)),
        "ways_read": len(raw.way_id),
        "ways_excluded": raw.excluded,
        "ways_cut_at_missing_nodes": cuts,
        "repeated_pieces_dropped": repeated,
        "islands": islands,
        "barriers": {
            "by_kind": barriers,
            "blocking": int(blocked.sum()),
            "limits_at_junctions_skipped": limits_skipped,
        },
        "turn_restrictions": {
            "relations": len(raw.relations),
            "used": len({turn.osmid for turn in turns}),
            "from_barriers": len(barrier_turns),
            "ignored": turns_ignored,
        },
        "traffic_control": controls.report,
        "speed_rules_unresolved": speeds.unresolved,
        "values_not_understood": dict(unknown),
        **edge_report(edges),
        "nodes": len(nodes),
    }
    for line in _warnings(report):
        _LOG.warning("%s: %s", path, line)
    network = RoadNetwork(
        nodes=nodes,
        edges=edges,
        crs_metric=utm_zone(nodes),
        turn_restrictions=turns + barrier_turns,
        report=report,
        provenance=recorder.used,
    )
    tell(1.0)
    return network


def _warnings(report: Mapping[str, Any]) -> Iterator[str]:
    if not report["country_speeds"]:
        country = report["country"]
        known = f"the speed table has no rows for {country}" if country else "no country was given"
        yield f"{known}; roads without maxspeed get the default speed of their class"
    lost, kept = report["islands"]["length_km"], report["length_km"]
    if lost > kept:
        yield (
            f"{lost:.0f} km of roads were left out as islands, more than the {kept:.0f} km kept; "
            "is the extract cut through the middle of the place?"
        )


def _check_country(country: str | None) -> None:
    if country is not None and not (len(country) == 2 and country.isascii() and country.isalpha()):
        expected = "a two-letter country code such as MX (ISO 3166-1 alpha-2)"
        raise InputError([Problem("settings", "country", value=str(country), expected=expected)])


def _drivable(defaults: Defaults) -> list[str]:
    table = read_table("network_classes")
    return [
        str(name) for name in table.index
        if defaults.text("network_classes", str(name)) == "drivable"
    ]  # fmt: skip


def _words_without_meaning(records: list[LinkAttributes], words: AccessWords) -> Counter[str]:
    """Count the access values that the table does not explain; they neither open nor close."""
    return Counter(
        f"{column}={value}"
        for record in records
        for column in ("access", "motor_vehicle", "goods", "hgv")
        if (value := getattr(record, column)) is not None and words.code(value) < 0
    )


def _usable(records: list[LinkAttributes], words: AccessWords) -> npt.NDArray[np.bool_]:
    """Whether some motor vehicle, light or heavy, may use a road with these attributes."""
    code = np.ones(len(records), dtype=np.int8)
    for column in ("access", "motor_vehicle"):
        own = words.codes(getattr(record, column) for record in records)
        code = np.where(own >= 0, own, code)
    usable: npt.NDArray[np.bool_] = code != FORBIDDEN
    for column in ("goods", "hgv"):
        own = words.codes(getattr(record, column) for record in records)
        usable |= own > FORBIDDEN
    return usable
