"""The doors: the command line, and later HTTP, the page and MCP."""
