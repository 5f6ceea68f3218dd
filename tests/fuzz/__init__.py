"""What feeds every door of Velvet with what nobody would send on purpose."""
