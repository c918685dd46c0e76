"""The rules that every preview of the platform must satisfy. ``__main__.py`` is what the engine runs."""
