"""The policy pack: ``pulumi preview --policy-pack policies``."""

import sys
from pathlib import Path

# The engine runs this directory as a script: only its parent makes `policies` a package.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policies.engine.analyzer import Analyzer
from policies.engine.catalogue import RULES
from policies.engine.server import serve
from policies.engine.stack_permissions import initial_config

serve(lambda: Analyzer(RULES, initial_config=initial_config()))
