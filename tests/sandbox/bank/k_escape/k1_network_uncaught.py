# row: K1
# attack: opens a connection
# problem: split judge check stdio
# verdict: runtime_error
import socket
socket.create_connection(("1.1.1.1", 80), 3)
