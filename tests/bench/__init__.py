"""The arithmetic behind the figures. The figures themselves are no tests: times depend on the machine."""
