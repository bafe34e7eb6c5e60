"""Merging pieces of road changes nothing that a traveller could notice."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.network.osm.islands import island_report, main_part
from geofleet.network.osm.simplify import DirectedSegments, drop_repeats, merge_chains

NODES = 9

roads = st.lists(
    st.tuples(
        st.integers(0, NODES - 1),
        st.integers(0, NODES - 1),
        st.sampled_from(["both", "there", "back"]),
        st.sampled_from([0, 0, 0, 1]),
    ).filter(lambda road: road[0] != road[1]),
    min_size=1,
    max_size=16,
)


def pieces(drawn: list[tuple[int, int, str, int]]) -> DirectedSegments:
    rows = []
    for number, (a, b, way, code) in enumerate(drawn):
        length = 1.0 + 0.37 * number
        if way in ("both", "there"):
            rows.append((a, b, number, code, False, length))
        if way in ("both", "back"):
            rows.append((b, a, number, code, True, length))
    source, target, segment, code, back, length = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    return DirectedSegments(source, target, segment, segment, code, back, length)


def graph_of(source, target, length) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    for u, v, w in zip(source.tolist(), target.tolist(), length.tolist(), strict=True):
        graph.add_edge(u, v, weight=w)
    return graph


@settings(max_examples=300, deadline=None)
@given(roads, st.sets(st.integers(0, NODES - 1), max_size=2))
def test_every_piece_once_and_all_distances_kept(drawn, kept_nodes) -> None:
    """Each piece is in one link; runs are unbroken, alike within; shortest ways are as long."""
    segments = pieces(drawn)
    keep = np.zeros(NODES, dtype=bool)
    keep[list(kept_nodes)] = True
    chains = merge_chains(segments, NODES, keep=keep)
    assert sorted(chains.pieces.tolist()) == list(range(len(segments)))
    ends = set()
    for link in range(len(chains)):
        run = chains.pieces[chains.offsets[link] : chains.offsets[link + 1]]
        np.testing.assert_array_equal(segments.target[run[:-1]], segments.source[run[1:]])
        assert len(set(segments.code[run].tolist())) == 1
        inner = set(segments.target[run[:-1]].tolist())
        assert not inner & kept_nodes
        ends |= {int(segments.source[run[0]]), int(segments.target[run[-1]])}
    length = np.add.reduceat(segments.length_m[chains.pieces], chains.offsets[:-1])
    before = graph_of(segments.source, segments.target, segments.length_m)
    after = graph_of(segments.source[chains.first], segments.target[chains.last], length)
    assert set(after.nodes) == ends
    whole = dict(nx.all_pairs_dijkstra_path_length(before))
    for node, distances in nx.all_pairs_dijkstra_path_length(after):
        for other, distance in distances.items():
            assert distance == pytest.approx(whole[node][other])
        assert set(distances) == set(whole[node]) & ends


@settings(max_examples=300, deadline=None)
@given(roads, st.data())
def test_main_part_is_that_of_networkx(drawn, data) -> None:
    """Usable pieces kept are the longest strongly connected part; closed ones hang on it."""
    segments = pieces(drawn)
    usable = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(segments), max_size=len(segments)))
    )
    kept = main_part(segments, NODES, usable=usable, blocked=np.zeros(NODES, dtype=bool))
    parts = [
        {
            piece for piece in np.flatnonzero(usable).tolist()
            if segments.source[piece] in part and segments.target[piece] in part
        }
        for part in nx.strongly_connected_components(
            graph_of(segments.source[usable], segments.target[usable], segments.length_m[usable])
        )
    ]  # fmt: skip
    lengths = [segments.length_m[list(part)].sum() if part else 0.0 for part in parts]
    if not any(lengths):
        assert not kept.any()
        return
    chosen = set(np.flatnonzero(kept & usable).tolist())
    assert chosen in parts
    assert segments.length_m[list(chosen)].sum() == pytest.approx(max(lengths))
    whole = graph_of(segments.source[kept], segments.target[kept], segments.length_m[kept])
    assert nx.is_strongly_connected(whole)
    # Nothing closed that would fit is left out.
    closed = ~usable
    union = graph_of(
        segments.source[kept | closed],
        segments.target[kept | closed],
        segments.length_m[kept | closed],
    )
    home = next(part for part in nx.strongly_connected_components(union) if set(whole) <= part)
    assert set(whole) == home
    report = island_report(segments, kept, NODES)
    assert report["edges"] == len(segments) - kept.sum()
    assert report["length_km"] * 1000 == pytest.approx(segments.length_m[~kept].sum())


def test_a_blocked_node_ends_the_roads_on_both_sides() -> None:
    """0—1—2 with nothing passing 1: the longer side stays, the other is an island."""
    segments = pieces([(0, 1, "both", 0), (1, 2, "both", 0)])
    blocked = np.zeros(NODES, dtype=bool)
    blocked[1] = True
    everything = np.ones(4, dtype=bool)
    kept = main_part(segments, NODES, usable=everything, blocked=blocked)
    assert segments.segment[kept].tolist() == [1, 1]


@given(roads)
def test_repeats_are_dropped_once(drawn) -> None:
    """No two pieces join the same nodes the same way alike, and none is lost altogether."""
    segments = pieces(drawn)
    kept = drop_repeats(segments)

    def key(part: DirectedSegments) -> list[tuple[int, int, int]]:
        return list(
            zip(part.source.tolist(), part.target.tolist(), part.code.tolist(), strict=True)
        )

    assert len(set(key(kept))) == len(key(kept))
    assert set(key(kept)) == set(key(segments))
    again = drop_repeats(kept)
    assert len(again) == len(kept)
