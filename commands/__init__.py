"""What all commands share: the console, errors as one line, exit codes, and running the Pulumi engine.

It imports no other package of the repository: `shop.py` finds the commands by the names of their modules.
"""
