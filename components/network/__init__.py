"""The VPC and what its sites share: subnets, IPSec links, security groups, domains and the certificate.

It imports shared.
"""
