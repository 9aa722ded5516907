"""What the doors share: one service that schedules, degrades and answers."""
