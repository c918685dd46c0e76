"""The policy pack: the rules that every preview of the platform must satisfy. The engine runs ``__main__.py``.

Its packages depend on each other in one direction: ``model``, ``aws``, ``rules``, ``engine``, ``report``.
"""
