"""Prepares an AWS account for the stacks: state bucket, key, service-linked roles. It imports no other room."""
