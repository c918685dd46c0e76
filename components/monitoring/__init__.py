"""Alarms by e-mail and the dashboard.

It imports shared, network, servers and site.
"""
