"""What this process may use of the machine it runs on: `capacity`, bounded by its `control_groups`; and `provisions`,
what a container often gives too little of: shared memory, open files."""
