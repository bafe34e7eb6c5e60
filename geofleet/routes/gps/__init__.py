"""GPS traces matched to the links that were driven."""
