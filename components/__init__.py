"""The platform's nouns, one a file; composed in ``__main__.py``."""
