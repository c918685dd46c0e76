#!/usr/bin/env bash
# Writes the application's configuration files: each file under .platform/templates becomes the file of the same path in
# the application, its ${NAME} replaced by the environment variable of that name.
# The database's credentials are such variables: Beanstalk fetches them from Secrets Manager with the instance's role.
set -euo pipefail

readonly templates=.platform/templates

[[ -d $templates ]] || exit 0

find "$templates" -type f -printf '%P\n' | while IFS= read -r file; do
  mkdir -p "$(dirname "$file")"
  # Written beside its place and then moved: a deploy that fails half-way leaves the old file whole.
  (umask 077 && python3 .platform/fill_in.py "$templates/$file" > "$file.new")
  chown webapp:webapp "$file.new"
  chmod 0600 "$file.new"
  mv "$file.new" "$file"
done
