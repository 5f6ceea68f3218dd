"""The sandbox inbox: plays the SMTP server and the provider APIs, keeps what it got, and fails on request."""
