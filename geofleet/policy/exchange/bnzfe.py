"""Low emission zones of France: the national base BNZFE, schema-zfe 0.8.2."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.exchange import french
from geofleet.policy.rules.conditions import All, Among, Condition
from geofleet.policy.rules.days import When
from geofleet.policy.rules.model import Geography, Rule, RuleSet
from geofleet.policy.rules.opening_hours import fault_of
from geofleet.schema import read_text

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["read_bnzfe"]

_LABELS = {
    "vp": "Cars", "vul": "Vans", "pl": "Heavy goods vehicles", "autobus_autocars": "Buses",
    "deux_rm": "Two-wheelers",
}  # fmt: skip
_ORDER = ("EL", "V1", "V2", "V3", "V4", "V5", "NC")
_KNOWN = {
    "id", "date_debut", "date_fin", "url_arrete", "url_site_information",
    *(f"{kind}_{what}" for kind in _LABELS for what in ("critair", "horaires")),
}  # fmt: skip


@dataclass
class _Feature:
    """One feature with what is wrong in it."""

    file: str
    number: int
    properties: Mapping[str, Any]
    problems: list[Problem]
    shape: BaseGeometry | None = None
    bans: dict[str, tuple[str, str]] = field(default_factory=dict)

    def wrong(self, name: str, value: Any, expected: str) -> None:
        text = "" if value is None else str(value)
        self.problems.append(Problem(self.file, name, self.number, text, expected))

    def text(self, name: str) -> str:
        """Return a text, empty where there is none."""
        value = self.properties.get(name)
        if value is None or isinstance(value, str):
            return (value or "").strip()
        self.wrong(name, value, "text or null")
        return ""

    def required(self, name: str) -> str:
        found = self.text(name)
        if not found and not any(p.field == name for p in self.problems[-1:]):
            self.wrong(name, None, f"the property {name}, which the schema requires")
        return found

    def date(self, name: str, text: str) -> datetime.date | None:
        if not text:
            return None
        try:
            if len(text) != 10:
                raise ValueError(text)
            return datetime.date.fromisoformat(text)
        except ValueError:
            self.wrong(name, text, "a date like 2019-07-01")
            return None


@dataclass(frozen=True, eq=False)
class _Zone:
    """An area, or roads of the same rules, from one date to another."""

    name: str
    first: datetime.date | None
    last: datetime.date | None
    bans: Mapping[str, tuple[str, str]]
    shape: BaseGeometry
    roads: bool
    order: str
    site: str


def read_bnzfe(
    *paths: Path | str, name: str = "bnzfe", title: str = "", defaults: Defaults | None = None
) -> RuleSet:
    """Read low emission zones, and the roads on which they hold otherwise.

    Each feature gives one ``prohibit`` rule for each kind of vehicle with a sticker and hours:
    ``<id>:vul``, ``<id>:pl``…. A sticker forbids itself and all dirtier ones (*EL, V1 … V5, NC*).
    Features that are lines are *voies spéciales*: their own rules hold on them in place of those
    of the areas, from which an ``exempt`` rule frees them; features of the same rules are put
    together.

    Kinds of vehicles: *vul* and *pl* are freight up to and above 3,500 kg, *vp* private cars and
    taxis, buses public transport; *deux_rm* asks for an attribute of its own, ``two_wheeler``.

    Parameters
    ----------
    *paths
        GeoJSON files of areas and of roads, in any order.
    name, title
        Of the rule set.

    Returns
    -------
    RuleSet
        With public holidays of France. Properties that the schema does not have stand under
        ``notes``.

    Raises
    ------
    InputError
        Every fault of every feature at once; the row is the number of the feature.

    Notes
    -----
    Schema: etalab/schema-zfe 0.8.2, transport.data.gouv.fr (2022).
    """
    scope = (defaults or Defaults()).scope()
    problems: list[Problem] = []
    notes: dict[str, None] = {}
    features = [one for path in paths for one in _features(Path(path), problems, notes)]
    if problems:
        raise InputError(problems)
    zones = _zones(features)
    areas = [one for one in zones if not one.roads]
    kinds = _conditions(scope)
    rules: list[Rule] = []
    geographies: dict[str, Geography] = {}
    for zone in zones:
        place = _place(zone, geographies, scope)
        rules += _bans(zone, place, kinds)
    # A lifter may stand after what it lifts.
    lifted = tuple(dict.fromkeys(rule.rule_id for zone in areas for rule in _bans(zone, "", kinds)))
    for zone in zones:
        if zone.roads and lifted:
            rules.append(_exempt(zone, _place(zone, geographies, scope), lifted))
        elif zone.roads:
            notes[f"{zone.name}: roads without the areas from which they are excepted"] = None
    if not rules:
        expected = "a sticker and hours of at least one kind of vehicle in at least one feature"
        raise InputError([Problem(str(path), expected=expected) for path in paths])
    return RuleSet(
        name, tuple(rules), title, geographies, attributes=french.attributes(),
        country=french.COUNTRY, timezone=french.TIMEZONE, notes=tuple(notes),
        file=", ".join(str(path) for path in paths),
    )  # fmt: skip


def _features(path: Path, problems: list[Problem], notes: dict[str, None]) -> list[_Feature]:
    file = str(path)
    try:
        data = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        problems.append(Problem(file, "", error.lineno, expected=f"GeoJSON; {error.msg}"))
        return []
    listed = data.get("features") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not listed:
        problems.append(Problem(file, "features", expected="a FeatureCollection with features"))
        return []
    found = []
    for number, one in enumerate(listed, start=1):
        properties = one.get("properties") if isinstance(one, dict) else None
        if not isinstance(properties, dict):
            problems.append(Problem(file, "properties", number, expected="properties"))
            continue
        feature = _Feature(file, number, properties, problems)
        _check(feature)
        feature.shape = _shape(feature, one.get("geometry"))
        for name in properties:
            if name not in _KNOWN:
                notes[f"{path.name}: property {name} has no counterpart"] = None
        found.append(feature)
    return found


def _check(feature: _Feature) -> None:
    feature.required("id")
    first = feature.date("date_debut", feature.required("date_debut"))
    last = feature.date("date_fin", feature.text("date_fin"))
    if first and last and last < first:
        feature.wrong("date_fin", last, f"a day that is not before {first}")
    for name in ("url_arrete", "url_site_information"):
        feature.text(name)
    for kind in _LABELS:
        sticker, hours = feature.text(f"{kind}_critair"), feature.text(f"{kind}_horaires")
        if sticker and sticker not in _ORDER:
            feature.wrong(f"{kind}_critair", sticker, "one of " + ", ".join(_ORDER) + ", or null")
            continue
        if bool(sticker) != bool(hours):
            lacking = f"{kind}_horaires" if sticker else f"{kind}_critair"
            feature.wrong(lacking, None, f"{kind}_critair and {kind}_horaires together, or none")
            continue
        if hours and (fault := fault_of(hours)):
            feature.wrong(f"{kind}_horaires", hours, fault)
        elif hours:
            feature.bans[kind] = (sticker, hours)


def _shape(feature: _Feature, geometry: Any) -> BaseGeometry | None:
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    expected = "a valid area or line in longitude and latitude"
    try:
        found: BaseGeometry = shape(geometry)
        kind = found.geom_type
        area = kind in ("Polygon", "MultiPolygon") and found.is_valid
        if not found.is_empty and (area or french.is_line(found)) and french.is_wgs84(found):
            return found
    except (ShapelyError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        kind = None
    feature.wrong("geometry", kind, expected)
    return None


def _zones(features: Sequence[_Feature]) -> list[_Zone]:
    """Return areas one by one, and roads of the same rules put together."""
    import shapely

    found: list[_Zone] = []
    together: dict[Any, list[_Feature]] = {}
    for feature in features:
        assert feature.shape is not None  # faults were raised
        key: Any = (feature.file, feature.number)
        if french.is_line(feature.shape):
            others = {k: v for k, v in feature.properties.items() if k != "id" and k in _KNOWN}
            key = ("roads", json.dumps(others, sort_keys=True))
        together.setdefault(key, []).append(feature)
    for group in together.values():
        one = group[0]
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        shapes = [other.shape for other in group]
        found.append(
            _Zone(
                one.text("id") + more,
                one.date("date_debut", one.text("date_debut")),
                one.date("date_fin", one.text("date_fin")),
                one.bans,
                shapely.union_all(shapes) if more else shapes[0],
                french.is_line(shapes[0]),
                one.text("url_arrete"),
                one.text("url_site_information"),
            )
        )
    return found


def _place(zone: _Zone, geographies: dict[str, Geography], scope: Defaults) -> str:
    """Return the id of the geography of a zone, adding it; of an id drawn anew, with its date."""
    kept = geographies.get(zone.name)
    area = french.area_around(zone.shape, scope)
    if kept is None or (kept.polygon is not None and kept.polygon.equals(area)):
        name = zone.name
    else:
        name = f"{zone.name} from {zone.first}"
    note = "a strip around the lines of the file" if zone.roads else ""
    geographies.setdefault(name, Geography(name, name, area, source=zone.site, note=note))
    return name


def _conditions(scope: Defaults) -> dict[str, Condition]:
    return {
        "vp": Among("use", frozenset(("private", "taxi"))),
        "vul": french.light(scope),
        "pl": french.heavy(scope),
        "autobus_autocars": Among("use", frozenset(("colectivo", "passenger"))),
        "deux_rm": french.yes("two_wheeler"),
    }


def _bans(zone: _Zone, place: str, kinds: Mapping[str, Condition]) -> list[Rule]:
    out = []
    for kind, (sticker, hours) in zone.bans.items():
        dirty = frozenset(french.STICKERS[_ORDER.index(sticker) :])
        out.append(
            Rule(
                f"{zone.name}:{kind}",
                f"{_LABELS[kind]}: {_sticker_words(sticker)}",
                "prohibit",
                version=str(zone.first),
                legal_reference=zone.order,
                source=zone.site or zone.order,
                valid_from=zone.first,
                valid_to=zone.last,
                where=place,
                when=(When(opening_hours=hours),),
                vehicle=All((kinds[kind], Among("critair", dirty))),
            )
        )
    return out


def _sticker_words(sticker: str) -> str:
    if sticker == "NC":
        return "no Crit'Air sticker"
    name = "electric" if sticker == "EL" else sticker[1:]
    return f"Crit'Air {name} and dirtier"


def _exempt(zone: _Zone, place: str, lifted: tuple[str, ...]) -> Rule:
    return Rule(
        f"{zone.name}:roads",
        "Roads on which the zones hold otherwise",
        "exempt",
        version=str(zone.first),
        legal_reference=zone.order,
        source=zone.site or zone.order,
        valid_from=zone.first,
        valid_to=zone.last,
        where=place,
        lifts=lifted,
    )
