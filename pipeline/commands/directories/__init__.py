"""Commands about run directories, given from elsewhere while runs go on: status, ls, gc. Files as in `commands`."""
