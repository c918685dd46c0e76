"""What a stack file may hold: one file a section, each key described once, beside its type.

A section is a plain value that knows its own rules. It imports no other part of the program, so every part may use it.
``stack_file`` reads the file; only ``__main__.py`` imports that.
"""
