"""MQTT: topics and payloads (pure) and the link to the broker."""
