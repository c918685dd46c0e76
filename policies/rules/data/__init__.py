"""Databases, caches, search domains, buckets and volumes."""
