"""Where things are kept: the home folder, settings, fetched assets and the error tree."""
