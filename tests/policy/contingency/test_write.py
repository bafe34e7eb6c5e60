"""The Spanish bulletin says what the rules say, and nothing else."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace

import pytest

from geofleet.errors import InputError
from geofleet.policy.contingency import declare, measures_of, write_bulletin
from geofleet.policy.rules.days import When
from geofleet.policy.rules.model import RuleSet
from geofleet.policy.rules.packs import load_pack

DAY = datetime.date(2026, 2, 17)


@pytest.fixture(scope="module")
def mexico() -> RuleSet:
    """Return the rules of the Valley of Mexico."""
    return load_pack("mexico")


def test_a_bulletin_of_fase_i(mexico: RuleSet) -> None:
    """Date, hours, digits, colours, programmes and source in Spanish."""
    event = declare(
        "Fase I O3", DAY, parity="par", area="Zona Metropolitana del Valle de México",
        announced="2026-02-16T21:00:00+00:00", source="https://example.org/boletin",
    )  # fmt: skip
    text = write_bulletin(event, mexico)
    for words in (
        "# Contingencia ambiental atmosférica: Fase I por ozono",
        "Zona Metropolitana del Valle de México",
        "martes 17 de febrero de 2026",
        "Declarada el lunes 16 de febrero de 2026 a las 15:00 horas",
        "Holograma 00 y 0: no circulan placas con terminación 7 y 8 (engomado rosa) de 05:00 a",
        "Holograma 1: no circulan placas con terminación 2, 4, 6, 7, 8 y 0 de 05:00 a 22:00 horas",
        "Holograma 2: no circula ninguna terminación de placa de 05:00 a 22:00 horas",
        "o unitarios (no articulados) que transportan paquetería o mensajería",
        "16 de junio de 2022",
        "Holograma exento: circulan todas las terminaciones",
        "Vehículos de carga: no circulan de 06:00 a 10:00 horas",
        "sin válvula de desconexión seca, con terminación de placa 2, 4, 6, 8 y 0",
        "inscritos en la Autorregulación ambiental del Estado de México, con registro vigente",
        "Fuente de la declaratoria: https://example.org/boletin",
        "MX-CDMX-ELECTROMOBILITY: de memoria",
    ):
        assert words in text
    assert "anuncie" not in text


def test_it_names_the_rules_that_it_rests_on_and_no_others(mexico: RuleSet) -> None:
    """Every rule in brackets is about the event, lifts such a rule, or is of an ordinary day."""
    event = declare("Fase I", DAY, parity="par", pollutants="PM2.5")
    text = write_bulletin(event, mexico)
    named = set(re.findall(r"MX-[A-Z0-9-]+", text))
    measures = {one.rule.rule_id for one in measures_of(event, DAY, mexico)}
    assert measures <= named
    assert all(mexico.rule(name, on=DAY) for name in named)
    assert not any(name.startswith(("MX-CDMX-CH", "MX-EDOMEX-TUL", "MX-NL")) for name in named)
    assert "por partículas PM2.5" in text


def test_other_rules_make_another_bulletin(mexico: RuleSet) -> None:
    """Hours moved, an exemption taken away, a switch turned: the text follows."""
    event = declare("Fase I", DAY, parity="par")
    freight = mexico.rule("MX-ZMVM-CONT-F1-FREIGHT")
    later = mexico.with_rules(replace(freight, when=(When(hours=((18000, 32400),)),)))
    assert "Vehículos de carga: no circulan de 05:00 a 09:00 horas" in write_bulletin(event, later)
    without = mexico.without("MX-CDMX-AUTORREG", "MX-CDMX-ELECTROMOBILITY")
    assert "Ciudad de México, con registro" not in write_bulletin(event, without)
    assert "refrigeración" in write_bulletin(event, mexico)
    answered = mexico.answered(canacar_exemptions=False)
    assert "refrigeración" not in write_bulletin(event, answered)


def test_what_is_not_announced_is_to_be_confirmed(mexico: RuleSet) -> None:
    """A Saturday without colour: nobody can tell, and the text does not pretend."""
    event = declare("Fase I", "2026-02-21", parity="non")
    text = write_bulletin(event, mexico)
    assert "Holograma 00 y 0: terminación o color por anunciar; no se sabe quién circula" in text
    assert "Holograma 1: no circulan placas con terminación 1, 3, 5, 7 y 9" in text
    assert "no anuncia de qué terminaciones o color trata MX-ZMVM-CONT-F1-HOLO0" in text


def test_a_gap_of_the_law_is_no_measure(mexico: RuleSet) -> None:
    """Fase II says nothing of freight that could be found: it is named as open."""
    text = write_bulletin(declare("Fase II", DAY), mexico)
    assert "Transporte de carga" not in text
    assert "Sin certeza (las fuentes no coinciden)" in text
    assert "Eso no significa que se permita circular" in text
    assert "fase_ii_freight_clause" not in text


def test_several_days_and_plain_text(mexico: RuleSet) -> None:
    """A section for each day; without marks the words are the same."""
    event = declare("Fase I", "2026-02-17/2026-02-18", parity="par")
    marked, plain = write_bulletin(event, mexico), write_bulletin(event, mexico, markup="text")
    assert "## Miércoles 18 de febrero de 2026" in marked
    assert "Días en que aplica: martes 17 de febrero de 2026 y miércoles 18" in marked
    assert "#" not in plain
    assert re.sub(r"^#+ ", "", marked, flags=re.MULTILINE) == plain
    assert plain.endswith("boletín oficial.\n")
    assert "\n\n\n" not in plain
    with pytest.raises(InputError, match="markdown or text"):
        write_bulletin(event, mexico, markup="html")  # type: ignore[arg-type]
