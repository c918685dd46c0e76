#!/usr/bin/env bash
# Puts the networks that clients reach into effect: `apply_routes.sh <directory>`, which has the new files at their paths.
# The firewall follows at once. A client gets its routes when it connects: one that is connected keeps those that it has.
set -euo pipefail

readonly directory=${OPENVPN_DIRECTORY:-/etc/openvpn}
readonly new=$1/etc/openvpn
readonly address='[0-9]+(\.[0-9]+){3}'

# OpenVPN has no check of its own, and turns clients away at a line that it does not know.
if wrong=$(grep --line-number --extended-regexp --invert-match "^push \"route $address $address\"$" "$new/clients/DEFAULT"); then
  echo "clients/DEFAULT: got ${wrong%%$'\n'*}, expected a route to push"
  exit 1
fi
nft --check --file "$new/masquerade.nft"

install -D --mode=0644 "$new/masquerade.nft" "$directory/masquerade.nft"
# OpenVPN reads it at each connection: never half a file.
install -D --mode=0644 "$new/clients/DEFAULT" "$directory/clients/DEFAULT.new"
mv "$directory/clients/DEFAULT.new" "$directory/clients/DEFAULT"
nft --file "$directory/masquerade.nft"
