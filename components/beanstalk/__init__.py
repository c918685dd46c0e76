"""Elastic Beanstalk: applications, environments, their option settings and the shared load balancer.

It imports shared and network.
"""
