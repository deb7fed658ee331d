"""`cyclelight ctl`: the operators' command line over MQTT."""
