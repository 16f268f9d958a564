"""The command line: parses, builds one config, calls one stage, reports. Nothing else."""
