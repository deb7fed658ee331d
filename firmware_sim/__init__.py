"""Light follows people: what lies outside the controller, simulated."""
