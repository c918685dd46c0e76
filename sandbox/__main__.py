"""`python -m sandbox up | down | status | env`."""

from sandbox.commands.app import app

app(prog_name="python -m sandbox")
