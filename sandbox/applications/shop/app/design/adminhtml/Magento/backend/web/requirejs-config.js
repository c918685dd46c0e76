// The stand-in's back office has no scripts.
