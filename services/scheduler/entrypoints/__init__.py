"""The doors: HTTP routes, the consumer and the ticks; they translate and hand on."""
