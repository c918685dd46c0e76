"""The sandbox's command line: `./shop sandbox up | status | env | down`."""
