"""The run of the program itself: how it starts fast, and what the stack exports. It may import every component."""
