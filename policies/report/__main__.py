"""``python -m policies.report preview | state | explain``."""

from policies.report.app import app

app(prog_name="python -m policies.report")
