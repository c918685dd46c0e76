"""The whole platform with hosts: pages through the load balancers, and changes under load."""
