#!/usr/bin/env bash
# Prints the end of what Elastic Beanstalk and the hooks said at the last deployment, without the secrets that a hook may have
# printed: those of the shop's env.php, and those among the environment's properties, which a satellite has.
set -euo pipefail

readonly script=/var/app/current/.platform/without_secrets.php
without_secrets() { if [[ -f $script ]]; then php "$script"; else cat; fi; }
without_properties() {
  properties=$(/opt/elasticbeanstalk/bin/get-config environment || echo '{}') python3 -c '
import json, os, re, sys
said = json.loads(os.environ["properties"])
secrets = [str(said[name]) for name in said if re.search("password|passphrase|secret|token|key", name, re.IGNORECASE)]
text = sys.stdin.read()
for secret in sorted(secrets, key=len, reverse=True):
    if len(secret) >= 6:
        text = text.replace(secret, "[secret]")
print(text, end="")
'
}

tail -n 60 /var/log/eb-engine.log | without_secrets | without_properties
