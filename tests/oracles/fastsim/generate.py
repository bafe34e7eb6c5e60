"""Runs FASTSim 2.1.5 over cycles, vehicles, masses, grades and auxiliaries, and keeps its answers.

It needs an environment of its own, since FASTSim 2 wants older libraries than this package:

    python3.11 -m venv fastsim-env && fastsim-env/bin/pip install "fastsim==2.1.5"
    fastsim-env/bin/python tests/oracles/fastsim/generate.py [folder with more cycles]

It writes ``vehicles.json`` (the attributes of each FASTSim vehicle that this package maps),
``cycles/`` (those that come with FASTSim, Apache License 2.0 as itself, and made-up ones),
``results.csv`` and, from the cycles of the folder given, ``results_more.csv``.

Vehicles named by a number are those of FASTSim's own table. It has no electric vans or trucks;
the others take the motor, battery and control of number 52 (an electric pickup) with the mass,
drag, tyres, wheels and power stated in ``DERIVED``; masses and powers are those of vehicles on
sale of that size, drag and rolling those of this package's tables.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd

logging.disable(logging.CRITICAL)

import fastsim  # noqa: E402
from fastsim import cycle, simdrive, vehicle  # noqa: E402

HERE = Path(__file__).parent
BUNDLED = (
    "udds",
    "hwfet",
    "us06",
    "ftpmc1b",
    "TSDC_tripno_42648_cycle",
    "wltc_low_3",
    "wltc_medium_3b",
    "wltc_high_3b",
    "wltc_extrahigh_3",
    "wmtc_part1",
    "wmtc_part2",
)
NUMBERED = {"bolt": 17, "model_3": 43, "pickup": 52, "mini": 56}
CONVENTIONAL = {"diesel_pickup": 37, "diesel_class_4": 31, "diesel_car": 48}
DERIVED = {
    # name: kg, drag coefficient, frontal m2, rolling, motor kW, battery kW, kWh, wheels, radius m,
    # inertia of a wheel kg m2, auxiliaries kW, seconds to peak power
    "small_van": (1800, 0.35, 3.4, 0.010, 83, 95, 45, 4, 0.31, 0.8, 0.25, 3),
    "van": (3000, 0.37, 4.9, 0.010, 198, 225, 68, 4, 0.35, 1.1, 0.35, 3),
    "class_4": (4800, 0.65, 6.5, 0.009, 150, 170, 100, 6, 0.38, 2.5, 0.6, 4),
    "class_6": (8000, 0.65, 7.6, 0.008, 220, 260, 140, 6, 0.45, 6.0, 1.2, 4),
    "class_8": (17000, 0.65, 8.6, 0.007, 400, 480, 440, 10, 0.50, 12.0, 2.2, 5),
}
KEPT = (
    "scenario_name", "veh_pt_type", "veh_kg", "drag_coef", "frontal_area_m2", "wheel_rr_coef",
    "wheel_inertia_kg_m2", "num_wheels", "wheel_radius_m", "trans_eff", "aux_kw",
    "wheel_coef_of_fric", "drive_axle_weight_frac", "veh_cg_m", "wheel_base_m", "mc_max_kw",
    "mc_full_eff_array", "mc_sec_to_peak_pwr", "ess_max_kw", "ess_max_kwh", "ess_round_trip_eff",
    "min_soc", "max_soc", "max_regen", "regen_a", "regen_b", "fc_max_kw", "fc_perc_out_array",
    "fc_eff_array", "fc_sec_to_peak_pwr", "alt_eff",
)  # fmt: skip
MASSES = {"empty": 0.0, "laden": 0.35}  # share of the mass on top
GRADES = (-0.03, 0.0, 0.03)
LONG = 3000  # moments
AUXILIARIES_KW = (0.0, 3.0)  # on top of the vehicle's own


def derived(row: tuple[float, ...]) -> vehicle.Vehicle:
    names = (
        "veh_override_kg",
        "drag_coef",
        "frontal_area_m2",
        "wheel_rr_coef",
        "mc_max_kw",
        "ess_max_kw",
        "ess_max_kwh",
        "num_wheels",
        "wheel_radius_m",
        "wheel_inertia_kg_m2",
        "aux_kw",
        "mc_sec_to_peak_pwr",
    )
    car = vehicle.Vehicle.from_vehdb(52)
    car.mc_eff_map = None
    for name, value in zip(names, row, strict=True):
        setattr(car, name, value)
    car.set_derived()
    return car


def attributes(car: vehicle.Vehicle) -> dict[str, object]:
    kept = {}
    for name, value in vars(car).items():
        if isinstance(value, str | bool | int | float | np.floating | np.integer | np.bool_):
            kept[name] = value.item() if isinstance(value, np.generic) else value
    kept["mc_full_eff_array"] = np.asarray(car.mc_full_eff_array).tolist()
    if car.veh_pt_type == "Conv":
        kept["fc_perc_out_array"] = np.asarray(car.fc_perc_out_array).tolist()
        kept["fc_eff_array"] = np.asarray(car.fc_eff_array).tolist()
    return {name: kept[name] for name in KEPT if name in kept}


def made_up() -> dict[str, pd.DataFrame]:
    """A delivery round with standing, a hill there and back, uneven steps, a full stop downhill."""
    pieces: dict[str, list[tuple[float, float, float]]] = {
        # seconds, speed at the end in m/s, grade
        "made_delivery": [(5, 0, 0), *[(12, 9, 0), (20, 9, 0), (8, 0, 0), (45, 0, 0)] * 12],
        "made_hill": [
            (15, 14, 0),
            (60, 14, 0),
            (240, 14, 0.05),
            (30, 14, 0),
            (240, 14, -0.05),
            (60, 14, 0),
            (20, 0, 0),
        ],
        "made_descent": [(20, 15, 0), (600, 15, -0.04), (25, 0, -0.04), (30, 0, 0)],
    }
    out = {}
    for name, rows in pieces.items():
        time, speed, grade = [0.0], [0.0], [0.0]
        for seconds, end, slope in rows:
            start = speed[-1]
            for k in range(1, int(seconds) + 1):
                time.append(time[-1] + 1.0)
                speed.append(start + (end - start) * k / seconds)
                grade.append(slope)
        out[name] = pd.DataFrame({"time_s": time, "mps": speed, "grade": grade})
    keep = np.cumsum(np.random.default_rng(7).integers(1, 4, 300))
    even = out["made_delivery"]
    keep = np.concatenate([[0], keep[keep < len(even)]])
    out["made_uneven"] = even.iloc[keep].reset_index(drop=True)
    return out


def bundled() -> dict[str, pd.DataFrame]:
    folder = Path(fastsim.__file__).parent / "resources" / "cycles"
    out = {}
    for name in BUNDLED:
        raw = cycle.Cycle.from_file(str(folder / f"{name}.csv"))
        out[name] = pd.DataFrame({"time_s": raw.time_s, "mps": raw.mps, "grade": raw.grade})
    return out


def run(frame: pd.DataFrame, car: vehicle.Vehicle, **case: object) -> dict[str, object]:
    trip = cycle.Cycle.from_dict(
        {
            "time_s": frame["time_s"].to_numpy(float),
            "mps": frame["mps"].to_numpy(float),
            "grade": frame["grade"].to_numpy(float),
            "road_type": np.zeros(len(frame)),
        }
    )
    drive = simdrive.RustSimDrive(trip.to_rust(), car)
    electric = car.veh_pt_type == "BEV"
    if electric:
        drive.sim_drive(car.max_soc)
    else:
        drive.sim_drive()
    energy = drive.ess_dischg_kj / 3600 if electric else drive.fuel_kj / 3600
    return case | {
        "veh_kg": float(car.veh_kg),
        "energy_kwh": energy,
        "distance_share": 1.0 - drive.trace_miss_dist_frac,
        "least_soc": float(min(drive.soc.tolist())) if electric else np.nan,
        "brake_kwh": drive.brake_kj / 3600,
        "motor_loss_kwh": (drive.mc_kj if electric else drive.fc_kj) / 3600,
        "driveline_loss_kwh": drive.trans_kj / 3600,
        "drag_kwh": drive.drag_kj / 3600,
        "end_speed_m_s": drive.mps_ach.tolist()[-1],
        "audit_error": drive.energy_audit_error,
    }


def every(
    cycles: dict[str, pd.DataFrame], cars: dict[str, vehicle.Vehicle], *, brief: bool = False
) -> pd.DataFrame:
    """Run every combination; of long cycles (their time grows as the square) only their grade."""
    rows = []
    for name, base in cars.items():
        for load, share in MASSES.items():
            for extra in AUXILIARIES_KW if base.veh_pt_type == "BEV" and not brief else (0.0,):
                car = copy.deepcopy(base)
                car.veh_override_kg = base.veh_kg * (1.0 + share)
                car.set_veh_mass()
                car.aux_kw = base.aux_kw + extra
                rust = car.to_rust()
                for trip, frame in cycles.items():
                    for grade in GRADES if len(frame) < LONG else (0.0,):
                        steep = frame.assign(grade=frame["grade"] + grade)
                        case = {
                            "cycle": trip,
                            "vehicle": name,
                            "load": load,
                            "grade": grade,
                            "aux_kw": car.aux_kw,
                        }
                        rows.append(run(steep, rust, **case))
    return pd.DataFrame(rows)


def main() -> None:
    cars = {name: vehicle.Vehicle.from_vehdb(number) for name, number in NUMBERED.items()}
    cars |= {name: derived(row) for name, row in DERIVED.items()}
    cars |= {name: vehicle.Vehicle.from_vehdb(number) for name, number in CONVENTIONAL.items()}
    kept = {name: attributes(car) for name, car in cars.items()}
    (HERE / "vehicles.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    cycles = bundled() | made_up()
    (HERE / "cycles").mkdir(exist_ok=True)
    for name, frame in cycles.items():
        frame.to_csv(HERE / "cycles" / f"{name}.csv", index=False, float_format="%.9g")
        cycles[name] = pd.read_csv(HERE / "cycles" / f"{name}.csv")
    every(cycles, cars).to_csv(HERE / "results.csv", index=False, float_format="%.10g")
    if len(sys.argv) > 1:
        more = {path.stem: pd.read_csv(path) for path in sorted(Path(sys.argv[1]).glob("*.csv"))}
        frame = every(more, cars, brief=True)
        frame.to_csv(HERE / "results_more.csv", index=False, float_format="%.10g")


if __name__ == "__main__":
    main()
