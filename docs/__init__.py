"""The pages, and the code that draws what they show."""
