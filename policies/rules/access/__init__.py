"""IAM, secrets and keys."""
