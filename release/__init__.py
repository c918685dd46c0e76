"""Bundles, the first installation, the maintenance hold, and the lock and journals of releases.

Plans are data, made by pure functions. Executors carry them out with boto3. It imports ``commands`` and ``settings``.
"""
