"""Settings of a study: what ``study.yaml`` may say, checked with line numbers."""

from geofleet.config.model import (
    STUDY_FILE,
    ExemptionConfig,
    HealthConfig,
    PlanConfig,
    PolicyConfig,
    StudyConfig,
    TrafficConfig,
)
from geofleet.config.read import read_config, read_settings, setting_line, setting_problems

__all__ = [
    "STUDY_FILE",
    "ExemptionConfig",
    "HealthConfig",
    "PlanConfig",
    "PolicyConfig",
    "StudyConfig",
    "TrafficConfig",
    "read_config",
    "read_settings",
    "setting_line",
    "setting_problems",
]
