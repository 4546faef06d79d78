"""Many readers of one server, over the websocket that a browser would open; each answer is held against the library's own."""
