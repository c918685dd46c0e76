"""The policy pack: ``pulumi preview --policy-pack policies``."""

import sys
from pathlib import Path

from pulumi_policy import PolicyPack

# The engine runs this directory as a script, so only its parent makes `policies` a package.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policies.engine import analyzer
from policies.engine.catalogue import RULES
from policies.engine.enforcement import policies_of
from policies.engine.stack_permissions import initial_config

analyzer.take_over()
PolicyPack(name="magento", policies=policies_of(RULES), initial_config=initial_config())
