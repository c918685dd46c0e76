"""A whole AWS on one machine: the Pulumi CLI, an embedded AWS, and a provider plugin that connects the two."""
