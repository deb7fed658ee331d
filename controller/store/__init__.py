"""What must survive a restart: energy totals and the last good profile."""
