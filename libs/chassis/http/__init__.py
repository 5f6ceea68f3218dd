"""The API's machine room: app factory, authentication, problems, paging."""
