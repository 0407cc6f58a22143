"""Commands about run directories, given from elsewhere: status, ls, gc, export, trace. Files as in `commands`."""
