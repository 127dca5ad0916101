{ "targets": [{ "target_name": "socket", "sources": ["socket.c"] }] }
