"""What happened: events and items, how they are read from files, and where they are stored."""
