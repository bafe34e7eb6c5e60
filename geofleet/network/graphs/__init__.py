"""To and from OSMnx graphs and GraphML."""
