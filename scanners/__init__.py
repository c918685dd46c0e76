"""Scanners that others wrote, run on the deployed stacks: prowler reads AWS's API, checkov a plan of each stack."""
