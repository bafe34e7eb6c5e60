"""The chain behind any emission number, from the street to published rows."""
