"""Reads AWS's own structures: security groups, routes, policy documents, option settings, credentials.

May import ``model`` and the types of ``generated``.
"""
