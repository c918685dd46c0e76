"""Alarms by e-mail and the dashboard.

It imports shared, network, beanstalk, servers and site.
"""
