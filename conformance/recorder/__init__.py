"""The recorder: a proxy between a client and a server that writes down, redacted, what they say of tasks."""
