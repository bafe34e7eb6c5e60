"""A plain time-stepping drive of a speed trace, written without the package's formulas."""

from __future__ import annotations

from collections.abc import Sequence


def simulate(
    speeds: Sequence[float],
    steps: Sequence[float],
    grades: Sequence[float],
    *,
    mass: float,
    rolling: float,
    drag_area: float,
    density: float,
    inertia: float = 1.05,
    efficiency: float = 1.0,
    friction: float = 0.0,
    cutoff: float = 0.0,
    power_limit: float = float("inf"),
) -> dict[str, float]:
    """Work over a trace of speeds (m/s) at ends of steps (s): joules, and metres driven.

    ``grades`` are per step. Braking above the cut-off goes to the motor up to its power, less
    the share of the friction brakes; ``efficiency`` is that of the way from battery to wheel
    and of the way back.
    """
    traction = braking = regenerated = distance = 0.0
    for i, step in enumerate(steps):
        if step <= 0.0:
            continue
        mean = (speeds[i] + speeds[i + 1]) / 2.0
        rate = (speeds[i + 1] - speeds[i]) / step
        force = mass * inertia * rate + mass * 9.80665 * (rolling + grades[i])
        force += 0.5 * density * drag_area * mean**2
        work = force * mean * step
        distance += mean * step
        if work >= 0.0:
            traction += work / efficiency
            continue
        braking -= work
        if mean >= cutoff:
            taken = min(-work, power_limit * step)
            regenerated += taken * (1.0 - friction) * efficiency
    return {
        "traction": traction,
        "braking": braking,
        "regenerated": regenerated,
        "distance": distance,
    }


def trapezoid(
    parts: Sequence[tuple[float, float, float]], step: float = 0.02
) -> tuple[list[float], list[float]]:
    """Speeds and steps of parts ``(speed0, speed1, seconds)`` driven one after another."""
    speeds, steps = [parts[0][0]], []
    for speed0, speed1, seconds in parts:
        if seconds <= 0.0:
            continue
        count = max(round(seconds / step), 1)
        for i in range(1, count + 1):
            speeds.append(speed0 + (speed1 - speed0) * i / count)
            steps.append(seconds / count)
    return speeds, steps
