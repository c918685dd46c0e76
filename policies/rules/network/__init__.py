"""The VPC, subnets, security groups, prefix lists and VPN links, and the gateway's allow list."""
