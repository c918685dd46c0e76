"""The sandbox's command line: what `python -m sandbox up | down | status | env` does, one noun a module."""
