"""Commands about run directories, given from elsewhere: status, ls, gc, export. Files as in `commands`."""
