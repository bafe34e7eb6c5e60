"""What one kind of vehicle emits: standards, technologies, gases, processes and wear."""
