"""Words of the plan's map in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geofleet.defaults import read_table
from geofleet.maps.words import standard_words, vehicle_words

__all__ = ["PlanWords", "plan_words"]


@dataclass(frozen=True)
class PlanWords:
    """What a map of a plan says.

    Parameters
    ----------
    language
        ``en`` or ``es``.
    says, technologies, reasons, fuels
        Texts by name.
    """

    language: str
    says: Mapping[str, str]
    technologies: Mapping[str, str]
    reasons: Mapping[str, str]
    fuels: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Return a text by name."""
        return self.says[name]

    def technology(self, name: str) -> str:
        """Return a technology in words."""
        return self.technologies.get(name, name)

    def becomes(self, technology: str, model: str | None) -> str:
        """Return what a vehicle becomes, with the name of its model."""
        words = self.technology(technology)
        if model is None:
            return words
        table = read_table("electric_models")
        parts = [str(table.at[f"{model}.{part}", "value"]) for part in ("make", "model")
                 if f"{model}.{part}" in table.index]  # fmt: skip
        return f"{words}: {' '.join(parts) or model}"

    def today(self, vehicle_class: str, fuel: str, standard: str, model_year: int) -> str:
        """Return a vehicle as it is today."""
        kind = vehicle_words(vehicle_class)
        if self.language == "es":
            table = read_table("vehicle_classes")
            row = f"{vehicle_class}.label_es"
            kind = str(table.at[row, "value"]) if row in table.index else kind
        fuel_words = self.fuels.get(fuel, fuel)
        if standard == "none":
            return f"{kind}, {fuel_words}, {model_year}"
        certified = self["standard_unknown"] if standard == "unknown" else standard_words(standard)
        if self.language == "es":
            certified = certified.replace("before Euro 1", "anterior a Euro 1")
        return f"{kind}, {fuel_words}, {certified}, {model_year}"

    def reason(self, name: str) -> str:
        """Return why a vehicle is kept, in words."""
        return self.reasons.get(name, name)

    def chargers(self, text: str) -> str:
        """Return chargers in words: 2 x AC 22 kW."""
        parts = []
        for part in filter(None, text.split(";")):
            count, _, kind = part.partition(" x ")
            current, _, power = kind.partition("_")
            parts.append(f"{count} × {current.upper()} {power} kW")
        return ", ".join(parts) or self["none"]


_EN = PlanWords(
    "en",
    {
        "colour_by": "Colour the trucks by", "nothing": "Nothing",
        "by_technology": "What they become", "by_year": "When they change",
        "by_size": "Size of their operator", "becomes": "Becomes", "when": "In the year",
        "why": "Why it is kept", "duty": "Does the work of", "spend": "Public money",
        "cost": "Present cost against keeping it", "depot_cost": "Present cost",
        "harm": "Exposure avoided",
        "harm_unit": "persons·µg/m³·h", "pm25": "PM2.5 avoided",
        "co2e": "CO2e avoided", "days": "Can do the work on",
        "of_100": "of 100 days", "unknown": "unknown", "vehicles": "vehicles",
        "legend": "Lines are the ways that each vehicle drives today. What is avoided is over the "
        "years of the plan.",
        "depots": "Depots with chargers", "depot_mark": "depot that puts up chargers",
        "chargers": "Chargers", "electric": "Electric vehicles of all there",
        "first": "First put up in", "power": "Power of all chargers",
        "extensions": "Extensions of the connection", "none": "none", "nobody": "nobody: it rests",
        "tiles": "OpenStreetMap background (needs internet)", "offline": "No internet connection.",
        "no_tiles": "The street map could not be loaded.", "standard_unknown": "standard not known",
    },
    {
        "keep": "kept as it is", "dpf_retrofit": "retrofit particle filter",
        "euro_6": "new diesel, Euro VI", "cng": "new, natural gas",
        "diesel_hybrid": "new diesel hybrid", "electric": "electric",
    },
    {
        "infeasible": "no option can do its work with the probability asked for",
        "feasibility unknown": "nobody knows whether an option can do its work",
        "no charger": "no charger is known that refills it while it is parked",
        "outcome unknown": "what the plan measures is not known of its options",
        "cost unknown": "the cost of its options is not known",
        "no grant": "no grant makes its operator able and willing",
        "unaffordable": "its operator cannot pay", "unwilling": "it does not pay its operator",
        "no money": "the public money is spent on others",
        "no place": "no room for its charger, or a bound of the plan",
        "no gain": "nothing does better than keeping it", "no option": "it has no option",
    },
    {"diesel": "diesel", "cng": "natural gas", "diesel_hybrid": "diesel hybrid",
     "electric": "electric"},
)  # fmt: skip
_ES = PlanWords(
    "es",
    {
        "colour_by": "Color de los vehículos según", "nothing": "Nada",
        "by_technology": "En qué se convierten", "by_year": "Cuándo cambian",
        "by_size": "Tamaño de la empresa", "becomes": "Se convierte en", "when": "En el año",
        "why": "Por qué sigue igual", "duty": "Hace el trabajo de", "spend": "Dinero público",
        "cost": "Costo presente frente a seguir igual", "depot_cost": "Costo presente",
        "harm": "Exposición evitada",
        "harm_unit": "personas·µg/m³·h", "pm25": "PM2.5 evitado",
        "co2e": "CO2e evitado", "days": "Puede hacer el trabajo en",
        "of_100": "de 100 días", "unknown": "desconocido", "vehicles": "vehículos",
        "legend": "Las líneas son los recorridos actuales de cada vehículo. Lo evitado es en los "
        "años del plan.",
        "depots": "Bases con cargadores", "depot_mark": "base que instala cargadores",
        "chargers": "Cargadores", "electric": "Vehículos eléctricos del total",
        "first": "Primera instalación", "power": "Potencia de todos los cargadores",
        "extensions": "Ampliaciones de la acometida", "none": "ninguno",
        "nobody": "nadie: queda parado",
        "tiles": "Fondo de OpenStreetMap (requiere internet)", "offline": "Sin internet.",
        "no_tiles": "No se pudo cargar el mapa de calles.",
        "standard_unknown": "norma desconocida",
    },
    {
        "keep": "sigue igual", "dpf_retrofit": "filtro de partículas instalado",
        "euro_6": "diésel nuevo, Euro VI", "cng": "nuevo, gas natural",
        "diesel_hybrid": "híbrido diésel nuevo", "electric": "eléctrico",
    },
    {
        "infeasible": "ninguna opción hace su trabajo con la probabilidad pedida",
        "feasibility unknown": "no se sabe si una opción puede hacer su trabajo",
        "no charger": "no se conoce un cargador que la llene mientras está parada",
        "outcome unknown": "no se sabe lo que el plan mide de sus opciones",
        "cost unknown": "no se conoce el costo de sus opciones",
        "no grant": "ningún apoyo hace que la empresa pueda y quiera",
        "unaffordable": "la empresa no puede pagar", "unwilling": "a la empresa no le conviene",
        "no money": "el dinero público se gasta en otros",
        "no place": "no hay lugar para su cargador, o lo impide un límite del plan",
        "no gain": "nada es mejor que seguir igual", "no option": "no tiene opciones",
    },
    {"diesel": "diésel", "cng": "gas natural", "diesel_hybrid": "híbrido diésel",
     "electric": "eléctrico"},
)  # fmt: skip


def plan_words(language: str) -> PlanWords:
    """Return the words of a language.

    Raises
    ------
    ValueError
        Neither ``en`` nor ``es``.
    """
    if language not in ("en", "es"):
        raise ValueError(f"language is {language!r}: expected en or es")
    return _EN if language == "en" else _ES
