"""The published hot emission functions, and the guard around those that break down."""
