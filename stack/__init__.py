"""The frame of the program: its fast start, and the outputs of the stack. It may import every component."""
