"""`python -m sandbox up | live | status | env | down`, as `./shop sandbox` runs it."""

import sys

from commands import shell
from sandbox.commands.app import app

sys.exit(shell.run(app, name="python -m sandbox"))
