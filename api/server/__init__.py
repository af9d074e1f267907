"""The bureau's server: the doors over HTTP."""
