"""Who may say and hear what at a broker, worked out from path files."""
