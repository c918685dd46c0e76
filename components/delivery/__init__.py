"""Media and static files by CloudFront, and its access logs.

It imports shared and network.
"""
