"""The embedded AWS: the moto server, extended and corrected. One module or folder per service."""
