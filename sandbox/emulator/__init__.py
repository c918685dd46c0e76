"""The embedded AWS: the moto server, and what it lacks or answers wrongly for this platform."""
