"""What the test rings share: real servers, one of each per run."""
