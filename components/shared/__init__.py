"""What every area builds with: the context, tags, IAM documents, secrets, keys, buckets and backups.

It imports no other area.
"""
