"""What this process may use of the machine it runs on: `capacity`, bounded by its `control_groups`."""
