"""The development tool beside the four services: local stack, inbox, replay. No service imports it."""
