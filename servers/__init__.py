"""How the servers of a deployed stack are, as AWS's API says."""
