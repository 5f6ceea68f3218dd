"""What tests share: fakes that the port suites prove, and builders with defaults."""
