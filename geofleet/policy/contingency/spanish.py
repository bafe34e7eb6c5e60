"""Conditions of rules in Spanish words, for bulletins."""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterator, Sequence

from geofleet.policy.contingency.words import date_in_spanish, joined
from geofleet.policy.rules.conditions import (
    Age,
    All,
    Among,
    Condition,
    Member,
    Not,
    PlateDigit,
    Ranked,
    Span,
    Within,
)
from geofleet.policy.rules.days import clock_text
from geofleet.policy.rules.facts import NONE
from geofleet.policy.rules.read_conditions import standard_ranks

__all__ = ["in_spanish", "programme_in_spanish"]

_VEHICLES = "vehículos"
_USES = {
    "freight": "vehículos de carga", "private": "automóviles particulares", "taxi": "taxis",
    "colectivo": "transporte colectivo", "passenger": "transporte de pasajeros",
    "antique": "autos antiguos", "demonstration": "vehículos con placas de demostración",
}  # fmt: skip
_FUELS = {
    "electric": "eléctricos", "hybrid": "híbridos", "plug_in_hybrid": "híbridos enchufables",
    "diesel_hybrid": "híbridos a diésel", "diesel": "a diésel", "petrol": "a gasolina",
    "cng": "a gas natural comprimido", "lng": "a gas natural licuado", "lpg": "a gas LP",
}  # fmt: skip
_CARGO = {
    "hazardous": "materiales peligrosos", "hazardous waste": "residuos peligrosos",
    "perishable": "perecederos", "perishables": "perecederos", "vegetables": "verduras",
    "flowers": "flores", "fruit": "fruta", "fruit and vegetables": "frutas y verduras",
    "eggs": "huevo", "dairy": "lácteos", "meat": "carne", "fish": "pescado", "dough": "masa",
    "tortilla": "tortilla", "bread": "pan", "cakes": "pasteles",
    "chilled food": "alimentos refrigerados", "concrete": "concreto", "cash": "valores",
    "parcels": "paquetería", "messaging": "mensajería", "lp_gas": "gas LP para entrega",
    "building materials": "materiales de construcción",
}  # fmt: skip
_PLATES = {
    "local": "local", "state": "de otra entidad", "federal": "federal", "foreign": "extranjera",
}  # fmt: skip
_BODIES = {"rigid": "unitarios (no articulados)", "articulated": "articulados"}
_FILTERS = {"factory": "de fábrica", "retrofit": "instalado después"}
_ORIGINS = {"factory": "de fábrica", "conversion": "por conversión"}
_PERMITS = {
    "came_gas": "registro de gas ante las autoridades y la CAMe",
    "sedema_hoy_no_circula": "permiso especial de la SEDEMA", "pase_turistico": "pase turístico",
    "semovi_ssc": "permiso de la SEMOVI y la SSC",
}  # fmt: skip
_PROGRAMMES = {
    "autorregulacion_cdmx": "la Autorregulación ambiental de la Ciudad de México",
    "autorregulacion_edomex": "la Autorregulación ambiental del Estado de México",
    "electromovilidad_cdmx": "la Autorregulación para la electromovilidad de la Ciudad de México",
    "constancia_e": "la Constancia Tipo E del Estado de México",
    "autorregulacion_bogota": "la Autorregulación ambiental de Bogotá",
}  # fmt: skip
_CLAUSES = {
    ("fase_ii_freight_clause", "stops"):
        "que detenga la cláusula de la Fase II (no se encontró su texto)",
}  # fmt: skip
_NUMBERS = {
    "gvw_kg": ("peso bruto vehicular", "kg"), "gvw_actual_kg": ("peso con carga", "kg"),
    "unladen_kg": ("tara", "kg"), "payload_capacity_kg": ("capacidad de carga", "kg"),
    "length_m": ("largo", "m"), "axles": ("ejes", ""), "capacity_l": ("capacidad", "litros"),
    "model_year": ("año modelo", ""), "opacity_per_m": ("opacidad", "1/m"),
}  # fmt: skip
_DATES = {
    "first_registered": "primer registro", "membership_until": "vencimiento del registro",
}  # fmt: skip
_DAY, _CLOCK = "día", "hora"
_YES_NO = {
    "sello_verde": "Sello Verde", "repowered": "motor repotenciado",
    "dry_disconnect_valve": "válvula de desconexión seca", "day_pass": "pase de un día",
}  # fmt: skip
_TRIPS = {
    "through": "de paso", "destination": "con destino en la zona",
    "origin": "con origen en la zona", "within": "dentro de la zona",
}  # fmt: skip
_STICKERS = {str(number): str(number) for number in range(6)} | {NONE: "ninguno"}
_ACTIVITIES = {"drive": "en circulación", "unload": "en carga o descarga"}


def programme_in_spanish(name: str) -> str:
    """Return the name of a voluntary programme, quoted as it stands where none is known."""
    return _PROGRAMMES.get(name, f"«{name}»")


def in_spanish(*conditions: Condition) -> str:
    """Return what conditions that all must hold say of a vehicle and its trip.

    Plate digits are left out: they depend on the day. Names that are not known in Spanish stand
    as they are, in quotation marks.

    Examples
    --------
    >>> from geofleet.policy.rules.conditions import Among
    >>> in_spanish(Among("use", frozenset(["freight"])), Among("fuel", frozenset(["electric"])))
    'vehículos de carga eléctricos'
    """
    parts = list(_flat(conditions))
    nouns: list[str] = []
    rest: list[str] = []
    for part in parts:
        named = isinstance(part, Among) and part.attribute == "use"
        (nouns if named else rest).append(_phrase(part))
    words = [nouns[0] if nouns else _VEHICLES, *nouns[1:], *(text for text in rest if text)]
    return " ".join(words)


def _flat(conditions: Sequence[Condition]) -> Iterator[Condition]:
    for condition in conditions:
        if isinstance(condition, All):
            yield from _flat(condition.parts)
        else:
            yield condition


def _uses(values: Collection[str]) -> str:
    return _choice(values, _USES)


def _choice(values: Collection[str], names: dict[str, str]) -> str:
    """Join values by *o*, in the order of the names, others after them in quotation marks."""
    known = [name for name in names if name in values]
    words = [names[name] for name in known]
    words += [f"«{name}»" for name in sorted(values) if name not in names]
    return joined(dict.fromkeys(words), last="o")


def _phrase(condition: Condition) -> str:
    """Return one condition as words that follow a noun; empty for plate digits."""
    if isinstance(condition, PlateDigit):
        return ""
    if isinstance(condition, Among):
        return _among(condition)
    if isinstance(condition, Within):
        return _within(condition)
    if isinstance(condition, Ranked):
        return _ranked(condition)
    if isinstance(condition, Age):
        return f"con antigüedad {_span(condition.span, 'años')} según año modelo"
    if isinstance(condition, Member):
        names = [programme_in_spanish(name) for name in sorted(condition.programmes)]
        return f"inscritos en {joined(names, last='o')}, con registro vigente"
    if isinstance(condition, Not):
        return f"salvo los {text}" if (text := _phrase(condition.part)) else ""
    parts = [text for part in _adjectives_first(condition.parts) if (text := _phrase(part))]
    return " ".join(parts) if isinstance(condition, All) else "; o ".join(parts)


def _adjectives_first(parts: Sequence[Condition]) -> list[Condition]:
    """Put the body first: adjectives of the vehicle stand beside it, before what it carries."""
    return sorted(parts, key=lambda part: getattr(part, "attribute", "") != "body")


def _among(leaf: Among) -> str:
    values = leaf.values
    match leaf.attribute:
        case "use":
            return _uses(values)
        case "hologram":
            return _holograms(values)
        case "fuel":
            return _choice(values, _FUELS)
        case "cargo_type":
            return f"que transportan {_choice(values, _CARGO)}"
        case "plate_jurisdiction":
            return f"con placa {_choice(values, _PLATES)}"
        case "body":
            return _choice(values, _BODIES)
        case "permits":
            return f"con {_choice(values, _PERMITS)}"
        case "fuel_origin":
            return f"con gas {_choice(values, _ORIGINS)}"
        case "particle_filter":
            return f"con filtro de partículas {_choice(values, _FILTERS)}"
        case "trip_relation":
            return _choice(values, _TRIPS)
        case "critair":
            return f"con distintivo Crit'Air {_choice(values, _STICKERS)}"
        case "activity":
            return _choice(values, _ACTIVITIES)
        case "refrigeration" if NONE not in values:
            return "con unidad de refrigeración"
        case _:
            clauses = [_CLAUSES.get((leaf.attribute, value), "") for value in sorted(values)]
            if all(clauses):
                return joined(clauses, last="o")
            return f"con «{leaf.attribute}» {_choice(values, {})}"


def _holograms(values: Collection[str]) -> str:
    order = ("00", "0", "1", "2", "exento")
    known = [name for name in order if name in values]
    known += sorted(name for name in values if name not in (*order, NONE))
    words = [f"con holograma {joined(known, last='o')}"] if known else []
    return joined([*words, *(["sin holograma"] if NONE in values else [])], last="o")


def _within(leaf: Within) -> str:
    if leaf.attribute in _YES_NO or leaf.span in (Span(0.0, 0.0), Span(1.0, 1.0)):
        wanted = leaf.span.low == 1.0
        name = _YES_NO.get(leaf.attribute, f"«{leaf.attribute}»")
        return f"{'con' if wanted else 'sin'} {name}"
    if leaf.attribute in _DATES:
        return f"con {_DATES[leaf.attribute]} {_span(leaf.span, _DAY)}"
    if leaf.attribute == "entered":
        return f"que entran {_span(leaf.span, _CLOCK)}"
    name, unit = _NUMBERS.get(leaf.attribute, (f"«{leaf.attribute}»", ""))
    return f"con {name} {_span(leaf.span, unit)}"


def _span(span: Span, unit: str) -> str:
    """Return limits like ``mayor de 3,857 kg y hasta 20,000 kg``."""
    words = []
    if span.low == span.high:
        return f"de {_number(span.low, unit)}"
    if not math.isinf(span.low):
        words.append(("mayor de " if span.low_open else "desde ") + _number(span.low, unit))
    if not math.isinf(span.high):
        words.append(("menor de " if span.high_open else "hasta ") + _number(span.high, unit))
    return joined(words)


def _number(value: float, unit: str) -> str:
    if unit == _DAY:
        return date_in_spanish(datetime.date.fromordinal(int(value)), weekday=False)
    if unit == _CLOCK:
        return f"las {clock_text(value)}"
    text = f"{value:,.10g}" if unit else f"{value:.10g}"
    return f"{text} {unit}".strip()


def _ranked(leaf: Ranked) -> str:
    names: dict[float, str] = {}
    for name, rank in standard_ranks().get(leaf.scheme, {}).items():
        names.setdefault(rank, name)  # the scheme's own come before those compared with them
    words = []
    if leaf.span.low == leaf.span.high:
        name = names.get(leaf.span.low, f"{leaf.span.low:g}")
        return f"con norma de emisiones «{name}» (escala {leaf.scheme})"
    if not math.isinf(leaf.span.low):
        word = "superior a" if leaf.span.low_open else "desde"
        words.append(f"{word} «{names.get(leaf.span.low, leaf.span.low)}»")
    if not math.isinf(leaf.span.high):
        word = "inferior a" if leaf.span.high_open else "hasta"
        words.append(f"{word} «{names.get(leaf.span.high, leaf.span.high)}»")
    return f"con norma de emisiones {joined(words)} (escala {leaf.scheme})"
