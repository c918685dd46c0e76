"""Bundles of the shop and the satellites, the first installation, and which configuration a release runs.

Plans are data, made by pure functions. Executors carry them out with boto3. It imports ``commands`` and ``settings``.
"""
