"""The plan: which vehicle gets which technology, when, at whose cost."""
