#!/usr/bin/env bash
# build_all.sh [option of packer build]…: makes the images of matrix.txt, a few at a time, and prints the id of each. One
# that fails stops no other. The exit code is 1 if one has failed. ONLY is a pattern of the lines to build, such as
# ONLY='^gateway 13', and AT_ONCE is how many are made at the same time.
set -euo pipefail

# Each is an instance of two vCPUs, and a new account may run no more than five ("Amazon EC2 service quotas").
readonly at_once=${AT_ONCE:-4}
cd "$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")"

mapfile -t wanted < <(grep --extended-regexp -- "${ONLY:-.}" matrix.txt || true)
if ((${#wanted[@]} == 0)); then
  echo "ONLY: got ${ONLY:-}, expected a pattern that a line of $PWD/matrix.txt has" >&2
  exit 2
fi
logs=$(mktemp --directory)
readonly logs

# build <server> <release> <architecture> [option]…
build() {
  local log=$logs/$1-$2-$3.log id
  local -r image="$1 $2 $3"
  if packer build -machine-readable -var "server=$1" -var "release=$2" -var "architecture=$3" "${@:4}" . >"$log" 2>&1 &&
    # Such as 1764190000,amazon-ebs.debian,artifact,0,id,eu-west-3:ami-0123456789abcdef0.
    id=$(grep --only-matching --perl-regexp ',artifact,0,id,[^:]+:\Kami-[0-9a-f]+' "$log"); then
    echo "$image $id"
  else
    echo "$image failed: see $log" >&2
    touch "$logs/failed"
  fi
}

for image in "${wanted[@]}"; do
  while (($(jobs -rp | wc -l) >= at_once)); do wait -n; done
  read -r server release architecture <<<"$image"
  build "$server" "$release" "$architecture" "$@" &
done
wait
if [[ -e $logs/failed ]]; then exit 1; fi
rm -r "$logs"
