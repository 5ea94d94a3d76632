"""The HTTP edge: routing, errors, authentication, paging, OpenAPI and the built web client."""
