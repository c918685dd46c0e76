"""Releases of the shop, and its first installation, on a deployed stack.

Plans are data, made by pure functions. Executors carry them out with boto3. It imports only ``commands``.
"""
