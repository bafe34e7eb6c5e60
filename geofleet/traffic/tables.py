"""Reading flow tables keyed by links: a traffic model's output as CSV or Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names
from geofleet.network.model import RoadNetwork
from geofleet.schema import Column, TableSchema, check_frame, read_csv
from geofleet.traffic.split import FLOW_GROUPS, check_groups, check_overlap

__all__ = ["flow_columns", "flow_schema", "match_links", "read_flow_table"]

_ALIASES = {"light": ("light", "ldv"), "heavy": ("heavy", "hdv")}
_SHOWN = 5
_KEYS = (
    ("edge",),
    ("u", "v", "key"),
    ("u", "v"),
    ("from_node_id", "to_node_id"),
    ("link_id",),
)

Ints = npt.NDArray[np.int64]


def flow_columns(
    names: list[str], flows: Mapping[str, str] | None, *, file: str, defaults: Defaults
) -> dict[str, str]:
    """Return the column of each flow group or vehicle class.

    Parameters
    ----------
    names
        Columns of the table.
    flows
        ``{group or class: column}``; looked for by name when not given: vehicle classes,
        ``light`` or ``ldv``, ``heavy`` or ``hdv``.
    defaults
        Says which classes are light or heavy.

    Raises
    ------
    InputError
        Unknown groups, columns that are not there, no flow column at all; a group beside classes
        of its own, or two columns for one group: their vehicles would count twice.
    """
    problems: list[Problem] = []
    if flows is not None:
        chosen = dict(flows)
        problems = check_groups(chosen, file=file)
        problems += [
            Problem(file, column, expected=f"this column, named for {group}; found "
                    + ", ".join(names))
            for group, column in chosen.items() if column not in names
        ]  # fmt: skip
    else:
        problems += [
            Problem(file, ", ".join(found), expected=f"one column of all {group} vehicles")
            for group, aliases in _ALIASES.items()
            if len(found := [alias for alias in aliases if alias in names]) > 1
        ]
        chosen = {
            group: alias
            for group in FLOW_GROUPS
            for alias in reversed(_ALIASES[group])
            if alias in names
        }
        chosen |= {name: name for name in vehicle_class_names() if name in names}
    problems += check_overlap(chosen, file=file, defaults=defaults)
    if problems:
        raise InputError(problems)
    if not chosen:
        expected = (
            "flow columns: light (ldv), heavy (hdv) or names of vehicle classes; found "
            + ", ".join(names)
        )
        raise InputError([Problem(file, expected=expected)])
    return chosen


def flow_schema(columns: Mapping[str, str], keys: tuple[str, ...], *, hourly: bool) -> TableSchema:
    """Return the schema of a flow table with these key and flow columns."""
    parts = [Column(name, "text" if name == "link_id" else "integer", "the link") for name in keys]
    if hourly:
        parts.append(Column("hour", "integer", "local hour", minimum=0, maximum=23))
    parts += [
        Column(name, "number", f"flow of {group}", "vehicles/h", minimum=0)
        for group, name in columns.items()
    ]
    key = (*keys, "hour") if hourly else keys
    return TableSchema("flows", "Vehicles by link", tuple(parts), key=key if keys else ())


def read_flow_table(
    path: Path, network: RoadNetwork, flows: Mapping[str, str] | None, *, defaults: Defaults
) -> tuple[pd.DataFrame, Ints, dict[str, str]]:
    """Read a table and find its links.

    Returns
    -------
    tuple
        The checked table, the edge number of each row, and the column of each group.

    Raises
    ------
    InputError
        Every fault: a missing file, no key columns, negative or missing flows, links that stand
        twice or that the network does not have.
    """
    file = str(path)
    if path.suffix.lower() == ".parquet":
        try:
            frame = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            expected = f"a Parquet table ({type(error).__name__})"
            raise InputError([Problem(file, expected=expected)]) from error
        first_row = 1
    else:
        frame = read_csv(path, TableSchema("flows", "Vehicles by link", ()))
        first_row = 2
    names = [str(name) for name in frame.columns]
    columns = flow_columns(names, flows, file=file, defaults=defaults)
    keys = next((keys for keys in _KEYS if set(keys) <= set(names)), None)
    if keys is None:
        expected = "columns that name the link: edge, or u, v, key, or from_node_id, to_node_id, "
        expected += "or link_id; found " + ", ".join(names)
        raise InputError([Problem(file, expected=expected)])
    rows = list(range(first_row, first_row + len(frame)))
    # several links may join the same two junctions; their rows differ by link_id
    unique = keys if keys != ("from_node_id", "to_node_id") or "link_id" not in names else ()
    schema = flow_schema(columns, keys, hourly="hour" in names)
    if not unique:
        schema = TableSchema(schema.name, schema.title, schema.columns)
    checked = check_frame(frame, schema, file=file, rows=rows)
    edge = match_links(checked, keys, network, file=file, rows=rows)
    named = pd.DataFrame({"edge": edge})
    if "hour" in names:
        named["hour"] = checked["hour"].to_numpy(np.int64)
    again = np.flatnonzero(named.duplicated().to_numpy(bool))
    if len(again):
        raise InputError(
            Problem(file, ", ".join(keys), rows[at], expected="each link (and hour) once")
            for at in again[:_SHOWN]
        )
    return checked, edge, columns


def match_links(
    frame: pd.DataFrame,
    keys: tuple[str, ...],
    network: RoadNetwork,
    *,
    file: str,
    rows: list[int],
) -> Ints:
    """Return the edge number of each row.

    Raises
    ------
    InputError
        Links that the network does not have, or that two junctions have several of.
    """
    count = network.arrays.edge_count
    if keys == ("edge",):
        edge = frame["edge"].to_numpy(np.int64)
        edge = np.where((edge >= 0) & (edge < count), edge, -1)
    elif keys == ("u", "v", "key"):
        wanted = pd.MultiIndex.from_arrays([frame[name].to_numpy(np.int64) for name in keys])
        edge = network.edges.index.get_indexer(wanted).astype(np.int64)
    elif keys == ("link_id",):
        edge = _by_text(frame["link_id"], network)
    else:
        edge = _by_nodes(frame, keys, network)
    problems = []
    for code, expected in (
        (-1, "a link of the network"),
        (-2, "one link; several match: name it by u, v, key or by its edge number"),
    ):
        bad = np.flatnonzero(edge == code)
        for at in bad[:_SHOWN]:
            value = ", ".join(str(frame[name].iloc[at]) for name in keys)
            problems.append(Problem(file, ", ".join(keys), rows[at], value, expected))
        if len(bad) > _SHOWN:
            more = f"{expected}; {len(bad) - _SHOWN} more rows have the same fault"
            problems.append(Problem(file, ", ".join(keys), rows[bad[_SHOWN]], "", more))
    if problems:
        raise InputError(problems)
    return edge


def _by_text(wanted: pd.Series, network: RoadNetwork) -> Ints:
    ids = pd.Series(np.arange(len(network.edges)), index=network.edges["osmid"].astype(str))
    repeated = set(ids.index[ids.index.duplicated(keep=False)])
    single = ids[~ids.index.duplicated(keep=False)]
    texts = wanted.astype(str)
    edge = np.array(single.reindex(texts).fillna(-1), dtype=np.int64)
    edge[texts.isin(repeated).to_numpy(bool)] = -2
    return edge


def _by_nodes(frame: pd.DataFrame, keys: tuple[str, ...], network: RoadNetwork) -> Ints:
    index = network.edges.index
    pairs = pd.MultiIndex.from_arrays([index.get_level_values(0), index.get_level_values(1)])
    repeated = pairs.duplicated(keep=False)
    wanted = pd.MultiIndex.from_arrays([frame[name].to_numpy(np.int64) for name in keys])
    edge = np.full(len(frame), -1, dtype=np.int64)
    single = np.flatnonzero(~repeated)
    found = pairs[single].get_indexer(wanted)
    edge[found >= 0] = single[found[found >= 0]]
    several = wanted.isin(pairs[repeated])
    edge[several] = -2
    if "link_id" in frame.columns and several.any():
        places = _by_text(frame["link_id"], network)
        edge[several & (places >= 0)] = places[several & (places >= 0)]
    return edge
