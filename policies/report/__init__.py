"""What the policies say of a stack, for people, for code scanning and for whoever keeps the evidence."""
