#!/usr/bin/env bash
# Stops the deploy if PHP lacks an extension that Magento needs, after trying to install it. Amazon Linux splits PHP
# into packages, and AWS does not say which of them Beanstalk's image has.
# Source of the list: "Software recommendations", Adobe Commerce; ftp is from Magento's composer.json since 2.4.7.
# `./shop install` asks posix for the owner of a file.
set -euo pipefail

readonly required=(bcmath ctype curl dom fileinfo ftp gd iconv intl mbstring openssl pdo_mysql posix simplexml soap sockets
  sodium tokenizer xmlwriter xsl 'zend opcache' zip)

# The package that has an extension, without PHP's version at its front, such as php8.4-xml.
package_of() {
  case $1 in
    dom | simplexml | xmlwriter | xsl) echo xml ;;
    pdo_mysql) echo mysqlnd ;;
    posix) echo process ;;
    'zend opcache') echo opcache ;;
    bcmath | gd | intl | mbstring | soap | sodium | zip) echo "$1" ;;
    *) echo common ;;
  esac
}

find_missing() {
  local loaded extension
  loaded=$(php -m | tr '[:upper:]' '[:lower:]')
  missing=()
  for extension in "${required[@]}"; do
    if ! grep --quiet --line-regexp --fixed-strings "$extension" <<<"$loaded"; then missing+=("$extension"); fi
  done
}

find_missing
if ((${#missing[@]} == 0)); then exit 0; fi

version=$(php -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')
# One at a time: dnf installs nothing if one of several packages does not exist.
for package in $(for extension in "${missing[@]}"; do package_of "$extension"; done | sort --unique); do
  bash .platform/install_package.sh "php$version-$package" || true
done
find_missing
if ((${#missing[@]} > 0)); then
  named=$(printf '%s, ' "${missing[@]}")
  echo "PHP $version: got no extension ${named%, }, expected all that Magento needs. dnf could not install them: see above." >&2
  exit 1
fi
