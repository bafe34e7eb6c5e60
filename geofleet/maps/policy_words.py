"""Words of policy maps in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LANGUAGES", "PolicyWords", "words_in"]


@dataclass(frozen=True)
class PolicyWords:
    """What a policy map says: ``page`` goes to the scripts as it is."""

    page: Mapping[str, object]
    says: Mapping[str, str]
    effects: Mapping[str, str]
    statuses: tuple[str, ...]
    known: Mapping[str, str]
    roads: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Return a text by name."""
        return self.says[name]

    def road(self, highway: str) -> str:
        """Return a road class in words; one that is not known as it stands."""
        base = highway.removesuffix("_link")
        words = self.roads.get(base, base.replace("_", " "))
        words = words[:1].upper() + words[1:]
        return f"{words}, {self['ramp']}" if base != highway else words


_EN = PolicyWords(
    page={
        "hour": "Hour of the day",
        "untitled": "Street without a name",
        "show": "What is shown",
        "play": "Play the day",
        "pause": "Pause",
        "highest": "highest",
        "rules": "Rules that decide here",
        "others": "Other rules of this date",
        "noRules": "No rule of this date.",
        "zoom": "Show on the map",
        "uncertain": "Not known for certain whether it acts on this date.",
        "hatched": "Hatched: a rule acts there in this hour. Dashed: not in this hour.",
        "binds": ["not now", "perhaps", "now"],
    },
    says={
        "unknown": "unknown", "offline": "No internet connection.",
        "no_tiles": "The street map could not be loaded.",
        "tiles": "OpenStreetMap background (needs internet)",
        "before": "As planned", "after": "Rules kept", "change": "Change",
        "pm25": "Exhaust PM2.5", "per_km_hour": "per km of street in this hour",
        "unit": "Exhaust PM2.5, {mass} per km of street in one hour",
        "change_unit": "Exhaust PM2.5, change in {mass} per km of street in one hour",
        "same_scale": "Colours mean the same in every hour.",
        "bars": "Exhaust PM2.5 by hour", "harm_before": "harm as planned",
        "harm_after": "harm, rules kept", "harm_unit": "persons·µg/m³·h",
        "exhaust_and_wear": "exhaust and wear",
        "driving_before": "vehicles drive as planned",
        "driving_after": "vehicles drive, rules kept",
        "stopped": "vehicles may not drive as planned", "in_doubt": "vehicles: not known",
        "passages": "Passages forbidden", "rule": "Rule", "day_before": "Day, as planned",
        "day_after": "Day, rules kept", "both_directions": "Both directions together.",
        "less": "less", "more": "more", "hardly": "hardly any change", "any": "any",
        "fact_before": "exhaust PM2.5 as planned", "fact_after": "with the rules kept",
        "fact_change": "change over the day", "fact_days": "vehicle-days, {count} of them changed",
        "fact_unknown": "vehicle-days: answer not known", "fact_cancelled": "deliveries not made",
        "access": "What may be done there", "km_bars": "Kilometres of road by hour",
        "answer": "Answer", "missing": "Not known", "length": "Length",
        "road_unit": "Roads by what the vehicle may do there",
        "effect": "Effect", "hours_today": "Acts on this date", "hours": "Hours as written",
        "who": "Who", "authority": "Authority", "law": "Written in", "known": "How well known",
        "source": "Source", "note": "Note", "perhaps": "perhaps {spans}", "ramp": "ramp",
        "none_today": "none", "lifts": "Takes out of", "place": "Place",
    },
    effects={
        "prohibit": "forbids", "allow_only": "forbids outside of its hours", "allow": "allows",
        "charge": "asks for money", "permit": "asks for a permit", "exempt": "exempts",
    },
    statuses=("open", "against a charge", "with a permit", "not known", "forbidden"),
    known={
        "verified": "verified", "derived": "derived", "memory": "from memory, not checked",
        "conflict": "sources disagree", "illustrative": "made up to illustrate",
        "user": "given by the user",
    },
    roads={
        "motorway": "motorway", "trunk": "trunk road", "primary": "main road",
        "secondary": "secondary road", "tertiary": "connecting road", "unclassified": "minor road",
        "residential": "residential street", "living_street": "living street",
        "service": "service road", "track": "track",
    },
)  # fmt: skip

_ES = PolicyWords(
    page={
        "hour": "Hora del día",
        "untitled": "Vía sin nombre",
        "show": "Qué se muestra",
        "play": "Reproducir el día",
        "pause": "Pausa",
        "highest": "máximo",
        "rules": "Reglas que deciden aquí",
        "others": "Otras reglas de esta fecha",
        "noRules": "Ninguna regla en esta fecha.",
        "zoom": "Ver en el mapa",
        "uncertain": "No se sabe con certeza si aplica en esta fecha.",
        "hatched": "Rayado: ahí rige una regla a esta hora. Línea cortada: a esta hora no.",
        "binds": ["ahora no", "quizá", "ahora"],
    },
    says={
        "unknown": "se desconoce", "offline": "Sin conexión a internet.",
        "no_tiles": "No se pudo cargar el mapa de calles.",
        "tiles": "Fondo de OpenStreetMap (requiere internet)",
        "before": "Lo planeado", "after": "Con las reglas", "change": "Cambio",
        "pm25": "PM2.5 del escape", "per_km_hour": "por km de vía en esta hora",
        "unit": "PM2.5 del escape, {mass} por km de vía en una hora",
        "change_unit": "PM2.5 del escape, cambio en {mass} por km de vía en una hora",
        "same_scale": "Los colores significan lo mismo a toda hora.",
        "bars": "PM2.5 del escape por hora", "harm_before": "daño según lo planeado",
        "harm_after": "daño con las reglas", "harm_unit": "personas·µg/m³·h",
        "exhaust_and_wear": "escape y desgaste",
        "driving_before": "vehículos circulan según lo planeado",
        "driving_after": "vehículos circulan con las reglas",
        "stopped": "vehículos no pueden circular como se planeó",
        "in_doubt": "vehículos: se desconoce",
        "passages": "Pasos prohibidos", "rule": "Regla", "day_before": "Día, lo planeado",
        "day_after": "Día, con las reglas", "both_directions": "Ambos sentidos juntos.",
        "less": "menos", "more": "más", "hardly": "casi sin cambio", "any": "cualquier cantidad",
        "fact_before": "PM2.5 del escape, lo planeado", "fact_after": "con las reglas",
        "fact_change": "cambio en el día", "fact_days": "jornadas, {count} de ellas cambiadas",
        "fact_unknown": "jornadas: se desconoce la respuesta",
        "fact_cancelled": "entregas no realizadas",
        "access": "Qué se puede hacer", "km_bars": "Kilómetros de vía por hora",
        "answer": "Respuesta", "missing": "Se desconoce", "length": "Longitud",
        "road_unit": "Vías según lo que el vehículo puede hacer en ellas",
        "effect": "Efecto", "hours_today": "Actúa en esta fecha", "hours": "Horario escrito",
        "who": "Quién", "authority": "Autoridad", "law": "Fundamento", "known": "Certeza",
        "source": "Fuente", "note": "Nota", "perhaps": "quizá {spans}", "ramp": "enlace",
        "none_today": "ninguna", "lifts": "Exime de", "place": "Lugar",
    },
    effects={
        "prohibit": "prohíbe", "allow_only": "prohíbe fuera de su horario", "allow": "permite",
        "charge": "cobra", "permit": "pide permiso", "exempt": "exenta",
    },
    statuses=("libre", "con cobro", "con permiso", "se desconoce", "prohibido"),
    known={
        "verified": "verificado", "derived": "derivado", "memory": "de memoria, sin verificar",
        "conflict": "las fuentes discrepan", "illustrative": "inventado para ilustrar",
        "user": "dado por el usuario",
    },
    roads={
        "motorway": "autopista", "trunk": "vía troncal", "primary": "vía principal",
        "secondary": "vía secundaria", "tertiary": "vía colectora", "unclassified": "vía menor",
        "residential": "calle residencial", "living_street": "calle de convivencia",
        "service": "vía de servicio", "track": "camino",
    },
)  # fmt: skip

LANGUAGES = {"en": _EN, "es": _ES}


def words_in(language: str) -> PolicyWords:
    """Return the words of a language.

    Raises
    ------
    ValueError
        Another language than ``en`` and ``es``.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no words in {language!r}; there are {', '.join(LANGUAGES)}")
    return LANGUAGES[language]
