"""The doors of Guicheng: the command line and the report."""
