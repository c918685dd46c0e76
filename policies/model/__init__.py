"""What a rule is made of: resources, their properties, expectations and violations.

May import the SDK, and nothing else of the pack.
"""
