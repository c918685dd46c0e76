#!/usr/bin/env bash
# shop-release <environment> <command> [arguments]: ./shop release on the stack of an environment, such as prod, with the
# tool that `./shop release publish` put there, and with the rights of the stack's own role.
set -euo pipefail
# shellcheck source=/dev/null  # rendered from rundeck.env.j2
. "${RUNDECK_ENVIRONMENT:-/etc/boot-platform/rundeck.env}"

readonly cache=${SHOP_RELEASE_CACHE:-/var/cache/shop-release}
environment=${1-}
if [[ ! $environment =~ ^[a-z][a-z0-9-]{0,19}$ ]] || (($# < 2)); then
  echo "usage: ${0##*/} <environment> <command> [arguments]" >&2
  exit 2
fi
shift

account=$(aws sts get-caller-identity --query Account --output text)
readonly role=arn:aws:iam::$account:role/$CLIENT-$environment-releases
# In the lock and in the journal: who pressed the button.
session=rundeck-$(tr --complement --delete 'A-Za-z0-9_=,.@-' <<<"${RD_JOB_USERNAME:-job}" | head --bytes 40)
readonly place=s3://$RELEASES_BUCKET/$CLIENT-magento-$environment

work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

# Fetched with the stack's role too: Rundeck's own may read nothing of a release.
fetch() {
  read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN < <(
    aws sts assume-role --role-arn "$role" --role-session-name "$session" --output text \
      --query 'Credentials.[AccessKeyId, SecretAccessKey, SessionToken]'
  )
  export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
  if ! aws s3 cp --only-show-errors "$place/tool.zip" "$work/tool.zip"; then
    echo "$place/tool.zip: cannot be fetched. Run ./shop release publish -s … where Pulumi is." >&2
    exit 2
  fi
}
(fetch)

digest=$(sha256sum "$work/tool.zip" | cut --delimiter ' ' --fields 1)
readonly tool=$cache/$digest
mkdir -p "$cache"
# Of two jobs that start together, one unpacks.
exec 9>"$cache/lock"
flock 9
if [[ ! -e $tool/complete ]]; then
  rm -rf "$tool"
  python3 -m zipfile -e "$work/tool.zip" "$tool"
  # Python's zipfile leaves permissions out.
  chmod +x "$tool/shop"
  python3 -m venv "$tool/.venv"
  "$tool/.venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$tool/requirements.txt"
  touch "$tool/complete"
fi
flock --unlock 9
exec 9>&-

# A role that is taken with another role's credentials ends after an hour, and a release may take longer: with a profile,
# the tool takes it again.
cat >"$work/config" <<EOF
[profile release]
role_arn = $role
role_session_name = $session
credential_source = Ec2InstanceMetadata
region = $AWS_DEFAULT_REGION
EOF
export AWS_CONFIG_FILE=$work/config AWS_PROFILE=release SHOP_STACK_FILE=$place/stack.json
stack=$("$tool/.venv/bin/python" -c '
import json, os, boto3
bucket, _, key = os.environ["SHOP_STACK_FILE"].removeprefix("s3://").partition("/")
print(json.load(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"])["stack"])')

command=()
case $1 in
  hold-on) command=(hold on) ;;
  hold-off) command=(hold off) ;;
  *) command=("$1") ;;
esac
shift
"$tool/shop" release "${command[@]}" --stack "$stack" "$@"
