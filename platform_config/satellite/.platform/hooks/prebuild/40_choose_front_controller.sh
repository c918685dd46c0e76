#!/usr/bin/env bash
# Leaves out the front controller for an application that has none. Beanstalk copies nginx's files after the prebuild
# hooks ("Platform hooks").
set -euo pipefail

if [[ ${FRONT_CONTROLLER:-} == none ]]; then
  rm -f .platform/nginx/conf.d/elasticbeanstalk/front_controller.conf
fi
