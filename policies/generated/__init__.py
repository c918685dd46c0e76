"""Files that are generated from the SDK and from the rules, and their generators.

Rules may import ``aws_types``, which imports nothing; the generators may import ``engine``.
"""
