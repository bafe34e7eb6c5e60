"""One road, one receptor, one hour of weather: the RLINE line-source formulation."""
