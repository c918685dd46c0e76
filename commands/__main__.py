"""What the launcher `shop` runs."""

import signal
import sys
from pathlib import Path

# The launcher has Ctrl-C ignored until here. Until `shell.run` takes over, it ends this without a traceback: the
# imports below take a moment.
signal.signal(signal.SIGINT, signal.SIG_DFL)

# The launcher runs this file by its path, from any directory.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import typer  # noqa: F401
except ModuleNotFoundError:
    print("shop: the packages in .venv are not complete: run `make venv`", file=sys.stderr)
    sys.exit(2)

from commands import shell  # noqa: E402
from commands.shop import app  # noqa: E402

sys.exit(shell.run(app, name="shop"))
