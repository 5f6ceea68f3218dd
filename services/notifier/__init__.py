"""The notifier: sends what the scheduler decided, keeps tasks and consent, and tells honestly what came of it."""
