"""Views of emissions by any key, comparisons, and a check against a city inventory."""
