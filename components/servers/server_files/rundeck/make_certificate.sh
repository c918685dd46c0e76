#!/usr/bin/env bash
# Makes the certificate that Rundeck is opened with, on the volume of its data: people trust it once, and it outlives the
# server. It signs itself, so that nothing else can be signed with what people trust. There is another one in the last third
# of its life, and when the name is another. One that an authority has signed stays: somebody has put it there.
set -euo pipefail
umask 077
# shellcheck source=/dev/null  # rendered from rundeck.env.j2
. "${RUNDECK_ENVIRONMENT:-/etc/boot-platform/rundeck.env}"

readonly directory=${RUNDECK_DATA:-/var/lib/rundeck}/certificate
# Apple's systems trust none that is valid for longer ("Requirements for trusted certificates in iOS 13 and macOS 10.15").
readonly days=825
name=${RUNDECK_URL#https://}
name=${name%:*}

field() { openssl x509 -noout "-$1" -in "$directory/certificate.pem" | sed "s/^$1=//"; }
stays() {
  [[ -s $directory/certificate.pem && -s $directory/key.pem ]] || return 1
  [[ $(field subject) == "$(field issuer)" ]] || return 0
  openssl x509 -noout -checkhost "$name" -in "$directory/certificate.pem" | grep --quiet 'does match' &&
    openssl x509 -noout -checkend "$((days * 86400 / 3))" -in "$directory/certificate.pem" >/dev/null
}
if stays; then exit 0; fi

mkdir -p "$directory"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days "$days" -subj "/CN=$name" \
  -addext "subjectAltName=DNS:$name" -addext basicConstraints=critical,CA:FALSE \
  -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth \
  -keyout "$directory/key.pem.new" -out "$directory/certificate.pem.new" 2>/dev/null
chmod 0644 "$directory/certificate.pem.new"
mv "$directory/key.pem.new" "$directory/key.pem"
mv "$directory/certificate.pem.new" "$directory/certificate.pem"
