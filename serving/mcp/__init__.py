"""The door for other agents: the Model Context Protocol."""
