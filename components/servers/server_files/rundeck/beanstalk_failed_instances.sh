#!/usr/bin/env bash
# beanstalk-failed-instances <environment> [lines]: which instances are not well, their private addresses and logs.
set -euo pipefail

environment=$1 lines=${2:-100}
aws elasticbeanstalk describe-instances-health --environment-name "$environment" --output table \
  --attribute-names HealthStatus Deployment Causes \
  --query 'InstanceHealthList[].[InstanceId, HealthStatus, Deployment.Status, Deployment.VersionLabel]'
# An instance whose deployment failed is out of the load balancer, and left as it is for people to look at.
failed=$(aws elasticbeanstalk describe-instances-health --environment-name "$environment" --output text \
  --attribute-names HealthStatus Deployment \
  --query "InstanceHealthList[?HealthStatus != 'Ok' || Deployment.Status == 'Failed'].InstanceId")
for instance in $failed; do
  address=$(aws ec2 describe-instances --instance-ids "$instance" --output text \
    --query 'Reservations[].Instances[].PrivateIpAddress')
  echo "== $instance, $address"
  beanstalk-log "$instance" "$lines" || echo "its log could not be fetched: look on the instance"
done
