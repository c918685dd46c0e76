"""The figures of speed and memory: what is measured, on what, and against which aim, one group of figures a file."""
