"""The page: what people see in a browser. Rendered on the server, moved by htmx, under a strict security policy."""
