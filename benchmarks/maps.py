"""Maps of a city in a browser: packed lines beside folium's own GeoJson on the same data.

Weighs the pages, opens them in a headless Chromium without graphics processor or network, and
measures until the lines are drawn, then each redraw by zoom, hour and variable. Streets are made
up (a bent grid, four points each) unless an OpenStreetMap file is given, whose roads are then laid
side by side until there are enough. Traffic is made up: Poisson counts of vehicles about a daily
profile, emissions that go with them, harm that goes with emissions; ``--noise`` has four
independent variables that are not zero in any hour instead, the bad case for packing.

CPU is that of the page's main thread; wall time depends on what else the machine does.

    python benchmarks/maps.py [--links N] [--pbf FILE COUNTRY] [--noise] [--plain N ...]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely

from geofleet.maps.frame import PageFrame
from geofleet.maps.packed import Variable, city_map
from geofleet.maps.scales import EMITTED, HARM, STEPS, TRAFFIC
from geofleet.wording import both

PROFILE = np.array(
    [2, 1.5, 1, 1, 2, 5, 12, 18, 22, 24, 23, 21, 18, 19, 20, 19, 17, 15, 12, 9, 7, 5, 4, 3]
)
HUES = (TRAFFIC, EMITTED, STEPS, HARM)
LIMIT_S = 120
LOOK_UP = """() => {
    const map = packed_city._map, size = map.getSize(), times = [];
    for (let k = 0; k < 200; k++) {
        const at = map.containerPointToLatLng([(k * 37) % size.x, (k * 53) % size.y]);
        const began = performance.now();
        packed_city.at(at);
        times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    return { median: times[100], worst: times[199] };
}"""
"""Which link lies at a place: 200 places of the map as it is shown."""


def made_up_streets(count: int) -> np.ndarray:
    """Return a bent grid of about eighty metres, denser nowhere, in degrees."""
    rng = np.random.default_rng(0)
    side = int(np.ceil(np.sqrt(count / 2)))
    at = np.arange(count) // 2
    start = np.column_stack([at % side, at // side]) * 8e-4
    along = np.where((np.arange(count) % 2)[:, None], [8e-4, 0], [0, 8e-4])
    part = np.array([0, 0.3, 0.7, 1])[None, :, None]
    points = start[:, None, :] + along[:, None, :] * part
    points[:, 1:3] += rng.normal(0, 6e-5, (count, 2, 2))
    return shapely.linestrings(points + np.array([-99.2, 19.3]))


def real_streets(path: str, country: str, count: int) -> np.ndarray:
    """Return the roads of a file, each direction once, side by side as often as needed."""
    from geofleet.network import read_osm

    lines = np.array(read_osm(path, country=country).edges.geometry)
    _, first = np.unique(shapely.to_wkb(shapely.normalize(lines)), return_index=True)
    lines = lines[np.sort(first)]
    west, south, east, north = shapely.total_bounds(lines)
    tiles, placed = [], 0
    while placed < count:
        k = len(tiles)
        move = np.array([(east - west) * (k % 3) * 0.5, (north - south) * (k // 3) * 0.5])
        tiles.append(shapely.transform(lines[: count - placed], lambda c, by=move: c + by))
        placed += len(tiles[-1])
    return np.concatenate(tiles)


def made_up_values(count: int, *, noise: bool) -> dict[str, np.ndarray]:
    """Return four variables by hour."""
    rng = np.random.default_rng(1)
    shares = PROFILE / PROFILE.sum()
    if noise:
        return {
            name: shares * rng.lognormal(0, 1.2, (count, 1)) * rng.lognormal(0, 0.3, (count, 24))
            for name in ("first", "second", "third", "fourth")
        }  # fmt: skip
    daily = rng.choice([2.0, 8, 60, 150, 400, 900], count, p=[0.55, 0.15, 0.12, 0.1, 0.05, 0.03])
    daily *= rng.lognormal(0, 0.8, count)
    vehicles = rng.poisson(daily[:, None] * shares).astype(float)
    mix = rng.lognormal(0, 0.25, count)[:, None]
    nox = vehicles * mix * 4.2 * rng.gamma(50, 1 / 50, (count, 24))
    soot = vehicles * mix * 0.11 * rng.gamma(50, 1 / 50, (count, 24))
    harm = soot * rng.lognormal(0, 0.3, (1, 24)) * rng.lognormal(0, 1, count)[:, None]
    return {"vehicles": vehicles, "nox": nox, "soot": soot, "harm": harm}


def packed_page(lines: np.ndarray, values: dict[str, np.ndarray], path: Path) -> None:
    """Write the page of packed lines."""
    variables = [
        Variable(name, label=both(name), unit=both("per day"), hour_unit=both("per hour"),
                 values=hours, colours=hues)
        for (name, hours), hues in zip(values.items(), HUES, strict=True)
    ]  # fmt: skip
    links = gpd.GeoDataFrame(
        {"name": [f"Street {k // 12}" for k in range(len(lines))]}, geometry=list(lines), crs=4326
    )
    frame = PageFrame(name="city", title=both("City"), study="Benchmark")
    path.write_text(city_map(links, variables, frame=frame).get_root().render(), encoding="utf-8")


def plain_page(lines: np.ndarray, values: np.ndarray, path: Path) -> None:
    """Write folium's own GeoJson of one variable of the day, with tooltips, as its guide shows."""
    from geofleet.maps.shell import new_page

    frame = PageFrame(name="city", title=both("City"), study="Benchmark")
    page = new_page(frame)
    table = gpd.GeoDataFrame({"value": values.sum(axis=1)}, geometry=list(lines), crs=4326)
    hues = np.array(EMITTED)
    limits = np.quantile(table["value"], [0.4, 0.65, 0.82, 0.94])
    folium.GeoJson(
        table,
        style_function=lambda item: {
            "color": str(hues[np.searchsorted(limits, item["properties"]["value"])]), "weight": 2,
        },
        tooltip=folium.GeoJsonTooltip(["value"]),
    ).add_to(page)  # fmt: skip
    west, south, east, north = shapely.total_bounds(lines)
    page.fit_bounds([[south, west], [north, east]])
    path.write_text(page.get_root().render(), encoding="utf-8")


class Page:
    """An open page and the clock of its main thread."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.context = browser.new_context(viewport={"width": 1400, "height": 900}, offline=True)
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(LIMIT_S * 1000)
        self.asked = 0
        self.tab.on("request", lambda _: setattr(self, "asked", self.asked + 1))
        self.session = self.context.new_cdp_session(self.tab)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})
        began = time.perf_counter()
        self.tab.goto(path.as_uri(), wait_until="load", timeout=LIMIT_S * 1000)
        if self.tab.evaluate("typeof packed_city !== 'undefined'"):
            self.tab.evaluate("() => packed_city.ready")
        self.tab.evaluate("() => new Promise(r => requestAnimationFrame(() => setTimeout(r)))")
        self.load = {"load_s": time.perf_counter() - began, "load_cpu_s": self.cpu_s()}

    def cpu_s(self) -> float:
        """Return what the main thread has used so far."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return float({item["name"]: item["value"] for item in metrics}["TaskDuration"])

    def heap_mb(self) -> float:
        """Return what scripts hold after a collection, typed arrays among it."""
        self.session.send("HeapProfiler.collectGarbage")
        found = self.session.send("Runtime.getHeapUsage")
        return float(found["usedSize"] + found.get("backingStorageSize", 0)) / 1e6

    def timed(self, script: str, times: int = 5) -> dict[str, float]:
        """Return median wall and mean CPU milliseconds of a step and the frame after it."""
        walls = []
        before = self.cpu_s()
        for k in range(times):
            walls.append(self.tab.evaluate(
                "async k => { const t = performance.now(); await (" + script + ")(k);"
                " await new Promise(r => requestAnimationFrame(() => setTimeout(r)));"
                " return performance.now() - t; }", k))  # fmt: skip
        cpu = (self.cpu_s() - before) / times
        return {"wall_ms": statistics.median(walls), "least_ms": min(walls), "cpu_ms": cpu * 1000}


def measure_packed(browser: Any, path: Path) -> dict[str, Any]:
    """Open the packed page and redraw it in every way."""
    page = Page(browser, path)
    tab = page.tab
    tab.evaluate(
        "() => new Promise(r => packed_city.complete ? r() : packed_city.on('complete', () => r()))"
    )
    found: dict[str, Any] = {**page.load, "all_variables_cpu_s": page.cpu_s(), "zoom": {}}
    start = tab.evaluate("packed_city._map.getZoom()")
    for zoom in range(max(3, int(start) - 2), 19):
        step = f"() => {{ packed_city._map.setZoom({zoom}, {{ animate: false }}); }}"
        tab.evaluate(step)
        found["zoom"][zoom] = page.timed("() => { packed_city.redraw(); }", 3)
        found["zoom"][zoom]["shown"] = tab.evaluate("packed_city.shown")
    tab.evaluate(f"() => {{ packed_city._map.setZoom({start}, {{ animate: false }}); }}")
    found["hour"] = page.timed("k => packed_city.setHour(7 + k)")
    found["variable"] = page.timed(
        "k => packed_city.setVariable(packed_city.variables[k % packed_city.variables.length].name)"
    )
    found["within"] = tab.evaluate(
        "Object.fromEntries(packed_city.variables.map(one => [one.name, one.spec.hours.within]))"
    )
    found["look_up_ms"] = {}
    for zoom in (int(start), 13, 16, 18):
        tab.evaluate(f"() => {{ packed_city._map.setZoom({zoom}, {{ animate: false }}); }}")
        found["look_up_ms"][zoom] = tab.evaluate(LOOK_UP)
    tab.evaluate(f"() => {{ packed_city._map.setZoom({start}, {{ animate: false }}); }}")
    found["megabytes_used"] = [page.heap_mb()]
    tab.evaluate("() => { for (let k = 0; k < 200; k++) packed_city.setHour(k % 24); }")
    found["megabytes_used"].append(page.heap_mb())
    found["requests"] = page.asked - 1
    page.context.close()
    return found


def measure_plain(browser: Any, path: Path) -> dict[str, Any]:
    """Open folium's own page and redraw it once by zooming in."""
    try:
        page = Page(browser, path)
    except Exception as error:
        return {"stopped": f"not open after {LIMIT_S} s ({type(error).__name__})"}
    found = {
        **page.load,
        "zoom": page.timed("() => { map_page.setZoom(map_page.getZoom() + 1); }", 1),
    }
    page.context.close()
    return found


def main() -> None:
    """Print what was measured as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--links", type=int, default=300_000)
    parser.add_argument("--pbf", nargs=2, metavar=("FILE", "COUNTRY"))
    parser.add_argument("--noise", action="store_true")
    parser.add_argument("--plain", nargs="*", type=int, default=[2_000, 20_000, 50_000])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    streets = (
        real_streets(*options.pbf, options.links) if options.pbf else made_up_streets(options.links)
    )
    values = made_up_values(len(streets), noise=options.noise)
    result: dict[str, Any] = {"links": len(streets), "load_average": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which(os.environ.get("CHROMIUM", "chromium")),
            args=["--no-sandbox", "--disable-gpu"],
        )
        path = Path(folder, "packed.html")
        began, cpu = time.perf_counter(), time.process_time()
        packed_page(streets, values, path)
        result["packed"] = {
            "build_s": time.perf_counter() - began, "build_cpu_s": time.process_time() - cpu,
            "megabytes": path.stat().st_size / 1e6, **measure_packed(browser, path),
        }  # fmt: skip
        result["plain"] = {}
        for count in options.plain:
            path = Path(folder, f"plain_{count}.html")
            began, cpu = time.perf_counter(), time.process_time()
            some = next(iter(values.values()))[:count]
            plain_page(streets[:count], some, path)
            result["plain"][len(some)] = {
                "build_s": time.perf_counter() - began, "build_cpu_s": time.process_time() - cpu,
                "megabytes": path.stat().st_size / 1e6, **measure_plain(browser, path),
            }  # fmt: skip
        browser.close()
    text = json.dumps(result, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
