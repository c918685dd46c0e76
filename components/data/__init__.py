"""Where a site or a satellite keeps its data: MySQL, Valkey and OpenSearch.

It imports shared and network.
"""
