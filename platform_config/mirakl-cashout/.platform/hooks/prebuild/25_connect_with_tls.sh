#!/usr/bin/env bash
# Makes the connector connect to its database with TLS, which the database requires. Its parameters have nothing for that:
# both of its files that make a connection get Doctrine's option (PDO::MYSQL_ATTR_SSL_CA, 1009) below the password.
# A file that has driverOptions already is left as it is.
set -euo pipefail

readonly certificates=/etc/pki/tls/certs/rds-global-bundle.pem
readonly password="'password' *=> *\\\$dbConfiguration->getPassword\\(\\),"

for file in app/bootstrap.php config/cli-config.php; do
  if [[ ! -f $file ]] || grep --quiet driverOptions "$file"; then continue; fi
  if ! grep --quiet --extended-regexp "^ *$password" "$file"; then
    echo "$file: no line 'password' => \$dbConfiguration->getPassword(), expected the connector's. Give its connection" \
      "'driverOptions' => array(1009 => '$certificates') yourself." >&2
    exit 1
  fi
  sed --regexp-extended "s|^( *)$password|&\n\1'driverOptions' => array(1009 => '$certificates'),|" "$file" > "$file.new"
  chmod --reference="$file" "$file.new"
  chown --reference="$file" "$file.new"
  mv "$file.new" "$file"
done
